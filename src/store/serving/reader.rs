//! What a worker reads a served store by.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::config::DbConfig;

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

    /// Reads in one short transaction what the store holds at this instant, whichever file has its
    /// path by now.
    ///
    /// # Errors
    /// If the store is missing, unsafe, damaged, or locked for longer than 100 ms; or what `look`
    /// fails with.
    pub fn read<T>(
        &self,
        look: impl FnOnce(ReadTx<'_>, StoreState) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = lock(&self.slot.0);
        let is_current = |opened: &Opened| opened.store.unless_replaced().is_ok();
        if !slot.as_ref().is_some_and(is_current) {
            *slot = Opened::new(&self.serving).ok();
        }
        if slot.is_none() {
            // Following closes all connections, this one's place must be free for that.
            drop(slot);
            self.serving.follow_now()?;
            slot = lock(&self.slot.0);
        }
        let opened = match &mut *slot {
            Some(opened) => opened,
            empty => empty.insert(Opened::new(&self.serving)?),
        };
        self.serving.unless_unsafe(opened.store.path())?;
        opened.read(look)
    }
}

impl Opened {
    fn new(serving: &Serving) -> Result<Self, Error> {
        let (store, number) = serving.connect()?;
        store.conn.busy_timeout(BUSY_TIMEOUT)?;
        // Writing back is for the connection that writes.
        store
            .conn
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(Opened {
            store,
            number,
            judged: None,
        })
    }

    fn read<T>(
        &mut self,
        look: impl FnOnce(ReadTx<'_>, StoreState) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tx = self.store.conn.unchecked_transaction()?;
        let view = ReadTx { conn: &tx };
        let data = view.version()?;
        let version = match self.judged {
            Some((judged, version)) if judged == data => version,
            _ => {
                let version = schema::check_open(&tx)?;
                schema::check_objects(&tx, version)?;
                self.judged = Some((data, version));
                version
            }
        };
        schema::complete(&tx, version)?;
        let state = StoreState {
            connection: self.number,
            data,
        };
        look(view, state).map_err(|error| schema::unless_older(error, version))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.slot.close();
        self.serving.forget(&self.slot);
    }
}
