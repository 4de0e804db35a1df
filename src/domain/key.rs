//! The record of a key: its settings and its state at an instant. The secret is not part of it.

use crate::domain::words::words;
use crate::domain::{Allowlist, Environment, KeyId, Name, Net, Preset, ScopeSet, Text, Timestamp};

/// Everything that the store keeps of a key, except the digest by which it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its public id, which no other key ever gets.
    pub id: KeyId,
    /// Its name, which no other usable key of its environment has but its partner in a rotation.
    pub name: Name,
    /// The environment that it is for.
    pub environment: Environment,
    /// What it may do; never empty.
    pub scopes: ScopeSet,
    /// The addresses that it may be used from.
    pub allowlist: Allowlist,
    /// Person or team responsible.
    pub owner: Option<Text>,
    /// Free text.
    pub note: Option<Text>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The instant from which on it is expired; `None` if it never expires.
    pub expires_at: Option<Timestamp>,
    /// Since when it is disabled, if it is.
    pub disabled_at: Option<Timestamp>,
    /// Its revocation, past or scheduled.
    pub revocation: Option<Revocation>,
    /// The key that it replaced in a rotation.
    pub rotated_from: Option<KeyId>,
    /// The key that replaced it in a rotation.
    pub rotated_to: Option<KeyId>,
    /// Its newest recorded allowed use.
    pub last_use: Option<LastUse>,
}

/// The end of a key, for good once it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// From when on the key is revoked; in the future it is only scheduled.
    pub at: Timestamp,
    /// The reason that was given.
    pub reason: Option<Text>,
}

/// A recorded use that was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastUse {
    /// When it happened.
    pub at: Timestamp,
    /// The client's address, if it was known, or the network that was kept of it.
    pub ip: Option<Net>,
}

words! {
    kind "status";
    /// What a key is at an instant; where several apply, the last of them.
    #[derive(PartialOrd, Ord)]
    pub enum Status {
        /// It works.
        Active = "active",
        /// It was disabled and can be enabled again.
        Disabled = "disabled",
        /// It has expired; its expiry can be moved.
        Expired = "expired",
        /// It was revoked, for good.
        Revoked = "revoked",
    }
}

impl Key {
    /// Its status at this instant.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.is_revoked(now) {
            Status::Revoked
        } else if self.is_expired(now) {
            Status::Expired
        } else if self.disabled_at.is_some() {
            Status::Disabled
        } else {
            Status::Active
        }
    }

    /// Whether it is revoked: from `revoked_at` on.
    pub fn is_revoked(&self, now: Timestamp) -> bool {
        self.revocation
            .as_ref()
            .is_some_and(|revocation| revocation.at <= now)
    }

    /// Whether it is expired: from `expires_at` on.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it is active or disabled: neither revoked nor expired.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.status(now) <= Status::Disabled
    }

    /// The instant of a revocation that is still to come.
    pub fn scheduled_revocation(&self, now: Timestamp) -> Option<Timestamp> {
        self.revocation
            .as_ref()
            .map(|revocation| revocation.at)
            .filter(|at| *at > now)
    }

    /// Whether it is the old key of an open rotation: it has a successor and is not yet revoked.
    pub fn is_being_replaced(&self, now: Timestamp) -> bool {
        self.rotated_to.is_some() && !self.is_revoked(now)
    }

    /// The preset whose scopes are exactly its own.
    pub fn preset(&self) -> Option<&'static Preset> {
        Preset::exactly(self.scopes)
    }

    /// The key as it may be shown: `zenflow_live_k3m9x2q7vd_…`.
    pub fn display(&self) -> String {
        self.id.display(self.environment)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    /// A plain active key.
    pub(crate) fn key() -> Key {
        Key {
            id: "k3m9x2q7vd".parse().unwrap(),
            name: "ERP".parse().unwrap(),
            environment: Environment::Live,
            scopes: "read:orders".parse().unwrap(),
            allowlist: Allowlist::default(),
            owner: None,
            note: None,
            created_at: at(-1000),
            expires_at: None,
            disabled_at: None,
            revocation: None,
            rotated_from: None,
            rotated_to: None,
            last_use: None,
        }
    }

    fn revoked(at: Timestamp) -> Option<Revocation> {
        Some(Revocation { at, reason: None })
    }

    #[test]
    fn a_key_is_expired_and_revoked_from_the_very_second_on() {
        let now = at(0);
        for (end, over) in [(at(-1), true), (at(0), true), (at(1), false)] {
            let expiring = Key {
                expires_at: Some(end),
                ..key()
            };
            assert_eq!(expiring.status(now) == Status::Expired, over);
            let ending = Key {
                revocation: revoked(end),
                ..key()
            };
            assert_eq!(ending.status(now) == Status::Revoked, over);
            assert_eq!(ending.scheduled_revocation(now).is_some(), !over);
        }
    }

    #[test]
    fn where_several_states_apply_the_last_is_the_status() {
        let now = at(0);
        let disabled = Key {
            disabled_at: Some(at(-9)),
            ..key()
        };
        assert_eq!(disabled.status(now), Status::Disabled);
        let expired = Key {
            expires_at: Some(at(-1)),
            ..disabled
        };
        assert_eq!(expired.status(now), Status::Expired);
        let over = Key {
            revocation: revoked(at(-1)),
            ..expired
        };
        assert_eq!(over.status(now), Status::Revoked);
        assert!(!over.is_usable(now));
        assert!(key().is_usable(now));
    }
}
