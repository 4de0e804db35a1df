//! The audit trail: what was done to a key, by whom, and what it changed.

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::words::words;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::domain::{Invalid, Key, KeyId, Name, Text, Timestamp};

words! {
    kind "action";
    /// What was done to a key.
    pub enum Action {
        /// It was made.
        Create = "create",
        /// It was made to replace another.
        Rotate = "rotate",
        /// A setting was changed.
        Update = "update",
        /// Its allowlist was changed.
        Allowlist = "allowlist",
        /// It was switched off.
        Disable = "disable",
        /// It was switched on again.
        Enable = "enable",
        /// It was revoked.
        Revoke = "revoke",
        /// Its revocation was set for a later time.
        ScheduleRevocation = "schedule_revocation",
        /// A scheduled revocation was taken back.
        CancelRevocation = "cancel_revocation",
        /// It was removed, long after its end.
        Prune = "prune",
        /// It was there when the store was brought up to date.
        Migrate = "migrate",
    }
}

impl Action {
    /// What it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Action::Create => "the key was made",
            Action::Rotate => "the key was made to replace another",
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
        }
    }
}

/// A value in the details of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// There is none.
    Absent,
    /// One text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// One field of a key that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field, by its JSON name.
    pub field: &'static str,
    /// What it was.
    pub before: Value,
    /// What it is now.
    pub after: Value,
}

/// What differs between two states of a key; `None` is the state before it was made.
pub fn changes(before: Option<&Key>, after: &Key) -> Vec<Change> {
    let after = fields(after);
    let before = match before {
        Some(key) => fields(key).map(|(_, value)| value),
        None => std::array::from_fn(|_| Value::Absent),
    };
    std::iter::zip(before, after)
        .filter(|(before, (_, after))| before != after)
        .map(|(before, (field, after))| Change {
            field,
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

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the trail, from 1 on without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Text,
    /// What.
    pub action: Action,
    /// To which key.
    pub key_id: KeyId,
    /// What the key was called then.
    pub key_name: Name,
    /// What changed: a JSON object from field to `{"before":…,"after":…}`, exactly as stored.
    pub details: String,
    /// What chains it to the entry before.
    pub hash: Hash,
}

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Hash {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fault = || Invalid::new("a hash has 64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(fault());
        }
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| fault())?;
        }
        Ok(Hash(hash))
    }
}

/// The fields of an entry as they are stored: what its hash is computed over.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its place.
    pub seq: i64,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Who.
    pub actor: &'a str,
    /// What.
    pub action: &'a str,
    /// To which key.
    pub key_id: &'a str,
    /// What the key was called.
    pub key_name: &'a str,
    /// What changed.
    pub details: &'a str,
}

impl Entry<'_> {
    /// The hash of this entry after one whose hash is `previous`: SHA-256 over a domain tag, the
    /// length-prefixed fields, and `previous`. Lengths and numbers are 8 bytes, big-endian. The
    /// first entry follows the random id of the store.
    pub fn hash(&self, previous: Hash) -> Hash {
        let fields = [
            self.actor,
            self.action,
            self.key_id,
            self.key_name,
            self.details,
        ];
        // In one piece: SHA-256 is fast, and a dozen small updates would take as long again.
        let mut bytes =
            Vec::with_capacity(128 + fields.iter().map(|field| field.len()).sum::<usize>());
        bytes.extend(b"zenflow-keys event 1\0");
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.at.to_be_bytes());
        for field in fields {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field.as_bytes());
        }
        bytes.extend(previous.0);
        Hash(Sha256::digest(&bytes).into())
    }
}

/// A place in the trail and its hash, to be kept elsewhere: `17:3f0c…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The place; 0 is before the first entry.
    pub seq: i64,
    /// Its hash; at 0 the id of the store.
    pub hash: Hash,
}

impl std::fmt::Display for ChainHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for ChainHead {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fault = || {
            Invalid::new("that is not SEQ:HASH")
                .hint(Hint::from("'").then(Remedy::VerifyLog).then("' prints it"))
        };
        let (seq, hash) = text.split_once(':').ok_or_else(fault)?;
        let digits = !seq.is_empty() && seq.bytes().all(|c| c.is_ascii_digit());
        let seq = seq.parse().ok().filter(|_| digits).ok_or_else(fault)?;
        Ok(ChainHead {
            seq,
            hash: hash.parse().map_err(|_| fault())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};

    const ENTRY: Entry<'static> = Entry {
        seq: 1,
        at: 2,
        actor: "ab",
        action: "create",
        key_id: "k",
        key_name: "n",
        details: "{}",
    };

    #[test]
    fn a_hash_depends_on_every_field_and_on_what_came_before() {
        let base = ENTRY.hash(Hash([0; 32]));
        let others = [
            Entry { seq: 2, ..ENTRY },
            Entry { at: 3, ..ENTRY },
            Entry {
                actor: "a",
                action: "bcreate",
                ..ENTRY
            },
            Entry {
                action: "revoke",
                ..ENTRY
            },
            Entry {
                key_id: "kn",
                key_name: "",
                ..ENTRY
            },
            Entry {
                details: "{ }",
                ..ENTRY
            },
        ];
        for other in others {
            assert_ne!(other.hash(Hash([0; 32])), base, "{other:?}");
        }
        assert_ne!(ENTRY.hash(Hash([1; 32])), base);
    }

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
            changes.iter().map(|c| c.field).collect::<Vec<_>>(),
            ["name", "expires_at"]
        );
        assert_eq!(
            (&changes[1].before, &changes[1].after),
            (&Value::Absent, &Value::Text(at(0).to_string()))
        );
    }

    #[test]
    fn a_mark_reads_back_and_nothing_else_does() {
        let mark = ChainHead {
            seq: 17,
            hash: Hash([0xab; 32]),
        };
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in [
            "",
            "17",
            ":",
            "17:",
            "+17:ab",
            &format!("-1:{}", "a".repeat(64)),
            &format!("1:{}", "g".repeat(64)),
            &format!("1:{}", "é".repeat(32)),
        ] {
            assert!(text.parse::<ChainHead>().is_err(), "{text}");
        }
    }
}
