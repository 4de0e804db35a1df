//! A new file that has its name only once it is whole and on the disk; until then it stands beside it under a temporary one, for this user
//! alone, and is removed if nothing comes of it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

/// A file that is being made.
#[derive(Debug)]
pub struct Draft {
    file: TempPath,
    path: PathBuf,
}

impl Draft {
    /// Begins the file `path`, in a directory that is there.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn of(path: PathBuf) -> io::Result<Self> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Err(ErrorKind::InvalidInput.into()) };
        let prefix = format!(".{}.", name.to_string_lossy());
        let file = Builder::new().prefix(&prefix).suffix(".new").tempfile_in(directory)?.into_temp_path();
        Ok(Draft { file, path })
    }

    /// Where it is until it is published.
    pub fn temporary(&self) -> &Path {
        &self.file
    }

    /// Gives the file its name, unless something has it already. Both are on the disk when this returns.
    ///
    /// # Errors
    /// If it cannot be synced, or the name is taken. Nothing is left then.
    pub fn publish(self) -> io::Result<PathBuf> {
        let Draft { file, path } = self;
        File::open(&file)?.sync_all()?;
        file.persist_noclobber(&path).map_err(|e| e.error)?;
        let synced = path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all());
        if let Err(e) = synced {
            let _ = fs::remove_file(&path);
            return Err(e);
        }
        Ok(path)
    }
}
