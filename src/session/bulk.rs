//! One change of several keys: all of them or none.

use crate::domain::event::Action;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::session::Writing;
use crate::session::state_error::called;
use crate::store::{Lock, ReadTx};
use crate::view::Output;
use crate::view::changed::ChangedKeys;

/// A key before and after the change.
pub struct Change {
    /// Before.
    pub before: Key,
    /// After, or as it would be.
    pub after: Key,
}

impl Change {
    /// Whether the key is not what it was.
    pub fn is_one(&self) -> bool {
        self.before != self.after
    }
}

/// The keys and what became of them, or would.
pub struct BulkOutcome {
    /// The keys.
    pub changes: Vec<Change>,
    /// When.
    pub now: Timestamp,
}

impl BulkOutcome {
    /// The keys after the change.
    pub fn keys(&self) -> Vec<Key> {
        self.changes
            .iter()
            .map(|change| change.after.clone())
            .collect()
    }

    /// The keys and how many of them changed, as they are shown.
    pub fn view(&self, dry_run: bool) -> ChangedKeys {
        ChangedKeys {
            keys: self.keys(),
            changed: self.changed(),
            dry_run,
            now: self.now,
        }
    }

    /// Says of each key what became of it, or that it is already so and did not change.
    pub fn tell(&self, output: &mut Output<'_>, already: &str, became: impl Fn(&Change) -> String) {
        for change in &self.changes {
            let key = called(&change.after);
            output.remark(&match change.is_one() {
                true => format!("{key} {}", became(change)),
                false => format!("{key} is already {already}; no change"),
            });
        }
    }

    /// How many of them are not what they were.
    pub fn changed(&self) -> usize {
        self.changes.iter().filter(|change| change.is_one()).count()
    }
}

/// What the change would do, without doing it.
pub fn preview(
    view: ReadTx<'_>,
    ids: &[KeyId],
    now: Timestamp,
    change: impl Fn(&Key, Timestamp) -> Result<Key, Error>,
) -> Result<BulkOutcome, Error> {
    let mut changes = Vec::new();
    for id in ids {
        let before = view.known_key(*id)?;
        let after = change(&before, now)?;
        changes.push(Change { before, after });
    }
    Ok(BulkOutcome { changes, now })
}

/// Does the change, in one transaction.
pub fn apply(
    session: &mut Writing<'_>,
    ids: &[KeyId],
    action: Action,
    change: impl Fn(&Key, Timestamp) -> Result<Key, Error>,
) -> Result<BulkOutcome, Error> {
    let mut write = session.author.write(&mut session.store, Lock::Immediate)?;
    let outcome = preview(write.view(), ids, write.now(), change)?;
    for change in &outcome.changes {
        write.save(&change.before, &change.after, action)?;
    }
    write.commit()?;
    if outcome.changed() > 0 {
        session.output.done();
    }
    Ok(outcome)
}
