//! Rotation without downtime: a new key with the same settings, a scheduled revocation of the old
//! one, and a link. Nothing else.

pub mod proof;

use crate::domain::{Expiry, Key, KeyId, Revocation, Span, Timestamp, When};

pub use crate::domain::rotation::proof::{Unproven, proven};

/// How long both keys work if no overlap is given: 7 days.
pub const DEFAULT_OVERLAP: &str = "7d";
/// How long the old key must have been quiet before a rotation is finished, if no time is
/// given: 1 hour.
pub const DEFAULT_QUIET: &str = "1h";

/// Why a key cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is revoked: there is nothing to hand over.
    Revoked,
    /// It has been replaced already, by this key.
    AlreadyRotated(KeyId),
    /// It is itself the new key of a rotation whose old key, this one, still works.
    StillOpen(KeyId),
    /// It is disabled: an active successor would undo that.
    Disabled,
    /// A person scheduled its revocation for this instant: a successor would outlive that.
    RevocationScheduled(Timestamp),
}

/// Whether a key may be rotated. `predecessor` is the key that it replaced, if it replaced one.
///
/// # Errors
/// Why not.
pub fn check(old: &Key, predecessor: Option<&Key>, now: Timestamp) -> Result<(), Refusal> {
    if let Some(successor) = old.rotated_to {
        return Err(Refusal::AlreadyRotated(successor));
    }
    if old.is_revoked(now) {
        return Err(Refusal::Revoked);
    }
    match predecessor {
        Some(predecessor) if predecessor.is_being_replaced(now) => {
            return Err(Refusal::StillOpen(predecessor.id));
        }
        _ => {}
    }
    if old.disabled_at.is_some() {
        return Err(Refusal::Disabled);
    }
    // A rotation schedules the revocation of a key that has a successor, and this one has none.
    match old.scheduled_revocation(now) {
        Some(at) => Err(Refusal::RevocationScheduled(at)),
        None => Ok(()),
    }
}

/// The new key: the old one's name, environment, scopes, allowlist, owner and note, under a new id,
/// from now on.
pub fn successor(old: &Key, id: KeyId, expires_at: Option<Timestamp>, now: Timestamp) -> Key {
    Key {
        id,
        created_at: now,
        expires_at,
        disabled_at: None,
        revocation: None,
        rotated_from: Some(old.id),
        rotated_to: None,
        last_use: None,
        ..old.clone()
    }
}

/// The expiry of the new key where none is named: the lifetime that the old one had, from now on,
/// or the last instant that there is.
pub fn same_lifetime(old: &Key, now: Timestamp) -> Expiry {
    match old.expires_at {
        None => Expiry::Never,
        Some(end) => {
            // A clock that was set back can make a key end before it began. That leaves no
            // lifetime, which `Expiry::expires_at` refuses.
            let seconds = end.seconds_since(old.created_at).max(0).unsigned_abs();
            let lifetime = Span::from_seconds(seconds);
            Expiry::When(When::At(lifetime.after(now).unwrap_or(Timestamp::MAX)))
        }
    }
}

