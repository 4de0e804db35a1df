//! What ZenFlow's documentation advises against, said where a key gets such a setting.

use std::fmt::{Display, Formatter, Result};

use crate::domain::{Environment, Key, KeyId, Scope};

/// A setting of a key that wants attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// No API accepts the key yet.
    TestEnvironment,
    /// It may do everything.
    Admin,
    /// Its allowlist lets a whole family of addresses in.
    OpenAllowlist,
    /// It does not end by itself.
    NeverExpires(KeyId),
}

impl Warning {
    /// The warnings that the settings of a key deserve.
    pub fn of(key: &Key) -> impl Iterator<Item = Warning> {
        [
            (
                key.environment == Environment::Test,
                Warning::TestEnvironment,
            ),
            (key.scopes.contains(Scope::Admin), Warning::Admin),
            (key.allowlist.covers_everything(), Warning::OpenAllowlist),
            (key.expires_at.is_none(), Warning::NeverExpires(key.id)),
        ]
        .into_iter()
        .filter_map(|(applies, warning)| applies.then_some(warning))
    }

    /// Those that a change brought.
    pub fn of_change(before: &Key, after: &Key) -> impl Iterator<Item = Warning> {
        let known: Vec<_> = Warning::of(before).collect();
        Warning::of(after).filter(move |warning| !known.contains(warning))
    }
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Warning::TestEnvironment => f.write_str(
                "ZenFlow announces its test environment as \"coming soon\": no API accepts test keys yet",
            ),
            Warning::Admin => {
                f.write_str("'admin' is full access; request only the scopes that are needed")
            }
            Warning::OpenAllowlist => {
                f.write_str("the allowlist admits every IPv4 or every IPv6 address")
            }
            Warning::NeverExpires(id) => write!(
                f,
                "the key never expires; rotate it periodically, or let it expire: zenflow-keys update {id} --expires 90d"
            ),
        }
    }
}
