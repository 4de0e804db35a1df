//! Which file a store is. Somebody may replace, move or remove it while it is open: then the
//! connection still has the old file, while its path, and the journal that SQLite looks for beside
//! it, belong to another one.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use crate::domain::Timestamp;
use crate::error::{Code, Error};
use crate::store::{Access, Store, connect, prepare};

/// The file that was opened: its path, and what tells it from any other.
#[derive(Debug, Clone)]
pub struct Identity {
    /// As it was named, made absolute.
    named: PathBuf,
    /// Links resolved: SQLite looks for the journal here.
    real: PathBuf,
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of a file with this metadata, which was named so and really is there.
    pub fn new(named: PathBuf, real: PathBuf, metadata: &fs::Metadata) -> Self {
        Identity {
            named,
            real,
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// Passes if both paths still lead to the file. To be called before SQLite touches the file: it
    /// would play a journal of another store back into this one.
    ///
    /// # Errors
    /// If one of them leads to another file, or nowhere.
    pub fn check(&self) -> Result<(), Error> {
        let is_there = |path: &Path| {
            fs::metadata(path)
                .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == (self.device, self.inode))
        };
        if is_there(&self.real) && (self.named == self.real || is_there(&self.named)) {
            Ok(())
        } else {
            Err(replaced())
        }
    }
}

impl Identity {
    /// Where the file really is, or was.
    pub fn path(&self) -> &Path {
        &self.real
    }

    /// Whether another file is at its place by now.
    pub fn has_successor(&self) -> bool {
        fs::metadata(&self.real).is_ok_and(|found| {
            found.is_file() && (found.dev(), found.ino()) != (self.device, self.inode)
        })
    }
}

/// The store is another file by now, or none.
pub fn replaced() -> Error {
    Error::new(
        Code::StoreReplaced,
        "the store was replaced, moved or removed while it was in use",
    )
    .hint("run the command again")
}

impl Store {
    /// Passes if the store is still the file that was opened.
    ///
    /// # Errors
    /// If it is another one, or none.
    pub fn unless_replaced(&self) -> Result<(), Error> {
        self.identity.as_ref().map_or(Ok(()), Identity::check)
    }

    /// Opens whatever is at the path of the store by now, with all checks.
    ///
    /// # Errors
    /// As for [`Store::open`] and [`Store::open_to_write`].
    pub fn open_again(&self, clock: &dyn Fn() -> Timestamp) -> Result<Self, Error> {
        let named = self.identity.as_ref().map_or(&self.path, |it| &it.named);
        match self.access {
            Access::Write => Store::open_to_write(named, clock),
            access => Store::open(named, access),
        }
    }

    /// Connects anew to the same file, with the same powers.
    pub(crate) fn reconnect(&mut self) -> Result<(), Error> {
        let conn = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        self.unless_replaced()?;
        self.conn = conn?;
        Ok(prepare(&self.conn, self.access)?)
    }

    /// Another connection to read by, for another thread. The file is not inspected again: that
    /// opens and closes it by hand, and a process that closes any descriptor of a file gives up all
    /// the locks it has on it, those of reads under way on other threads too.
    ///
    /// # Errors
    /// If it cannot be opened, or is another file by now.
    pub fn connect_again(&self) -> Result<Self, Error> {
        let conn = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        self.unless_replaced()?;
        let conn = conn?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(Store {
            conn,
            path: self.path.clone(),
            identity: self.identity.clone(),
            access: Access::Read,
            foreign_owner: self.foreign_owner,
            migration: None,
            is_judged: Cell::new(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::domain::Text;
    use crate::domain::api_key::entropy::tests::Repeated;
    use crate::store::{Lock, file, schema};

    fn store(path: &Path) -> Store {
        file::create(path, &schema::new_store(&mut Repeated(0)).unwrap()).unwrap();
        Store::open(path, Access::Write).unwrap()
    }

    fn code_of_read(store: &Store) -> Option<Code> {
        store.read(|_| Ok(())).err().map(|error| error.code)
    }

    #[test]
    fn a_store_that_became_another_file_is_neither_read_nor_written() {
        let directory = tempfile::tempdir().unwrap();
        let [one, other, link] = ["one", "other", "link"].map(|name| directory.path().join(name));
        let mut changed = store(&one);
        store(&other);
        symlink(&one, &link).unwrap();
        let linked = Store::open(&link, Access::Read).unwrap();
        assert_eq!(code_of_read(&changed), None);
        assert_eq!(code_of_read(&linked), None);

        fs::remove_file(&link).unwrap();
        symlink(&other, &link).unwrap();
        assert_eq!(code_of_read(&changed), None);
        assert_eq!(code_of_read(&linked), Some(Code::StoreReplaced));
        assert_eq!(
            code_of_read(&linked.open_again(&|| Timestamp::MAX).unwrap()),
            None
        );

        fs::rename(&other, &one).unwrap();
        assert_eq!(code_of_read(&changed), Some(Code::StoreReplaced));
        let actor: Text = "tester".parse().unwrap();
        for lock in [Lock::Immediate, Lock::Exclusive] {
            let write = changed.write(lock, &|| Timestamp::MAX, &actor);
            assert_eq!(write.unwrap_err().code, Code::StoreReplaced);
        }
        assert_eq!(
            changed.connect_again().unwrap_err().code,
            Code::StoreReplaced
        );
        fs::remove_file(&one).unwrap();
        assert_eq!(code_of_read(&changed), Some(Code::StoreReplaced));
    }

    /// SQLite finds a journal by the name of the store that it belongs to.
    #[test]
    fn the_journal_of_another_store_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| directory.path().join(name));
        let old = store(&one);
        store(&other);
        let mut journal = fs::read(&one).unwrap();
        // The header of a journal that is to be played back: of no page, and so simply removed.
        journal.truncate(512);
        journal[..8].copy_from_slice(&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
        fs::rename(&other, &one).unwrap();
        let beside = directory.path().join("one-journal");
        fs::write(&beside, &journal).unwrap();
        assert_eq!(code_of_read(&old), Some(Code::StoreReplaced));
        assert_eq!(fs::read(&beside).unwrap(), journal);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_connection_leaves_the_locks_of_a_read_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one");
        let store = store(&path);
        let inode = format!(":{} ", fs::metadata(&path).unwrap().ino());
        let process = format!(" {} ", std::process::id());
        let is_locked = || {
            let locks = fs::read_to_string("/proc/locks").unwrap();
            locks
                .lines()
                .any(|line| line.contains(&inode) && line.contains(&process))
        };
        store
            .read(|_| {
                assert!(is_locked());
                let other = store.connect_again()?;
                other.read(|_| Ok(()))?;
                drop(other);
                assert!(is_locked());
                Ok(())
            })
            .unwrap();
        assert!(!is_locked());
    }
}
