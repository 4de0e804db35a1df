//! A new file that has its name only once it is whole and on the disk; until then it stands beside
//! it under a temporary one, for this user alone, and is removed if nothing comes of it.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::store::publish::{Published, directory_of};

/// A file that is being made.
#[derive(Debug)]
pub struct NewFile {
    file: TempPath,
    path: PathBuf,
}

impl NewFile {
    /// Begins the file `path`, in a directory that is there.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn of(path: PathBuf) -> io::Result<Self> {
        let file = NewFile::beside(&path)?.into_temp_path();
        Ok(NewFile { file, path })
    }

    /// Makes a temporary file beside `path`, for this user alone. Its name ends so that no program
    /// that looks for files of a kind takes it for one.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ErrorKind::InvalidInput.into());
        };
        Builder::new()
            .prefix(&format!(".{}.", name.to_string_lossy()))
            .suffix(".new")
            .tempfile_in(directory)
    }

    /// Where it is until it is published.
    pub fn temporary(&self) -> &Path {
        &self.file
    }

    /// Gives the file its name, unless something has it already. Both are on the disk when this
    /// returns.
    ///
    /// # Errors
    /// If it cannot be synced, or the name is taken. Nothing is left then, or the error says so.
    pub fn publish(self) -> io::Result<Published> {
        let NewFile { file, path } = self;
        let directory = File::open(directory_of(&path)?)?;
        let whole = File::open(&file)?;
        whole.sync_all()?;
        let published = Published::of(&path, &whole.metadata()?);
        file.persist_noclobber(&path).map_err(|e| e.error)?;
        published.sync(&directory)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn files(directory: &Path) -> usize {
        directory.read_dir().unwrap().count()
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new");
        let draft = NewFile::of(path.clone()).unwrap();
        fs::write(&path, "mine").unwrap();
        assert_eq!(
            draft.publish().unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(files(directory.path()), 1);
    }

    #[test]
    fn a_draft_is_private_and_gone_if_nothing_comes_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let draft = NewFile::of(directory.path().join("new")).unwrap();
        assert_eq!(
            draft.temporary().metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(draft);
        assert_eq!(files(directory.path()), 0);
    }
}
