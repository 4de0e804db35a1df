//! One change of several keys: all of them or none.

use super::Author;
use crate::domain::event::Action;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::store::{Lock, Store, View};

/// The keys after a change, or as they would be.
pub struct Outcome {
    /// The keys.
    pub keys: Vec<Key>,
    /// How many of them are not what they were.
    pub changed: usize,
    /// When.
    pub now: Timestamp,
}

/// What the change would do, without doing it.
///
/// # Errors
/// If a key forbids it.
pub fn preview(
    view: View<'_>,
    ids: &[KeyId],
    now: Timestamp,
    change: impl Fn(&Key, Timestamp) -> Result<Key, Error>,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome {
        keys: Vec::new(),
        changed: 0,
        now,
    };
    for id in ids {
        let before = view.known_key(*id)?;
        let after = change(&before, now)?;
        outcome.changed += usize::from(before != after);
        outcome.keys.push(after);
    }
    Ok(outcome)
}

/// Does the change, in one transaction.
///
/// # Errors
/// If a key forbids it, or the store cannot be written. Then no key was changed.
pub fn apply(
    store: &mut Store,
    author: &Author<'_>,
    ids: &[KeyId],
    action: Action,
    change: impl Fn(&Key, Timestamp) -> Result<Key, Error>,
) -> Result<Outcome, Error> {
    let mut write = author.write(store, Lock::Immediate)?;
    let mut outcome = Outcome {
        keys: Vec::new(),
        changed: 0,
        now: write.now(),
    };
    for id in ids {
        let before = write.view().known_key(*id)?;
        let after = change(&before, outcome.now)?;
        outcome.changed += usize::from(write.save(&before, &after, action)?);
        outcome.keys.push(after);
    }
    write.commit()?;
    Ok(outcome)
}
