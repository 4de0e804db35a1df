//! Recorded uses of keys, counted by hour, address, endpoint, scopes and outcome.

pub mod credible;
pub mod import;
pub mod ip_prefix;
pub mod networks;
pub mod notable;
pub mod outcome;
pub mod served;
pub mod usage_row;

use crate::domain::{Endpoint, KeyId, Net, Request, ScopeSet, Timestamp, Verdict};

pub use crate::domain::usage::credible::CredibleTimes;
pub use crate::domain::usage::ip_prefix::IpPrefix;
pub use crate::domain::usage::outcome::Outcome;
pub use crate::domain::usage::served::ServedTimes;
pub use crate::domain::usage::usage_row::{GroupBy, Sums, UsageFilter, UsageRow};

/// The uses of one key in one hour from one address for one endpoint with one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageBucket {
    /// The key.
    pub key: KeyId,
    /// The client's address, if it is known, or the network that is kept of it.
    pub ip: Option<Net>,
    /// The endpoint that was called, if it is one of the map's.
    pub endpoint: Option<&'static Endpoint>,
    /// All scopes that were needed.
    pub scopes: ScopeSet,
    /// How they were answered.
    pub outcome: Outcome,
    /// How many uses these are.
    pub count: u64,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them, within the same hour.
    pub last_at: Timestamp,
}

impl UsageBucket {
    /// The one use that a judged request is.
    pub fn once(
        key: KeyId,
        request: &Request,
        verdict: &Verdict,
        at: Timestamp,
        prefix: IpPrefix,
    ) -> Self {
        UsageBucket {
            key,
            ip: request.ip.map(|ip| prefix.truncate(ip)),
            endpoint: request.endpoint,
            scopes: request.needed(),
            outcome: Outcome::from_verdict(verdict),
            count: 1,
            first_at: at,
            last_at: at,
        }
    }

    /// The start of their hour, in seconds since 1970.
    pub fn hour(&self) -> i64 {
        self.first_at.hour()
    }

    /// How many of them are certain to have come after `instant`: where they straddle it, the last.
    pub fn count_after(&self, instant: Timestamp) -> u64 {
        match (self.first_at > instant, self.last_at > instant) {
            (true, _) => self.count,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// A number of uses, by what their outcomes say of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Uses that were allowed.
    pub allowed: u64,
    /// Uses that were refused.
    pub refused: u64,
    /// Uses whose answer says nothing about the key.
    pub other: u64,
}

impl Totals {
    /// All uses.
    pub fn count(self) -> u64 {
        self.allowed + self.refused + self.other
    }

    /// Adds `count` uses with this outcome.
    pub fn add(&mut self, outcome: Outcome, count: u64) {
        match outcome {
            Outcome::Allowed => self.allowed += count,
            Outcome::Refused(_) | Outcome::RateLimited => self.refused += count,
            Outcome::Other => self.other += count,
        }
    }
}

/// How far a log has been counted. What the log is called, where it lies and how it is compressed
/// does not matter: it is known by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportMark {
    /// SHA-256 of its first line: where to look.
    pub head: [u8; 32],
    /// How many bytes, from its beginning; they end with a line.
    pub bytes: u64,
    /// How many lines these are.
    pub lines: u64,
    /// SHA-256 of these bytes: whether a log that begins with this line is this log.
    pub digest: [u8; 32],
}
