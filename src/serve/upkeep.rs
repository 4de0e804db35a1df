//! The thread that looks after the store: it stores uses, and sees to it that the right file is
//! served as it should be.

use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::usage::UsageBucket;
use crate::serve::Shared;
use crate::serve::recorder::NO_ROOM;
use crate::serve::reports::Trouble;
use crate::store::serving::MOST_ROWS;

/// How often the store is looked after.
const INTERVAL: Duration = Duration::from_secs(1);
/// Uses are stored every so many times.
const ROUNDS: u32 = 5;

/// How that thread is woken.
#[derive(Debug, Default)]
pub struct Upkeep {
    call: Mutex<Call>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Call {
    has_enough: bool,
    has_ended: bool,
}

impl Upkeep {
    /// There is enough to be stored.
    pub fn wake(&self) {
        self.lock().has_enough = true;
        self.changed.notify_all();
    }

    /// Nothing more comes.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until it is time; why it is.
    fn wait(&self) -> Call {
        let is_quiet = |call: &mut Call| !call.has_enough && !call.has_ended;
        let (mut call, _) = self
            .changed
            .wait_timeout_while(self.lock(), INTERVAL, is_quiet)
            .unwrap_or_else(PoisonError::into_inner);
        let now = *call;
        call.has_enough = false;
        now
    }

    fn lock(&self) -> MutexGuard<'_, Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared<'_> {
    /// Looks after the store until the end, and stores what is left.
    pub(super) fn keep(&self) {
        for round in 1.. {
            let call = self.upkeep.wait();
            if call.has_ended {
                break;
            }
            if let Err(error) = self.serving.look_after(&self.clock) {
                self.failed(Trouble::Store, &error);
            }
            if call.has_enough || round % ROUNDS == 0 {
                self.flush();
            }
        }
        self.flush();
        let left = self.recorder.take();
        let count = left.iter().map(|uses| uses.count).sum();
        self.lost(count, "they could not be stored at the end");
    }

    /// Stores all uses that wait; what cannot be stored waits on.
    #[allow(clippy::disallowed_methods, reason = "a duration is measured")]
    fn flush(&self) {
        let uses = self.recorder.take();
        if uses.is_empty() {
            return;
        }
        let started = Instant::now();
        let mut left = uses.as_slice();
        while !left.is_empty() {
            let (part, rest) = left.split_at(left.len().min(MOST_ROWS));
            if !self.store(part) {
                break;
            }
            left = rest;
        }
        self.metrics.flushed(started.elapsed());
        let lost = self.recorder.put_back(left);
        self.lost(lost, NO_ROOM);
    }

    fn store(&self, part: &[UsageBucket]) -> bool {
        let stored = self
            .serving
            .record(part, &self.clock)
            .inspect(|unrecorded| {
                let all: u64 = part.iter().map(|uses| uses.count).sum();
                // A key that was pruned is no fault.
                let lost = unrecorded.unknown_key + unrecorded.incredible;
                self.metrics.stored.fetch_add(all - lost, Ordering::Relaxed);
                self.metrics.lost.fetch_add(lost, Ordering::Relaxed);
            });
        match stored {
            Ok(unrecorded) => {
                if let Err(error) = unrecorded.check_clock((self.clock)()) {
                    self.failed(Trouble::Counting, &error);
                }
                true
            }
            Err(error) => {
                self.failed(Trouble::Counting, &error);
                false
            }
        }
    }
}
