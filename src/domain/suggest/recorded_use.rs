//! What a key was used for: the requests that a suggestion must go on serving.

use crate::domain::impact::serves;
use crate::domain::suggest::origins::Origins;
use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{Key, Scope, ScopeSet, Timestamp};

/// What a key was used for, of what it may still do.
#[derive(Debug, Default)]
pub struct RecordedUse {
    /// Allowed requests that the key as it is would serve.
    pub requests: u64,
    /// Those that did not tell which scope they needed.
    pub unnamed: u64,
    /// Those that did not tell where they came from.
    pub unplaced: u64,
    /// The first and the last of them.
    pub between: Option<(Timestamp, Timestamp)>,
    pub(super) needs: Vec<(ScopeSet, u64)>,
    pub(super) origins: Origins,
}

impl RecordedUse {
    /// Of this key, nothing so far.
    pub fn new(key: &Key) -> Self {
        RecordedUse {
            origins: Origins::holding_out_the_last_week(key),
            ..RecordedUse::default()
        }
    }

    /// Adds recorded uses of the key, the oldest first; those that it would not serve any more do not count.
    pub fn add(&mut self, uses: &UsageBucket, key: &Key) {
        if uses.outcome != Outcome::Allowed || !serves(key, uses) {
            return;
        }
        self.requests += uses.count;
        let (first, last) = self.between.unwrap_or((uses.first_at, uses.last_at));
        self.between = Some((first.min(uses.first_at), last.max(uses.last_at)));
        if uses.scopes.is_empty() {
            self.unnamed += uses.count;
        } else {
            match self
                .needs
                .iter_mut()
                .find(|(needed, _)| *needed == uses.scopes)
            {
                Some((_, count)) => *count += uses.count,
                None => self.needs.push((uses.scopes, uses.count)),
            }
        }
        self.origins.add(uses, key);
        if uses.ip.is_none() {
            self.unplaced += uses.count;
        }
    }

    /// Whether it was used from so many networks, or from such changing ones, that no allowlist can
    /// be suggested.
    pub fn origins_change(&self, key: &Key) -> bool {
        self.origins.change_too_much(key)
    }

    /// All scopes that were needed; `admin` if that was.
    pub(super) fn used(&self) -> Option<ScopeSet> {
        let used = self
            .needs
            .iter()
            .fold(ScopeSet::EMPTY, |all, (needed, _)| all.with(*needed));
        let admin = ScopeSet::of(&[Scope::Admin]);
        if used.contains(Scope::Admin) {
            Some(admin)
        } else {
            Some(used).filter(|used| !used.is_empty())
        }
    }

    /// How many requests a key with these scopes alone would have refused.
    pub(super) fn refused_with(&self, scopes: ScopeSet) -> u64 {
        self.needs
            .iter()
            .filter(|(needed, _)| !scopes.missing(*needed).is_empty())
            .map(|(_, count)| count)
            .sum()
    }
}
