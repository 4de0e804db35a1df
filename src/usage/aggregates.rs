//! What was read of a log and is not stored yet.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use crate::domain::usage::import::{BadLine, LineCounts};
use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{Endpoint, Net, ScopeSet, Timestamp};
use crate::store::Unrecorded;
use crate::usage::key_cache::{KeyCache, KeyIndex};

/// How many bad lines are shown.
const SHOWN: usize = 3;

/// What uses have in common that are counted together: one row of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketKey {
    pub key: KeyIndex,
    /// The start of the hour, in seconds since 1970.
    pub hour: i64,
    pub ip: Option<Net>,
    pub endpoint: Option<&'static Endpoint>,
    pub scopes: ScopeSet,
    pub outcome: Outcome,
}

/// Once for each line, so it is done in few steps: scopes and outcomes, of which there are few, are
/// told apart by comparison alone.
impl Hash for BucketKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.key) << 32 ^ self.hour.cast_unsigned());
        state.write_u128(self.ip.map_or(0, |ip| ip.bits()));
        state.write_usize(self.endpoint.map_or(0, |endpoint| endpoint.pattern.len()));
    }
}

#[derive(Debug)]
struct Bucket {
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
}

/// Uses and numbers that wait to be stored, all at once.
#[derive(Debug, Default)]
pub struct Aggregates {
    uses: HashMap<BucketKey, Bucket>,
    /// How many lines there were of each sort.
    pub counts: LineCounts,
    /// The first lines that could not be read.
    pub bad: Vec<BadLine>,
    /// How many lines hold each of these keys.
    pub leaked: HashMap<KeyIndex, u64>,
    /// The first line of a time in which `serve` counted.
    pub served: Option<ServedLine>,
}

/// A line of a time in which `serve` counted uses.
#[derive(Debug, Clone, Copy)]
pub struct ServedLine {
    /// Its number.
    pub line: u64,
    /// When `serve` began to count.
    pub since: Timestamp,
    /// When it ended; none if it has not.
    pub until: Option<Timestamp>,
}

impl Aggregates {
    pub fn add(&mut self, bucket_key: BucketKey, at: Timestamp) {
        self.counts.counted += 1;
        let bucket = self.uses.entry(bucket_key).or_insert(Bucket {
            count: 0,
            first_at: at,
            last_at: at,
        });
        bucket.count += 1;
        bucket.first_at = bucket.first_at.min(at);
        bucket.last_at = bucket.last_at.max(at);
    }

    /// LineCounts a line that could not be read, and keeps it if it is one of the first.
    pub fn add_bad(&mut self, line: impl FnOnce() -> BadLine) {
        self.counts.bad += 1;
        if self.bad.len() < SHOWN {
            self.bad.push(line());
        }
    }

    /// Takes back what was counted and could not be stored.
    pub fn not_recorded(&mut self, unrecorded: Unrecorded) {
        let Unrecorded {
            unknown_key,
            incredible,
        } = unrecorded;
        self.counts.counted -= unknown_key + incredible;
        self.counts.unknown_key += unknown_key;
        self.counts.bad += incredible;
    }

    /// How many rows the uses would become: memory is bounded by it.
    pub fn rows(&self) -> usize {
        self.uses.len()
    }

    /// The uses, in the order of the store's rows.
    pub fn uses(&self, keys: &KeyCache) -> Vec<UsageBucket> {
        let uses = |(bucket_key, bucket): (&BucketKey, &Bucket)| UsageBucket {
            key: keys.id(bucket_key.key),
            ip: bucket_key.ip,
            endpoint: bucket_key.endpoint,
            scopes: bucket_key.scopes,
            outcome: bucket_key.outcome,
            count: bucket.count,
            first_at: bucket.first_at,
            last_at: bucket.last_at,
        };
        let mut all: Vec<UsageBucket> = self.uses.iter().map(uses).collect();
        all.sort_unstable_by_key(|uses| {
            (
                uses.key,
                uses.hour(),
                uses.ip,
                uses.endpoint.map(|endpoint| endpoint.pattern),
                uses.outcome,
            )
        });
        all
    }

    /// Forgets the uses, which were stored, and adds the rest to `done`.
    pub fn stored(self, done: &mut Aggregates) {
        done.counts += self.counts;
        let room = SHOWN.saturating_sub(done.bad.len());
        done.bad.extend(self.bad.into_iter().take(room));
        for (index, lines) in self.leaked {
            *done.leaked.entry(index).or_default() += lines;
        }
    }
}
