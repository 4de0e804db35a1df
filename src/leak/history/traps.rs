//! What stands among a repository's objects and is no file: who opens a FIFO waits without end, and
//! so does git.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::domain::path::shown;
use crate::error::{Code, Error};
use crate::leak::git::object_store::ObjectStore;

/// Refuses a store in which there is such a thing.
///
/// # Errors
/// If there is. What cannot be listed is told where it is read.
pub fn refuse(store: &ObjectStore) -> Result<(), Error> {
    let fan_out = (0..=u8::MAX).map(|first_byte| format!("{first_byte:02x}"));
    let names: Vec<String> = fan_out.chain(["info".into(), "pack".into()]).collect();
    for directory in &store.directories {
        for name in &names {
            look(&directory.join(name))?;
        }
    }
    Ok(())
}

fn look(directory: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match may_be_opened(&entry) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(Error::io("list objects", e)),
            Ok(false) => {
                let what = format!("{} is neither a file nor a directory", shown(&path));
                return Err(Error::new(Code::Io, what)
                    .hint("it does not belong in a repository: do not trust this one"));
            }
            Ok(true) | Err(_) => {}
        }
    }
    Ok(())
}

/// Whether it is a file or a directory, or a link to one.
fn may_be_opened(entry: &fs::DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_file() || kind.is_dir() {
        return Ok(true);
    }
    let kind = fs::metadata(entry.path())?;
    Ok(kind.is_file() || kind.is_dir())
}
