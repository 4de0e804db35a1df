//! Logs that lie beside a store and are not its own. SQLite lays any log of the right name over the
//! file, and looks at nothing but its checksums: after a store was put in the place of another one
//! a key that had been revoked was allowed again.

use std::fs;
use std::path::Path;

use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::file::{beside, uses_wal};

/// Passes unless a write-ahead log lies beside a store whose header says that it has none; returns
/// the header. To be called before SQLite opens the file.
///
/// # Errors
/// If one does, or if the header cannot be read again.
pub fn check(
    path: &Path,
    header: Vec<u8>,
    read_again: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let log = beside(path, "-wal");
    if uses_wal(&header) || !is_one(&log) {
        return Ok(header);
    }
    // The log may have been switched on just now: the header says so before there is one.
    let header = read_again()?;
    if uses_wal(&header) {
        return Ok(header);
    }
    Err(Error::new(
        Code::StoreUnsafe,
        "the write-ahead log beside the store belongs to another store, and would be applied to this one",
    )
    .hint(
        Hint::from("if the store was restored, set the log of the one before aside: ")
            .then(Remedy::SetAside(log)),
    ))
}

/// Passes unless something lies where SQLite would look for the log of a new store.
///
/// # Errors
/// If something does.
pub fn check_new(path: &Path) -> Result<(), Error> {
    let logs = ["-wal", "-journal"].map(|ending| beside(path, ending));
    let Some(log) = logs.iter().find(|log| is_one(log)) else {
        return Ok(());
    };
    Err(Error::new(
        Code::StoreUnsafe,
        format!(
            "{} is left over from a store that is gone, and would be applied to a new one",
            shown(log)
        ),
    )
    .hint(
        Hint::from("restore the store that it belongs to, or set it aside: ")
            .then(Remedy::SetAside(log.clone())),
    ))
}

/// What SQLite takes for a log: an empty file is none.
fn is_one(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() || found.len() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::file;

    #[test]
    fn a_log_that_is_switched_on_just_now_is_no_stray_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.db");
        fs::write(beside(&path, "-wal"), "a log").unwrap();
        let header = |version| [vec![0; 18], vec![version; 2]].concat();
        let found = check(&path, header(1), || Ok(header(2))).unwrap();
        assert!(uses_wal(&found));
        let refused = check(&path, header(1), || Ok(header(1))).unwrap_err();
        assert_eq!(refused.code, Code::StoreUnsafe);
    }

    #[test]
    fn the_journal_of_a_store_that_was_made_meanwhile_is_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.db");
        fs::write(beside(&path, "-journal"), "a change under way").unwrap();
        let refused = file::create(&path, b"mine").unwrap_err();
        assert_eq!(refused.code, Code::StoreUnsafe);
        assert!(!path.exists());
        fs::write(&path, "theirs").unwrap();
        file::create(&path, b"mine").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
    }
}
