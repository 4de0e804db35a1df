//! The audit log: what was done to a key, by whom, and what it changed.

pub mod chain;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::words::words;
use crate::domain::{Key, KeyId, Name, Text, Timestamp};

pub use crate::domain::event::chain::{ChainHead, Entry, Hash};

words! {
    kind "action";
    /// What was done to a key. The words are part of the contract with scripts and of every hash.
    pub enum Action {
        /// It was created.
        Create = "create",
        /// It was created to replace another key.
        Rotate = "rotate",
        /// A setting other than the allowlist was changed.
        Update = "update",
        /// Its allowlist was changed.
        Allowlist = "allowlist",
        /// It was disabled.
        Disable = "disable",
        /// It was enabled again.
        Enable = "enable",
        /// It was revoked.
        Revoke = "revoke",
        /// Its revocation was set for a later time.
        ScheduleRevocation = "schedule_revocation",
        /// A scheduled revocation was taken back.
        CancelRevocation = "cancel_revocation",
        /// It was removed, long after it was revoked or had expired.
        Prune = "prune",
        /// It was there when the store was migrated to the schema that hashes the rows of keys.
        Migrate = "migrate",
        /// A finding about it was accepted for a while.
        Accept = "accept",
        /// An accepted finding about it is shown again.
        Reopen = "reopen",
    }
}

impl Action {
    /// What it means, in one line without a full stop.
    pub const fn meaning(self) -> &'static str {
        match self {
            Action::Create => "the key was created",
            Action::Rotate => "the key was created to replace another",
            Action::Update => "name, owner, note, expiry or scopes were changed",
            Action::Allowlist => "the allowlist was changed",
            Action::Disable => "the key was switched off",
            Action::Enable => "the key was switched on again",
            Action::Revoke => "the key was revoked",
            Action::ScheduleRevocation => "the revocation was set for a later time",
            Action::CancelRevocation => "a scheduled revocation was taken back",
            Action::Prune => "the key was removed, long after its end",
            Action::Migrate => {
                "an older store was brought up to date, and the hash of the key's row was recorded"
            }
            Action::Accept => "a finding of the review about the key was accepted for a while",
            Action::Reopen => "an accepted finding is shown again before its acceptance ends",
        }
    }
}

/// A value in the details of an event, in the form in which JSON has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// There is none: `null`.
    Absent,
    /// A string.
    Text(String),
    /// An array of strings; an empty one is [`Value::Absent`].
    List(Vec<String>),
}

/// A field of a key that an event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field, by its JSON name.
    pub field: Cow<'static, str>,
    /// Its value before the event.
    pub before: Value,
    /// Its value after the event.
    pub after: Value,
}

/// What differs between two states of a key; `None` is the state before it was created.
pub fn changes(before: Option<&Key>, after: &Key) -> Vec<FieldChange> {
    let after = fields(after);
    let before = match before {
        Some(key) => fields(key).map(|(_, value)| value),
        None => std::array::from_fn(|_| Value::Absent),
    };
    std::iter::zip(before, after)
        .filter(|(before, (_, after))| before != after)
        .map(|(before, (field, after))| FieldChange {
            field: field.into(),
            before,
            after,
        })
        .collect()
}

/// Everything of a key that an event can change. Recorded use is no event.
fn fields(key: &Key) -> [(&'static str, Value); 12] {
    let text = |text: String| Value::Text(text);
    let maybe = |text: Option<String>| text.map_or(Value::Absent, Value::Text);
    let list = |list: Vec<String>| {
        if list.is_empty() {
            Value::Absent
        } else {
            Value::List(list)
        }
    };
    [
        ("name", text(key.name.to_string())),
        ("environment", text(key.environment.to_string())),
        (
            "scopes",
            list(key.scopes.iter().map(|scope| scope.to_string()).collect()),
        ),
        (
            "allowed_ips",
            list(
                key.allowlist
                    .entries()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            ),
        ),
        ("owner", maybe(key.owner.as_ref().map(ToString::to_string))),
        ("note", maybe(key.note.as_ref().map(ToString::to_string))),
        ("expires_at", maybe(key.expires_at.map(|at| at.to_string()))),
        (
            "disabled_at",
            maybe(key.disabled_at.map(|at| at.to_string())),
        ),
        (
            "revoked_at",
            maybe(
                key.revocation
                    .as_ref()
                    .map(|revocation| revocation.at.to_string()),
            ),
        ),
        (
            "revocation_reason",
            maybe(
                key.revocation
                    .as_ref()
                    .and_then(|revocation| revocation.reason.as_ref())
                    .map(ToString::to_string),
            ),
        ),
        (
            "rotated_from",
            maybe(key.rotated_from.map(|id| id.to_string())),
        ),
        ("rotated_to", maybe(key.rotated_to.map(|id| id.to_string()))),
    ]
}

/// An event of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 1 on without gaps.
    pub seq: i64,
    /// When it happened, by the clock of the machine that wrote it.
    pub at: Timestamp,
    /// Who did it, as they said themselves: nothing proves it.
    pub actor: Text,
    /// What was done.
    pub action: Action,
    /// The key that it was done to.
    pub key_id: KeyId,
    /// The name that the key had then.
    pub key_name: Name,
    /// What it changed, in the order of the fields.
    pub changes: Vec<FieldChange>,
    /// The hash over this event and the hash of the event before it.
    pub hash: Hash,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};

    #[test]
    fn only_what_differs_is_a_change() {
        assert_eq!(changes(Some(&key()), &key()), []);
        let renamed = Key {
            name: "New".parse().unwrap(),
            expires_at: Some(at(0)),
            ..key()
        };
        let changes = changes(Some(&key()), &renamed);
        assert_eq!(
            changes.iter().map(|c| &*c.field).collect::<Vec<_>>(),
            ["name", "expires_at"]
        );
        assert_eq!(
            (&changes[1].before, &changes[1].after),
            (&Value::Absent, &Value::Text(at(0).to_string()))
        );
    }
}
