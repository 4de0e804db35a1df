//! Uses that were answered and are not stored yet, rolled up in memory. An answer never waits for
//! the store: it adds to the part of its worker, and another thread empties all parts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{KeyId, Net};

/// So many rows are stored without waiting for the next time.
pub const ENOUGH: usize = 5_000;
/// More are not kept, should the store refuse to take them: memory has an end.
pub const MOST: usize = 50_000;
/// Why uses are lost then.
pub const NO_ROOM: &str = "too many wait to be stored";

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct RowKey {
    key: KeyId,
    hour: i64,
    ip: Option<Net>,
    endpoint: Option<&'static str>,
    scopes: u16,
    outcome: Outcome,
}

impl RowKey {
    fn of(uses: &UsageBucket) -> Self {
        RowKey {
            key: uses.key,
            hour: uses.hour(),
            ip: uses.ip,
            endpoint: uses.endpoint.map(|endpoint| endpoint.pattern),
            scopes: uses.scopes.bits(),
            outcome: uses.outcome,
        }
    }
}

/// Whether a use was kept, and whether it is time to store what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It was.
    Kept,
    /// It was, and there are many now.
    Enough,
    /// There is no room.
    NoRoom,
}

/// The uses that wait.
#[derive(Debug)]
pub struct Recorder {
    parts: Vec<Mutex<HashMap<RowKey, UsageBucket>>>,
    rows: AtomicUsize,
}

impl Recorder {
    /// One with a part for each worker.
    pub fn new(workers: usize) -> Self {
        Recorder {
            parts: (0..workers).map(|_| Mutex::default()).collect(),
            rows: AtomicUsize::new(0),
        }
    }

    /// Adds a use to the part of this worker.
    pub fn add(&self, worker: usize, uses: UsageBucket) -> Added {
        let mut part = self.part(worker);
        let row = RowKey::of(&uses);
        if let Some(known) = part.get_mut(&row) {
            merge(known, &uses);
            return Added::Kept;
        }
        if self.rows.load(Ordering::Relaxed) >= MOST {
            return Added::NoRoom;
        }
        part.insert(row, uses);
        match self.rows.fetch_add(1, Ordering::Relaxed) + 1 {
            ENOUGH => Added::Enough,
            _ => Added::Kept,
        }
    }

    /// How many rows wait.
    pub fn waiting(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// Takes all that wait, in the order of the store's rows.
    pub fn take(&self) -> Vec<UsageBucket> {
        let mut all: HashMap<RowKey, UsageBucket> = HashMap::new();
        for worker in 0..self.parts.len() {
            let taken = std::mem::take(&mut *self.part(worker));
            self.rows.fetch_sub(taken.len(), Ordering::Relaxed);
            for (row, uses) in taken {
                all.entry(row)
                    .and_modify(|known| merge(known, &uses))
                    .or_insert(uses);
            }
        }
        let mut rows: Vec<_> = all.into_iter().collect();
        rows.sort_unstable_by_key(|(row, _)| *row);
        rows.into_iter().map(|(_, uses)| uses).collect()
    }

    /// Keeps for the next time what could not be stored; returns how many uses there is no room for.
    pub fn put_back(&self, left: &[UsageBucket]) -> u64 {
        let lost = |uses: &&UsageBucket| self.add(0, **uses) == Added::NoRoom;
        left.iter().filter(lost).map(|uses| uses.count).sum()
    }

    fn part(&self, worker: usize) -> MutexGuard<'_, HashMap<RowKey, UsageBucket>> {
        self.parts[worker]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn merge(known: &mut UsageBucket, more: &UsageBucket) {
    known.count += more.count;
    known.first_at = known.first_at.min(more.first_at);
    known.last_at = known.last_at.max(more.last_at);
}
