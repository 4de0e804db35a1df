//! The table of servings: which times `serve` counted, and whether it was `serve` that switched the
//! store to a write-ahead log (WAL), so that it is switched back even after a `kill -9`.

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

use crate::domain::Timestamp;
use crate::domain::usage::ServedTimes;
use crate::error::Error;
use crate::store::identity::Identity;
use crate::store::{ReadTx, Store, WriteTx, connect, convert};

/// What the store says of those who serve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// How many have not said that they ended: they serve, or were killed.
    pub open: i64,
    /// Whether it was `serve` that switched the store to a write-ahead log.
    pub turned_on_wal: bool,
}

impl ReadTx<'_> {
    /// What the store says of those who serve it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn served(&self) -> Result<Served, Error> {
        Ok(served(self.conn)?)
    }

    /// The times in which `serve` counted uses. Of one that has not ended, and of which nothing
    /// says that it was killed, the end is the end of time.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn counted_by_serve(&self) -> Result<ServedTimes, Error> {
        let mut statement = self.conn.prepare(
            "SELECT began_at, coalesce(ended_at, ?1) FROM servings WHERE counted_until IS NOT NULL",
        )?;
        let mut rows = statement.query([Timestamp::MAX.unix()])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(convert::instant(row, 0)?..=convert::instant(row, 1)?);
        }
        Ok(ServedTimes::new(all))
    }
}

/// What a store says of those who serve it.
pub(crate) fn served(conn: &Connection) -> rusqlite::Result<Served> {
    conn.query_row(
        "SELECT count(*) FILTER (WHERE ended_at IS NULL), coalesce(max(turned_on_wal), 0) FROM servings",
        [],
        |row| {
            Ok(Served {
                open: row.get(0)?,
                turned_on_wal: row.get(1)?,
            })
        },
    )
}

impl WriteTx<'_> {
    /// Notes that `serve` serves, and that the uses it counted are stored until now; returns the
    /// number of the note. A note that was there may be gone: until the store has a write-ahead log
    /// nothing tells others that it is served.
    pub(crate) fn note_serving(
        &mut self,
        note: Option<i64>,
        counts: bool,
        turns_on_wal: bool,
    ) -> Result<i64, Error> {
        let now = self.now.unix();
        let updated = self.tx.execute(
            "UPDATE servings SET counted_until = max(counted_until, ?2), ended_at = NULL, \
             turned_on_wal = max(turned_on_wal, ?3) WHERE seq = ?1",
            (note, now, turns_on_wal),
        )?;
        if let Some(note) = note.filter(|_| updated == 1) {
            return Ok(note);
        }
        self.tx.execute(
            "INSERT INTO servings (began_at, counted_until, turned_on_wal) VALUES (?1, ?2, ?3)",
            (now, counts.then_some(now), turns_on_wal),
        )?;
        Ok(self.tx.last_insert_rowid())
    }

    /// Notes that it ended.
    pub(crate) fn end_serving(&mut self, note: i64) -> Result<(), Error> {
        self.tx.execute(
            "UPDATE servings SET ended_at = max(began_at, ?2) WHERE seq = ?1",
            (note, self.now.unix()),
        )?;
        Ok(())
    }
}

impl Store {
    /// Puts right what a `serve` that was killed has left: the write-ahead log that it turned on,
    /// and its note without an end. Does nothing while one serves, or anyone else has the store
    /// open.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        let Some(identity) = self.identity.clone() else {
            return Ok(());
        };
        let served = self.read(|view| view.served())?;
        if served.open == 0 && !served.turned_on_wal {
            return Ok(());
        }
        // The other connection wants to be the only one.
        self.conn = Connection::open_in_memory()?;
        let settled = settle(&identity);
        self.reconnect()?;
        settled.map(drop)
    }
}

/// Puts right what is left of those who served, if nobody has the store open any more; whether that
/// is so.
///
/// # Errors
/// If the store is another one by now, or cannot be written.
pub(crate) fn settle(identity: &Identity) -> Result<bool, Error> {
    let mut conn = connect(identity.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identity.check()?;
    match settle_by(&mut conn) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
        other => other.map(|()| true).map_err(Error::from),
    }
}

fn settle_by(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(std::time::Duration::ZERO)?;
    // With it the lock is refused as long as another connection is open, reading or not: a `serve`
    // always has one.
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    tx.execute(
        "UPDATE servings SET ended_at = counted_until WHERE ended_at IS NULL AND counted_until IS NOT NULL",
        [],
    )?;
    let served = served(&tx)?;
    tx.commit()?;
    if served.turned_on_wal {
        // The note goes only once it is done: a kill in between must not make it stay for ever.
        conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
            .optional()?;
    }
    conn.execute_batch(
        "BEGIN IMMEDIATE; UPDATE servings SET turned_on_wal = 0 WHERE turned_on_wal = 1; \
         DELETE FROM servings WHERE counted_until IS NULL; COMMIT;",
    )
}
