//! Uses as a report shows them: which of them, arranged by what.

use std::str::FromStr;

use super::Totals;
use crate::domain::{Invalid, KeyId, Timestamp};

/// What a report of uses is arranged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
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

impl By {
    /// All of them.
    pub const ALL: [By; 6] = [
        By::Day,
        By::Hour,
        By::Key,
        By::Address,
        By::Endpoint,
        By::Outcome,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Hour => "hour",
            By::Key => "key",
            By::Address => "address",
            By::Endpoint => "endpoint",
            By::Outcome => "outcome",
        }
    }

    /// How many seconds each part lasts, if the parts are parts of time.
    pub const fn seconds(self) -> Option<i64> {
        match self {
            By::Day => Some(86_400),
            By::Hour => Some(3_600),
            By::Key | By::Address | By::Endpoint | By::Outcome => None,
        }
    }
}

impl FromStr for By {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let words = By::ALL.map(By::word);
        By::ALL
            .into_iter()
            .find(|by| by.word() == text)
            .ok_or_else(|| {
                Invalid::unknown("arrangement", text, words)
                    .hint(format!("there are {}", words.join(", ")))
            })
    }
}

/// A part of the uses, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
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
pub struct Window {
    /// Those of this key; else of all keys.
    pub key: Option<KeyId>,
    /// Those from the hour of this instant on.
    pub since: Option<Timestamp>,
}
