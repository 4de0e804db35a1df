//! Which keys a list is about, and in which order.

use crate::domain::words::words;

use crate::domain::{Environment, Preset, ScopeSet, Status, Text, Timestamp};

/// Conditions, all of which a key must meet. The default is every usable key.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Revoked and expired keys too.
    pub all: bool,
    /// One of these statuses, if any is named (which implies `all`).
    pub statuses: Vec<Status>,
    /// For this environment.
    pub environment: Option<Environment>,
    /// May do all of this, `admin` included.
    pub scopes: ScopeSet,
    /// Has exactly these scopes.
    pub preset: Option<&'static Preset>,
    /// Its name, folded, contains this folded text.
    pub text: Option<String>,
    /// Its name, folded, matches this glob (`*`, `?`, `[…]`).
    pub name: Option<String>,
    /// Belongs to this owner.
    pub owner: Option<Text>,
    /// Expires at this instant or earlier, and has not yet.
    pub expires_by: Option<Timestamp>,
    /// Created at this instant or earlier.
    pub created_by: Option<Timestamp>,
    /// Created at this instant or earlier, and without a recorded allowed use after it.
    pub unused_since: Option<Timestamp>,
    /// Never expires.
    pub no_expiry: bool,
    /// Has no allowlist.
    pub no_allowlist: bool,
    /// Its revocation is scheduled.
    pub revocation_scheduled: bool,
    /// Is the old key of an open rotation.
    pub being_replaced: bool,
}

words! {
    kind "order";
    /// The order of a list.
    #[derive(Default)]
    pub enum Sort {
        /// Oldest first.
        #[default]
        Created = "created",
        /// By name.
        Name = "name",
        /// The one that expires next first, those that never do last.
        Expires = "expires",
        /// Never used first, then the longest unused.
        Used = "used",
    }
}

/// A list of keys: which, in which order, and how many of them.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The keys that it holds.
    pub filter: Filter,
    /// Their order.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub reverse: bool,
    /// The number of keys after which it ends.
    pub limit: Option<u64>,
}
