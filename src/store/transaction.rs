//! Reads and changes of a store: what is seen is of one instant, and what is changed is stored as a
//! whole.

use std::path::Path;

use rusqlite::{Connection, Transaction, ffi};

use crate::domain::event::ChainHead;
use crate::domain::{Text, Timestamp};
use crate::error::Error;
use crate::store::failure::extended_code;
use crate::store::write_ahead;

/// Who may read while a change is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Readers may; the commit then waits for those that still do.
    Immediate,
    /// Nobody; the commit then waits for no one. For keys that are shown before they are committed.
    Exclusive,
}

/// What can be read of a store at one instant.
#[derive(Debug, Clone, Copy)]
pub struct ReadTx<'c> {
    pub(super) conn: &'c Connection,
}

impl ReadTx<'_> {
    /// A number that is another one as soon as another connection has changed the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn version(&self) -> Result<i64, Error> {
        Ok(self
            .conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?)
    }
}

/// A change under way: all of it is stored by [`WriteTx::commit`], or nothing.
#[derive(Debug)]
pub struct WriteTx<'s> {
    pub(super) tx: Transaction<'s>,
    pub(super) path: &'s Path,
    pub(super) now: Timestamp,
    pub(super) actor: Text,
    /// The newest event of this change, by which it is found again.
    pub(super) last: Option<ChainHead>,
}

impl WriteTx<'_> {
    /// Where the store really is.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// The instant of this change.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What the store holds, this change included.
    pub fn view(&self) -> ReadTx<'_> {
        ReadTx { conn: &self.tx }
    }

    /// Stores the change.
    ///
    /// # Errors
    /// If it is not stored. SQLite can report an error for a commit that has happened; then the
    /// store is looked at again, and if the change is there, that is success.
    pub fn commit(self) -> Result<(), Error> {
        let WriteTx { tx, last, .. } = self;
        let is_there = |view: ReadTx<'_>, mark: ChainHead| matches!(view.event_hash(mark.seq), Ok(Some(hash)) if hash == mark.hash);
        commit(&tx, |view| last.is_some_and(|mark| is_there(view, mark)))
    }
}

/// Commits; if SQLite reports an error, `is_stored` says whether the store holds the change all the
/// same.
pub(super) fn commit(
    tx: &Transaction<'_>,
    is_stored: impl FnOnce(ReadTx<'_>) -> bool,
) -> Result<(), Error> {
    let Err(failure) = tx.execute_batch("COMMIT") else {
        return Ok(());
    };
    // By the connection that is open already: where a disk fails, a new one could not be opened. It
    // has to leave the failed transaction.
    let _ = tx.execute_batch("ROLLBACK");
    if is_past_commit(&failure) || is_stored(ReadTx { conn: tx }) {
        Ok(())
    } else {
        Err(write_ahead::refused(tx, failure))
    }
}

/// Whether SQLite failed after the change was stored: it syncs the directory of the journal once
/// the journal is removed, which is the commit.
fn is_past_commit(failure: &rusqlite::Error) -> bool {
    extended_code(failure) == Some(ffi::SQLITE_IOERR_DIR_FSYNC)
}
