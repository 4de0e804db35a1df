//! The SHA-256 of a key, which is all that the store knows of it.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a whole key: what the store keeps in its place, and the only thing that finds it
/// again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a whole key.
    pub(crate) fn of_key(key: &str) -> Self {
        Digest(Sha256::digest(key.as_bytes()).into())
    }

    /// The digest with these bytes, as the store kept it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// Its first eight bytes as a number, by which digests can be put in order.
    pub fn beginning(&self) -> u64 {
        self.0
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}
