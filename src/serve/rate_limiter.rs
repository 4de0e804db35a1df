//! Who may still ask how often: in memory, for all workers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::rate_limit::{RateLimits, Spent};
use crate::domain::{KeyId, Timestamp};
use crate::serve::answer::Allowance;
use crate::store::serving::limits::RecentUse;

/// What each key has spent of its limits.
#[derive(Debug)]
pub struct RateLimiter {
    limits: RateLimits,
    spent: Mutex<Ledger>,
}

#[derive(Debug)]
struct Ledger {
    keys: HashMap<KeyId, Spent>,
    /// The start of the day in which the keys were last gone through.
    day: i64,
}

impl RateLimiter {
    /// Goes on from what was counted before.
    pub fn new(limits: RateLimits, recent: &[RecentUse], now: Timestamp) -> Self {
        let spent = |uses: &RecentUse| (uses.key, Spent::since_before(uses.hour, uses.day, now));
        RateLimiter {
            limits,
            spent: Mutex::new(Ledger {
                keys: recent.iter().map(spent).collect(),
                day: now.day(),
            }),
        }
    }

    /// Counts a request of a key that may make it, if it is not one too many.
    pub fn take(&self, key: KeyId, now: Timestamp) -> Allowance {
        let mut ledger = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if ledger.day < now.day() {
            ledger.day = now.day();
            ledger.keys.retain(|_, spent| !spent.is_over(now));
        }
        let spent = ledger.keys.entry(key).or_default();
        match self.limits.take(spent, now) {
            Ok(quota) => Allowance::Within(quota),
            Err(quota) => Allowance::Exceeded(quota),
        }
    }

    /// What a key has left, whose request does not count.
    pub fn left(&self, key: KeyId, now: Timestamp) -> Allowance {
        let ledger = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = ledger.keys.get(&key).copied().unwrap_or_default();
        Allowance::Within(self.limits.left(spent, now))
    }
}
