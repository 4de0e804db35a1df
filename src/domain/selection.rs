//! Which keys a list is about, and in which order.

use std::str::FromStr;

use crate::domain::{Environment, Invalid, Preset, ScopeSet, Status, Text, Timestamp};

/// Conditions that a key must meet, all of them. The default is every usable key.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Revoked and expired keys too.
    pub all: bool,
    /// One of these states, if any is named (then `all` is meant).
    pub statuses: Vec<Status>,
    /// For this environment.
    pub environment: Option<Environment>,
    /// May do all of this, `admin` included.
    pub scopes: ScopeSet,
    /// Has exactly these scopes.
    pub preset: Option<&'static Preset>,
    /// Its name, folded, matches this glob (`*`, `?`, `[…]`).
    pub name: Option<String>,
    /// Belongs to this owner.
    pub owner: Option<Text>,
    /// Expires at this instant or earlier, and has not yet.
    pub expires_by: Option<Timestamp>,
    /// Made at this instant or earlier.
    pub created_by: Option<Timestamp>,
    /// Made at this instant or earlier, and without a recorded allowed use after it.
    pub unused_since: Option<Timestamp>,
    /// Never expires.
    pub no_expiry: bool,
    /// Has no allowlist.
    pub no_allowlist: bool,
    /// Will be revoked.
    pub revocation_scheduled: bool,
    /// Is the old key of an open rotation.
    pub being_replaced: bool,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Oldest first.
    #[default]
    Created,
    /// By name.
    Name,
    /// The one that expires next first, those that never do last.
    Expires,
    /// Never used first, then the longest unused.
    Used,
}

impl Sort {
    /// All orders.
    pub const ALL: [Sort; 4] = [Sort::Created, Sort::Name, Sort::Expires, Sort::Used];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sort::Created => "created",
            Sort::Name => "name",
            Sort::Expires => "expires",
            Sort::Used => "used",
        }
    }
}

impl FromStr for Sort {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Sort::ALL.map(Sort::as_str);
        Sort::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or_else(|| {
                Invalid::unknown("order", text, known)
                    .hint(format!("there are {}", known.join(", ")))
            })
    }
}

impl FromStr for Status {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Status::ALL.map(Status::as_str);
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                Invalid::unknown("status", text, known)
                    .hint(format!("there are {}", known.join(", ")))
            })
    }
}

/// A filter and an order.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Which keys.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// The other way round.
    pub reverse: bool,
    /// At most so many.
    pub limit: Option<u64>,
}
