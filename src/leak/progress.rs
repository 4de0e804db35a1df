//! How far a search is, for whoever watches it from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what is done.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Says how many contents there are, once that is known.
    pub fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Counts contents that were searched, and their bytes.
    pub fn add(&self, contents: u64, bytes: u64) {
        self.done.fetch_add(contents, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many contents were searched.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How many bytes they have.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many contents of all were searched, in percent; `None` while it is not known how many
    /// there are.
    pub fn percent(&self) -> Option<u64> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done().saturating_mul(100) / total).min(100))
    }
}
