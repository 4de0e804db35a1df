//! A store that is served: many connections of one process that answer from it at once, and one
//! that records uses.
//!
//! While it is served the store has a write-ahead log (WAL), so that no reader waits for a writer.
//! A process that closes any descriptor of a file loses all its locks on it, and these locks are
//! what tells others that the store is served. So the file is inspected only while no connection of
//! this process is open: [`Serving`] knows all of them, and closes them first when the file at the
//! path has become another one.

mod current;
pub mod limits;
pub mod note;
pub mod reader;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use crate::domain::usage::UsageBucket;
use crate::domain::{Text, Timestamp};
use crate::error::Error;
use crate::store::identity::{Identity, replaced};
use crate::store::serving::current::{Current, Fate, Server};
use crate::store::serving::reader::{Reader, Slot};
use crate::store::{Lock, Store, Unrecorded, file, turns};

/// The most rows to be recorded at once: a few milliseconds, for which other writers wait.
pub const MOST_ROWS: usize = 500;

/// How often to ask whether the last of several that end at the same time is alone.
const TRIES_TO_SETTLE: i32 = 40;

/// A store that is being served.
#[derive(Debug)]
pub struct Serving {
    /// As it was named.
    path: PathBuf,
    server: Server,
    current: Mutex<Option<Current>>,
    /// A connection that is never used, from which others learn how to connect.
    model: Mutex<Option<Store>>,
    slots: Mutex<Vec<Arc<Slot>>>,
    /// So many connections have been opened: each has a number of its own.
    connections: AtomicU64,
    /// Whether the last look at the place of the store found a fault.
    is_unsafe: AtomicBool,
}

impl Serving {
    /// Begins to serve the store at `path`: brings it up to date, notes that it is served, and
    /// switches it to a write-ahead log.
    ///
    /// # Errors
    /// As for [`Store::open_to_write`], or if it cannot be switched within ten seconds.
    pub fn begin(
        path: &Path,
        counts: bool,
        clock: &dyn Fn() -> Timestamp,
        actor: &Text,
    ) -> Result<Self, Error> {
        let server = Server {
            counts,
            actor: actor.clone(),
        };
        let mut current = Current::open(path)?;
        current.settle_in(&server, clock, turns::wait)?;
        let serving = Serving {
            path: std::path::absolute(path).map_err(file::unreadable)?,
            server,
            model: Mutex::new(Some(current.store.connect_again()?)),
            current: Mutex::new(Some(current)),
            slots: Mutex::default(),
            connections: AtomicU64::new(0),
            is_unsafe: AtomicBool::new(false),
        };
        Ok(serving)
    }

    /// What a worker reads by.
    pub fn reader(self: &Arc<Self>) -> Reader {
        let slot = Arc::new(Slot::default());
        lock(&self.slots).push(Arc::clone(&slot));
        Reader::new(Arc::clone(self), slot)
    }

    /// Looks after the store; to be called once a second, on a thread that may wait. If another file
    /// has its path by now, it is that one which is served from then on. Finds out whether somebody
    /// else could change the store.
    ///
    /// # Errors
    /// What keeps the store from being read, or from being served as it should be. That it is so is
    /// not for ever.
    pub fn look_after(&self, clock: &dyn Fn() -> Timestamp) -> Result<(), Error> {
        let mut current = lock(&self.current);
        self.follow(&mut current)?;
        let served = current.as_mut().ok_or_else(replaced)?;
        let safe = file::check_place(served.store.path());
        self.is_unsafe.store(safe.is_err(), Ordering::Release);
        safe?;
        served.settle_in(&self.server, clock, |tries| tries == 0 && turns::wait(0))
    }

    /// Records uses, at most [`MOST_ROWS`] rows, in one transaction.
    ///
    /// # Errors
    /// If the store cannot be written; then nothing is recorded.
    pub fn record(
        &self,
        uses: &[UsageBucket],
        clock: &dyn Fn() -> Timestamp,
    ) -> Result<Unrecorded, Error> {
        debug_assert!(uses.len() <= MOST_ROWS, "{} rows at once", uses.len());
        let mut current = lock(&self.current);
        self.follow(&mut current)?;
        let served = current.as_mut().ok_or_else(replaced)?;
        served.migrate(clock)?;
        let mut write = served
            .store
            .write(Lock::Immediate, clock, &self.server.actor)?;
        let unrecorded = write.record(uses)?;
        let note = write.note_serving(served.note, self.server.counts, false)?;
        write.commit()?;
        served.note = Some(note);
        Ok(unrecorded)
    }

    /// Ends: notes that, and switches the store back if `serve` had switched it and nobody else has
    /// it open.
    ///
    /// # Errors
    /// If that cannot be noted or done. The next one that ends, or the next command that changes a
    /// key, puts it right.
    pub fn end(&self, clock: &dyn Fn() -> Timestamp) -> Result<(), Error> {
        let mut current = lock(&self.current);
        self.close_readers();
        let Some(mut served) = current.take() else {
            return Ok(());
        };
        served.store.unless_replaced()?;
        if let Some(note) = served.note {
            let mut write = served
                .store
                .write(Lock::Immediate, clock, &self.server.actor)?;
            write.end_serving(note)?;
            write.commit()?;
        }
        served.close().map_or(Ok(()), |it| settle_patiently(&it))
    }

    /// Makes sure that the connections are to the file that is at the path by now. Never waits if
    /// another thread is just doing that, or recording.
    fn follow_now(&self) -> Result<(), Error> {
        match self.current.try_lock() {
            Ok(mut current) => self.follow(&mut current),
            Err(TryLockError::Poisoned(poisoned)) => self.follow(&mut poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(replaced()),
        }
    }

    fn follow(&self, current: &mut Option<Current>) -> Result<(), Error> {
        let mut note = None;
        if let Some(served) = current {
            let fate = served.fate(&self.path)?;
            if fate == Fate::Same {
                return Ok(());
            }
            if fate == Fate::LogLost {
                note = served.note;
            }
            self.close_readers();
            if let Some(served) = current.take() {
                served.leave(fate);
            }
        }
        let mut next = Current::open(&self.path)?;
        next.note = note;
        self.is_unsafe.store(false, Ordering::Release);
        *lock(&self.model) = Some(next.store.connect_again()?);
        *current = Some(next);
        Ok(())
    }

    /// Forgets a reader that is gone.
    fn forget(&self, slot: &Arc<Slot>) {
        lock(&self.slots).retain(|known| !Arc::ptr_eq(known, slot));
    }

    fn close_readers(&self) {
        *lock(&self.model) = None;
        for slot in lock(&self.slots).iter() {
            slot.close();
        }
    }

    /// A connection for a reader, with a number that no other has had.
    fn connect(&self) -> Result<(Store, u64), Error> {
        let store = lock(&self.model)
            .as_ref()
            .ok_or_else(replaced)?
            .connect_again()?;
        Ok((store, self.connections.fetch_add(1, Ordering::Relaxed)))
    }

    /// Passes if nobody else could change the store, as far as the last look at its place says.
    fn unless_unsafe(&self, path: &Path) -> Result<(), Error> {
        if self.is_unsafe.load(Ordering::Acquire) {
            file::check_place(path)
        } else {
            Ok(())
        }
    }
}

/// Several that end at the same time wait for each other for a moment, so that the last of them is
/// alone.
fn settle_patiently(identity: &Identity) -> Result<(), Error> {
    for _ in 0..TRIES_TO_SETTLE {
        if note::settle(identity)? {
            break;
        }
        turns::wait(0);
    }
    Ok(())
}

/// What a thread that panicked has left is whole: a transaction of its is undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
