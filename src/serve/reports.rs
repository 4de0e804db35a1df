//! What is told while it serves. Nothing waits for whoever listens: faults are gathered by kind, and
//! told by one thread at most once a second, with their number.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::words::words;

/// How often a kind of fault is told at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Something that whoever runs this should know.
#[derive(Debug, Clone, Copy)]
pub enum Notice<'e> {
    /// Requests to this address are answered from now on.
    Listening {
        /// Where.
        address: &'e str,
        /// Whether it is for health and metrics.
        for_admin: bool,
    },
    /// This store is answered from, and all addresses listen.
    Ready {
        /// The store.
        store: &'e Path,
    },
    /// Something went wrong.
    Trouble {
        /// What.
        trouble: Trouble,
        /// What exactly, the first time since it was last told.
        details: &'e str,
        /// How often since then.
        count: u64,
    },
    /// No more connections; what is under way is still answered.
    Stopping,
    /// The end.
    Ended {
        /// How many uses were stored.
        stored: u64,
    },
}

words! {
    kind "trouble";
    /// A kind of fault.
    #[derive(PartialOrd, Ord)]
    pub enum Trouble {
        /// The store could not be asked, or looked after.
        Store = "store",
        /// Uses could not be stored; they wait.
        Counting = "counting",
        /// Uses could not be kept.
        Lost = "lost",
        /// A gateway does not send what it must.
        Gateway = "gateway",
        /// A peer asked that may not.
        UntrustedPeer = "untrusted_peer",
        /// A connection could not be accepted.
        Accept = "accept",
    }
}

/// The faults that are not told yet.
#[derive(Debug, Default)]
pub struct Reports {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    troubles: BTreeMap<Trouble, (String, u64)>,
    is_stopping: bool,
    has_ended: bool,
}

impl Pending {
    fn is_urgent(&self) -> bool {
        self.is_stopping || self.has_ended
    }
}

impl Reports {
    /// Reports a fault that happened `count` times.
    pub fn report(&self, trouble: Trouble, count: u64, details: impl FnOnce() -> String) {
        let mut pending = self.lock();
        let (_, known) = pending
            .troubles
            .entry(trouble)
            .or_insert_with(|| (details(), 0));
        *known += count;
        drop(pending);
        self.changed.notify_all();
    }

    /// Says that it will end soon.
    pub fn stopping(&self) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
    }

    /// Says that nothing more comes.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Tells all faults, until the end.
    pub fn relay(&self, tell: &mut dyn FnMut(Notice<'_>)) {
        loop {
            let is_quiet =
                |pending: &mut Pending| !pending.is_urgent() && pending.troubles.is_empty();
            let mut pending = self
                .changed
                .wait_while(self.lock(), is_quiet)
                .unwrap_or_else(PoisonError::into_inner);
            let troubles = std::mem::take(&mut pending.troubles);
            let is_stopping = std::mem::take(&mut pending.is_stopping);
            let has_ended = pending.has_ended;
            drop(pending);
            for (trouble, (details, count)) in &troubles {
                tell(Notice::Trouble {
                    trouble: *trouble,
                    details,
                    count: *count,
                });
            }
            if is_stopping {
                tell(Notice::Stopping);
            }
            if has_ended {
                return;
            }
            let _ = self
                .changed
                .wait_timeout_while(self.lock(), INTERVAL, |pending| !pending.is_urgent());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
