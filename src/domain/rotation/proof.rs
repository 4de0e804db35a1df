//! When a rotation may be finished: proof that the new key has taken over from the old one.

use crate::domain::{Invalid, Key, Span, Status, Timestamp, When};

/// Why a rotation cannot be finished yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// The new key does not work: without the old one nothing would.
    NewNotActive(Status),
    /// The new key has no recorded allowed use.
    NewNeverUsed,
    /// The old key had an allowed use at this instant, which is too recent.
    OldStillUsed(Timestamp),
}

/// Whether the hand-over is proven: the new key works and has been used, and the old one has not
/// been used for `quiet_for`.
///
/// # Errors
/// What is missing, or a span that reaches back before 1970.
pub fn proven(
    old: &Key,
    new: &Key,
    quiet_for: Span,
    now: Timestamp,
) -> Result<Result<(), Unproven>, Invalid> {
    let quiet_since = When::Span(quiet_for).since(now)?;
    let status = new.status(now);
    if status != Status::Active {
        return Ok(Err(Unproven::NewNotActive(status)));
    }
    Ok(match (old.last_use, new.last_use) {
        (_, None) => Err(Unproven::NewNeverUsed),
        (Some(last), _) if last.at > quiet_since => Err(Unproven::OldStillUsed(last.at)),
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};
    use crate::domain::{LastUse, Revocation};

    #[test]
    fn a_rotation_is_proven_by_use_of_the_new_key_and_silence_of_the_old() {
        let used = |seconds| Key {
            last_use: Some(LastUse {
                at: at(seconds),
                ip: None,
            }),
            ..key()
        };
        let quiet = Span::from_seconds(60);
        let proven = |old: &Key, new: &Key| proven(old, new, quiet, at(0)).unwrap();
        assert_eq!(proven(&key(), &key()), Err(Unproven::NewNeverUsed));
        assert_eq!(proven(&key(), &used(-1)), Ok(()));
        assert_eq!(proven(&used(-60), &used(-1)), Ok(()));
        assert_eq!(
            proven(&used(-59), &used(-1)),
            Err(Unproven::OldStillUsed(at(-59)))
        );
        assert_eq!(proven(&used(-59), &key()), Err(Unproven::NewNeverUsed));
        let revoked = Key {
            revocation: Some(Revocation {
                at: at(-1),
                reason: None,
            }),
            ..used(-1)
        };
        assert_eq!(
            proven(&key(), &revoked),
            Err(Unproven::NewNotActive(Status::Revoked))
        );
    }
}
