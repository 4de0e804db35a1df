//! The keys of a store, as a finder needs them.

use std::collections::HashSet;

use crate::domain::Digest;

/// The digests by which keys that have not this program's format are recognised. Empty without a
/// store.
#[derive(Debug, Default)]
pub struct KnownKeys(HashSet<Digest>);

impl KnownKeys {
    /// Whether no key is known, so that no digest need be computed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the store has a key with this digest.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.0.contains(digest)
    }
}

impl FromIterator<Digest> for KnownKeys {
    fn from_iter<I: IntoIterator<Item = Digest>>(digests: I) -> Self {
        KnownKeys(digests.into_iter().collect())
    }
}
