//! Uses as a report shows them: which of them, arranged by what.

use crate::domain::words::words;

use crate::domain::usage::{CredibleTimes, Totals};
use crate::domain::{KeyId, Timestamp};

words! {
    kind "arrangement";
    /// What a report of uses is arranged by.
    pub enum GroupBy {
        /// The day, UTC.
        Day = "day",
        /// The hour of a day, UTC.
        Hour = "hour",
        /// The key.
        Key = "key",
        /// The client's address.
        Address = "address",
        /// The endpoint.
        Endpoint = "endpoint",
        /// The outcome.
        Outcome = "outcome",
    }
}

impl GroupBy {
    /// How many seconds each part lasts, if the parts are parts of time.
    pub const fn seconds(self) -> Option<i64> {
        match self {
            GroupBy::Day => Some(86_400),
            GroupBy::Hour => Some(3_600),
            GroupBy::Key | GroupBy::Address | GroupBy::Endpoint | GroupBy::Outcome => None,
        }
    }
}

/// A part of the uses, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// What they have in common, as text: a day, an hour, an id, an address, an endpoint, an
    /// outcome. `None` if that is not known.
    pub group: Option<String>,
    /// The name of the key, where the group is one.
    pub name: Option<String>,
    /// How many there are.
    pub totals: Totals,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them.
    pub last_at: Timestamp,
}

/// The same while it is summed up: instants as seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// How many there are.
    pub totals: Totals,
    /// The first of them.
    pub first_at: i64,
    /// The last of them.
    pub last_at: i64,
}

impl Sums {
    /// Adds others to these.
    pub fn add(&mut self, other: &Sums) {
        self.totals.allowed += other.totals.allowed;
        self.totals.refused += other.totals.refused;
        self.totals.other += other.totals.other;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// Which uses are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageFilter {
    /// Those of this key; else of all keys.
    pub key: Option<KeyId>,
    /// Those from the hour of this instant on.
    pub since: Option<Timestamp>,
    /// Those of a time that is believed; else of any. A store of an earlier version can hold uses
    /// of 1970 and of 9999.
    pub times: Option<CredibleTimes>,
}
