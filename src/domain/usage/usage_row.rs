//! Uses as a report shows them: which of them, arranged by what.

use std::str::FromStr;

use crate::domain::usage::Totals;
use crate::domain::{Invalid, KeyId, Timestamp};

/// What a report of uses is arranged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The day, UTC.
    Day,
    /// The hour of a day, UTC.
    Hour,
    /// The key.
    Key,
    /// The client's address.
    Address,
    /// The endpoint.
    Endpoint,
    /// The outcome.
    Outcome,
}

impl GroupBy {
    /// All of them.
    pub const ALL: [GroupBy; 6] = [
        GroupBy::Day,
        GroupBy::Hour,
        GroupBy::Key,
        GroupBy::Address,
        GroupBy::Endpoint,
        GroupBy::Outcome,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            GroupBy::Day => "day",
            GroupBy::Hour => "hour",
            GroupBy::Key => "key",
            GroupBy::Address => "address",
            GroupBy::Endpoint => "endpoint",
            GroupBy::Outcome => "outcome",
        }
    }

    /// How many seconds each part lasts, if the parts are parts of time.
    pub const fn seconds(self) -> Option<i64> {
        match self {
            GroupBy::Day => Some(86_400),
            GroupBy::Hour => Some(3_600),
            GroupBy::Key | GroupBy::Address | GroupBy::Endpoint | GroupBy::Outcome => None,
        }
    }
}

impl FromStr for GroupBy {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let words = GroupBy::ALL.map(GroupBy::as_str);
        GroupBy::ALL
            .into_iter()
            .find(|by| by.as_str() == text)
            .ok_or_else(|| {
                Invalid::unknown("arrangement", text, words)
                    .hint(format!("there are {}", words.join(", ")))
            })
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

/// Which uses are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsageFilter {
    /// Those of this key; else of all keys.
    pub key: Option<KeyId>,
    /// Those from the hour of this instant on.
    pub since: Option<Timestamp>,
}