/// The old key as the rotation leaves it: replaced, and revoked at the earliest of the end of the
/// overlap, its own expiry and a revocation already scheduled, but not before now.
pub fn retired(old: &Key, successor: KeyId, overlap_ends: Timestamp, now: Timestamp) -> Key {
    let by_rotation = old
        .expires_at
        .map_or(overlap_ends, |expires_at| expires_at.min(overlap_ends))
        .max(now);
    let revocation = match &old.revocation {
        Some(scheduled) if scheduled.at <= by_rotation => scheduled.clone(),
        _ => Revocation {
            at: by_rotation,
            reason: "rotated".parse().ok(),
        },
    };
    Key {
        rotated_to: Some(successor),
        revocation: Some(revocation),
        ..old.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LastUse;
    use crate::domain::key::tests::{at, key};

    fn id(text: &str) -> KeyId {
        text.parse().unwrap()
    }

    fn scheduled(seconds: i64) -> Option<Revocation> {
        Some(Revocation {
            at: at(seconds),
            reason: "planned".parse().ok(),
        })
    }

    #[test]
    fn the_successor_keeps_every_setting_and_none_of_the_state() {
        let old = Key {
            allowlist: "10.0.0.0/8".parse().unwrap(),
            owner: "ops".parse().ok(),
            note: "n".parse().ok(),
            disabled_at: Some(at(-5)),
            revocation: scheduled(70),
            rotated_to: Some(id("b000000000")),
            last_use: Some(LastUse {
                at: at(-5),
                ip: None,
            }),
            ..key()
        };
        let new = successor(&old, id("a000000000"), Some(at(99)), at(0));
        let expected = Key {
            id: id("a000000000"),
            created_at: at(0),
            expires_at: Some(at(99)),
            disabled_at: None,
            revocation: None,
            last_use: None,
            rotated_from: Some(old.id),
            rotated_to: None,
            ..old.clone()
        };
        assert_eq!(new, expected);
    }

    #[test]
    fn the_old_key_ends_at_the_earliest_of_overlap_expiry_and_schedule() {
        let end = |old: Key, overlap: i64| {
            retired(&old, id("a000000000"), at(overlap), at(0))
                .revocation
                .unwrap()
        };
        assert_eq!(end(key(), 70).at, at(70));
        assert_eq!(end(key(), 0).at, at(0));
        assert_eq!(
            end(
                Key {
                    expires_at: Some(at(50)),
                    ..key()
                },
                70
            )
            .at,
            at(50)
        );
        assert_eq!(
            end(
                Key {
                    expires_at: Some(at(-50)),
                    ..key()
                },
                70
            )
            .at,
            at(0)
        );
        assert_eq!(
            end(
                Key {
                    revocation: scheduled(30),
                    expires_at: Some(at(50)),
                    ..key()
                },
                70
            ),
            scheduled(30).unwrap()
        );
        assert_eq!(
            end(
                Key {
                    revocation: scheduled(90),
                    ..key()
                },
                70
            )
            .at,
            at(70)
        );
    }

    #[test]
    fn a_key_is_rotated_once_and_one_rotation_at_a_time() {
        let now = at(0);
        assert_eq!(check(&key(), None, now), Ok(()));
        let other = id("a000000000");
        assert_eq!(
            check(
                &Key {
                    rotated_to: Some(other),
                    ..key()
                },
                None,
                now
            ),
            Err(Refusal::AlreadyRotated(other))
        );
        assert_eq!(
            check(
                &Key {
                    revocation: scheduled(0),
                    ..key()
                },
                None,
                now
            ),
            Err(Refusal::Revoked)
        );
        let ending = Key {
            revocation: scheduled(1),
            ..key()
        };
        assert_eq!(
            check(&ending, None, now),
            Err(Refusal::RevocationScheduled(at(1)))
        );
        let disabled = Key {
            disabled_at: Some(at(-1)),
            ..key()
        };
        assert_eq!(check(&disabled, None, now), Err(Refusal::Disabled));
        let replaced = Key {
            rotated_to: Some(other),
            disabled_at: Some(at(-1)),
            ..ending
        };
        assert_eq!(
            check(&replaced, None, now),
            Err(Refusal::AlreadyRotated(other)),
            "its revocation was scheduled by the rotation"
        );
        assert_eq!(
            check(
                &Key {
                    expires_at: Some(at(-1)),
                    ..key()
                },
                None,
                now
            ),
            Ok(())
        );
        let predecessor = |end| Key {
            rotated_to: Some(key().id),
            revocation: scheduled(end),
            id: other,
            ..key()
        };
        assert_eq!(
            check(&key(), Some(&predecessor(1)), now),
            Err(Refusal::StillOpen(other))
        );
        assert_eq!(check(&key(), Some(&predecessor(0)), now), Ok(()));
    }

    #[test]
    fn a_new_key_lives_as_long_as_the_old_one_did() {
        let old = Key {
            expires_at: Some(at(90)),
            created_at: at(-10),
            ..key()
        };
        let expires_at = |old: &Key| same_lifetime(old, at(50)).expires_at(at(50));
        assert_eq!(expires_at(&old), Ok(Some(at(150))));
        assert_eq!(expires_at(&key()), Ok(None));
        let years = 200 * 365 * 86_400;
        let long = Key {
            expires_at: Some(at(years)),
            ..old.clone()
        };
        assert_eq!(expires_at(&long), Ok(Some(at(years + 60))));
        let longest = Key {
            expires_at: Some(Timestamp::MAX),
            ..old
        };
        assert_eq!(expires_at(&longest), Ok(Some(Timestamp::MAX)));
        let ended_before_it_began = Key {
            expires_at: Some(at(-20)),
            ..longest
        };
        assert!(expires_at(&ended_before_it_began).is_err());
    }
}
