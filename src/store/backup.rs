//! A consistent copy of a store that is in use: itself a store, and only called done when it has
//! been read back.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::domain::event::ChainHead;
use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::copy::copy;
use crate::store::doctor::contents;
use crate::store::files::Destination;
use crate::store::new_file::NewFile;
use crate::store::{Access, ReadTx, Store, connect, file, stray_log};

/// How much a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many keys.
    pub keys: i64,
    /// How many events.
    pub events: i64,
    /// The newest event.
    pub head: ChainHead,
    /// The size of the file, in bytes.
    pub bytes: i64,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub extent: Extent,
}

impl ReadTx<'_> {
    /// How much the store holds.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn extent(&self) -> Result<Extent, Error> {
        let number = |sql: &str| self.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(Extent {
            keys: number("SELECT count(*) FROM keys")?,
            events: number("SELECT count(*) FROM events")?,
            head: self.head()?,
            bytes: number(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            )?,
        })
    }
}

impl Store {
    /// Copies the store to the new file `path`, for this user alone. While it is being made `go_on`
    /// is asked.
    ///
    /// # Errors
    /// If there is something of that name, the file cannot be made or would not be safe there, or
    /// the copy is not whole. Nothing is left then.
    pub fn back_up(
        &self,
        path: &Path,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<BackupFile, Error> {
        let place = self.place_for(path)?;
        let cannot = |e: std::io::Error| match e.kind() {
            ErrorKind::AlreadyExists => place.exists(),
            _ => place.unwritable(e),
        };
        let draft = NewFile::of(place.path().into()).map_err(cannot)?;
        self.unless_replaced()?;
        let extent = fill(&draft, &self.conn, go_on).map_err(|error| match error.code {
            // It is the new file that could not be written.
            Code::StoreUnwritable => Error {
                code: Code::OutFile,
                message: format!("{}: {}", shown(path), error.message),
                ..error
            },
            _ => error,
        })?;
        self.unless_replaced()?;
        verify(draft.temporary(), extent)?;
        if go_on().is_break() {
            return Err(Error::new(
                Code::Interrupted,
                "interrupted; nothing was written",
            ));
        }
        Ok(BackupFile {
            path: draft.publish().map_err(cannot)?.into_path(),
            extent,
        })
    }

    /// The place of a backup, if one can be made there.
    fn place_for(&self, path: &Path) -> Result<Destination, Error> {
        let place = Destination::new(path, Some(&self.path), Code::OutFile)?;
        place.must_be_free()?;
        file::check_directory(place.path()).map_err(|error| {
            Error::new(
                Code::OutFile,
                format!(
                    "{} would not be safe: others could replace it there",
                    shown(path)
                ),
            )
            .hint(error.hint.unwrap_or_else(|| "name another file".into()))
        })?;
        stray_log::check_new(place.path()).map_err(|error| Error {
            code: Code::OutFile,
            ..error
        })?;
        Ok(place)
    }
}

/// Copies a store into a draft, and tells how much it was.
///
/// # Errors
/// If one of the two fails.
pub fn fill(
    draft: &NewFile,
    source: &Connection,
    go_on: &dyn Fn() -> ControlFlow<()>,
) -> Result<Extent, Error> {
    let filled = fill_file(draft, source, go_on);
    // What SQLite could not remove: it says so only sometimes.
    for ending in ["-journal", "-wal", "-shm"] {
        let mut beside = draft.temporary().as_os_str().to_owned();
        beside.push(ending);
        let _ = std::fs::remove_file(beside);
    }
    filled
}

fn fill_file(
    draft: &NewFile,
    source: &Connection,
    go_on: &dyn Fn() -> ControlFlow<()>,
) -> Result<Extent, Error> {
    let mut target = connect(draft.temporary(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The draft is worthless until it is whole, and it is synced then. A defensive connection is
    // refused a journal that is OFF, and goes on with a file.
    target.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;",
    )?;
    let extent = copy(source, &mut target, go_on, |view| view.extent())?;
    // The mark of a write-ahead log was copied too; a backup is one file.
    target.pragma_update(None, "journal_mode", "MEMORY")?;
    target.close().map_err(|(_, e)| e)?;
    Ok(extent)
}

/// Reads a copy back, all of it.
fn verify(copy: &Path, expected: Extent) -> Result<(), Error> {
    let not_whole = |why: String| {
        Error::new(
            Code::StoreDamaged,
            format!("the copy is not complete, so there is no backup: {why}"),
        )
        .hint(
            Hint::from("'")
                .then(Remedy::Doctor { deep: true })
                .then("' shows what is wrong with the store"),
        )
    };
    let store = Store::open(copy, Access::Read)?;
    let damage = contents::integrity(&store.conn, contents::Depth::Deep)?;
    if let Some(finding) = damage
        .into_iter()
        .chain(store.read(contents::foreign_keys)?)
        .next()
    {
        return Err(not_whole(finding.message));
    }
    if let Some((seq, problem)) = store.audit(None)?.first_bad {
        return Err(not_whole(format!(
            "entry {seq} of the log: {}",
            problem.sentence()
        )));
    }
    let found = store.read(|view| view.extent())?;
    if found == expected {
        Ok(())
    } else {
        Err(not_whole("it does not hold the same as the store".into()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_but_the_draft_itself_is_made_while_it_is_filled() {
        for mode in ["DELETE", "WAL"] {
            let directory = tempfile::tempdir().unwrap();
            let source = Connection::open(directory.path().join("source")).unwrap();
            source.pragma_update(None, "journal_mode", mode).unwrap();
            // What is told of its extent, and enough pages for several steps.
            source
                .execute_batch(
                    "CREATE TABLE keys (a); CREATE TABLE events (seq, hash);
                     CREATE TABLE store (id); INSERT INTO store VALUES (zeroblob(32));
                     CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(9000000))",
                )
                .unwrap();
            let draft = NewFile::of(directory.path().join("copy")).unwrap();
            let beside = || {
                let named = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
                let names = fs::read_dir(directory.path()).unwrap();
                let mut names: Vec<_> = names.map(|entry| named(entry.unwrap())).collect();
                names.retain(|name| name.starts_with(".copy.") && !name.ends_with(".new"));
                names
            };
            let seen = std::cell::RefCell::new(Vec::new());
            let go_on = || {
                seen.borrow_mut().push(beside());
                ControlFlow::Continue(())
            };
            fill(&draft, &source, &go_on).unwrap();
            assert!(seen.borrow().len() > 2, "it was filled in one step");
            assert!(seen.borrow().iter().all(Vec::is_empty), "{mode} {seen:?}");
            assert!(beside().is_empty(), "{mode}");
            let header = fs::read(draft.temporary()).unwrap();
            assert_eq!(header[18..20], [1, 1], "{mode}");
        }
    }
}
