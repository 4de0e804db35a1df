//! What a worker reads a served store by.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::domain::Timestamp;
use crate::error::Error;
use crate::store::serving::{Serving, lock};
use crate::store::{ReadTx, Store, schema};

/// How long an answer waits for a lock.
const BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// A state of the store. What was looked up may be remembered for as long as this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreState {
    connection: u64,
    data: i64,
}

/// Reads a served store by a connection of its own, for one thread at a time.
#[derive(Debug)]
pub struct Reader {
    serving: Arc<Serving>,
    slot: Arc<Slot>,
}

/// The place of a connection: whoever follows the store to another file closes it there.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Option<Opened>>);

#[derive(Debug)]
struct Opened {
    store: Store,
    number: u64,
    /// When the path was last seen to lead to this file.
    seen_at: Option<Timestamp>,
    /// The state whose marks and tables were looked at, and the version of its schema.
    judged: Option<(i64, i64)>,
}

impl Slot {
    pub(super) fn close(&self) {
        *lock(&self.0) = None;
    }
}

impl Reader {
    pub(super) fn new(serving: Arc<Serving>, slot: Arc<Slot>) -> Self {
        Reader { serving, slot }
    }

    /// Reads in one short transaction what the store holds. Which file has its path is looked at
    /// once a second, when `now` is another one: that costs half as much as the transaction.
    ///
    /// # Errors
    /// If the store is missing, unsafe, damaged, or locked for longer than 100 ms; or what `look`
    /// fails with.
    pub fn read<T>(
        &self,
        now: Timestamp,
        look: impl FnOnce(ReadTx<'_>, StoreState) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = lock(&self.slot.0);
        if !slot.as_mut().is_some_and(|opened| opened.is_current(now)) {
            *slot = Opened::new(&self.serving, now).ok();
        }
        if slot.is_none() {
            // Following closes all connections, this one's place must be free for that.
            drop(slot);
            self.serving.follow_now()?;
            slot = lock(&self.slot.0);
        }
        let opened = match &mut *slot {
            Some(opened) => opened,
            empty => empty.insert(Opened::new(&self.serving, now)?),
        };
        self.serving.unless_unsafe(opened.store.path())?;
        opened.read(look)
    }
}

impl Opened {
    fn new(serving: &Serving, now: Timestamp) -> Result<Self, Error> {
        let (store, number) = serving.connect()?;
        store.conn.busy_timeout(BUSY_TIMEOUT)?;
        // Writing back is for the connection that writes.
        store
            .conn
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(Opened {
            store,
            number,
            seen_at: Some(now),
            judged: None,
        })
    }

    /// Whether the path leads to this file, as far as this second's look at it tells.
    fn is_current(&mut self, now: Timestamp) -> bool {
        if self.seen_at != Some(now) {
            self.seen_at = self.store.unless_replaced().is_ok().then_some(now);
        }
        self.seen_at.is_some()
    }

    fn read<T>(
        &mut self,
        look: impl FnOnce(ReadTx<'_>, StoreState) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tx = Begun::new(&self.store.conn)?;
        let view = ReadTx { conn: tx.0 };
        let data = view.version()?;
        let version = match self.judged {
            Some((judged, version)) if judged == data => version,
            _ => {
                let version = schema::check_open(tx.0)?;
                schema::check_objects(tx.0, version)?;
                self.judged = Some((data, version));
                version
            }
        };
        schema::complete(tx.0, version)?;
        let state = StoreState {
            connection: self.number,
            data,
        };
        look(view, state).map_err(|error| schema::unless_older(error, version))
    }
}

/// A transaction, by statements that are prepared once: rusqlite's own prepares both ends each time.
struct Begun<'c>(&'c Connection);

impl<'c> Begun<'c> {
    fn new(conn: &'c Connection) -> Result<Self, Error> {
        conn.prepare_cached("BEGIN")?.execute([])?;
        Ok(Begun(conn))
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        // Where that fails, the next one cannot begin, and says so.
        let _ = self
            .0
            .prepare_cached("ROLLBACK")
            .and_then(|mut end| end.execute([]));
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.slot.close();
        self.serving.forget(&self.slot);
    }
}
