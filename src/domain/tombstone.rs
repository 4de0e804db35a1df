//! What is left of a key that was removed, and which keys may be.

use crate::domain::{Environment, Key, KeyId, Name, Timestamp};

/// A key that was removed: enough to know what an old log speaks of, and nothing that could find or
/// check the key again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its public id, which no other key ever gets.
    pub id: KeyId,
    /// The name that it had.
    pub name: Name,
    /// The environment that it was for.
    pub environment: Environment,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expired, if it did.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Its newest recorded allowed use.
    pub last_used_at: Option<Timestamp>,
    /// The key that replaced it in a rotation.
    pub rotated_to: Option<KeyId>,
    /// When it was pruned.
    pub pruned_at: Timestamp,
}

impl Tombstone {
    /// What is left of a key that is removed now.
    pub fn of(key: &Key, now: Timestamp) -> Self {
        Tombstone {
            id: key.id,
            name: key.name.clone(),
            environment: key.environment,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revocation.as_ref().map(|revocation| revocation.at),
            last_used_at: key.last_use.map(|last| last.at),
            rotated_to: key.rotated_to,
            pruned_at: now,
        }
    }

    /// When the key ended: revoked or expired, whichever came first.
    pub fn ended_at(&self) -> Option<Timestamp> {
        [self.expires_at, self.revoked_at]
            .into_iter()
            .flatten()
            .min()
    }
}

/// Why a key that was revoked or expired for long enough is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Somebody presented it since: that is for a review to find.
    StillPresented(Timestamp),
    /// The key that it replaced is kept.
    Successor(KeyId),
}

impl Kept {
    /// The words for it, in the order of judgement.
    pub const WORDS: [&str; 2] = ["still_presented", "predecessor_kept"];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kept::StillPresented(_) => Kept::WORDS[0],
            Kept::Successor(_) => Kept::WORDS[1],
        }
    }
}

/// Whether the key was revoked or expired at `by` already.
pub fn was_over(key: &Key, by: Timestamp) -> bool {
    let revoked = key.revocation.as_ref().map(|revocation| revocation.at);
    [key.expires_at, revoked]
        .into_iter()
        .flatten()
        .any(|end| end <= by)
}

/// Whether a key that had ended at `by` may be pruned. `presented_at` is when it was last presented by
/// somebody who may have its secret, however that was answered; `predecessor` is the key that it
/// replaced, if that one stays.
///
/// # Errors
/// Why it is kept.
pub fn may_go(
    presented_at: Option<Timestamp>,
    predecessor: Option<KeyId>,
    by: Timestamp,
) -> Result<(), Kept> {
    match (presented_at.filter(|at| *at > by), predecessor) {
        (Some(at), _) => Err(Kept::StillPresented(at)),
        (None, Some(id)) => Err(Kept::Successor(id)),
        (None, None) => Ok(()),
    }
}
