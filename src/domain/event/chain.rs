//! The hash chain of the audit log: what makes a changed, missing or reordered event show.

use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::domain::Invalid;
use crate::domain::remedy::{Hint, Remedy};

/// A SHA-256 of the chain; as text, 64 hexadecimal digits.
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

/// The fields of an event as they are stored: what its hash is computed over, whether or not they
/// are an [`Event`](crate::domain::event::Event).
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its number.
    pub seq: i64,
    /// When it happened, in seconds since 1970.
    pub at: i64,
    /// Who did it.
    pub actor: &'a str,
    /// The word of the action.
    pub action: &'a str,
    /// The id of the key.
    pub key_id: &'a str,
    /// The name that the key had then.
    pub key_name: &'a str,
    /// What changed, as JSON, byte for byte as it is stored.
    pub details: &'a str,
}

impl Entry<'_> {
    /// The hash of this event after one whose hash is `previous`: SHA-256 over a domain tag, the
    /// length-prefixed fields, and `previous`. Lengths and numbers are 8 bytes, big-endian. The
    /// first event follows the random id of the store.
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

/// The number and the hash of an event: `17:3f0c…`. Kept elsewhere, it shows later whether the log
/// up to there is still what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The number of the event; 0 is before the first one.
    pub seq: i64,
    /// The hash of the event; at 0 the id of the store.
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
    fn a_chain_head_reads_back_and_nothing_else_does() {
        let head = ChainHead {
            seq: 17,
            hash: Hash([0xab; 32]),
        };
        assert_eq!(head.to_string().parse(), Ok(head));
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
