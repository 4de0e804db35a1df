//! The removal itself: transaction by transaction, each of a bounded size and whole in itself. What
//! was removed stays removed, whatever becomes of the rest, and the same command goes on with it.

use std::collections::BTreeSet;

use crate::commands::prune::may_go;
use crate::domain::{Key, KeyId, Timestamp, tombstone};
use crate::error::Error;
use crate::session::Writing;
use crate::store::{Lock, OldUsageCursor, WriteTx};
use crate::view::prune::Pruned;

/// The most rows of usage that one transaction removes. An emergency waits no longer than that takes.
const ROWS: u64 = 1_000;
/// How many rows of usage a key itself costs as much as: its tombstone, its event, and all that is
/// looked up to be sure.
const ROWS_OF_A_KEY: u64 = 10;

/// What is being removed, and what has gone so far.
pub(super) struct Removal<'a, 's> {
    pub session: &'a mut Writing<'s>,
    pub done: &'a mut Pruned,
}

impl Removal<'_, '_> {
    /// Removes these keys, the oldest first. One that changed since it was looked at, and may not go
    /// any more, stays.
    pub(super) fn keys(&mut self, ids: &[KeyId], by: Timestamp) -> Result<(), Error> {
        let mut left = ids;
        while !left.is_empty() {
            let mut write = self
                .session
                .author
                .write(&mut self.session.store, Lock::Immediate)?;
            let (mut stones, mut kept, mut room) = (Vec::new(), Vec::new(), ROWS);
            while let [id, rest @ ..] = left
                && room > 0
            {
                let Some(key) = still_over(&write, *id, by)? else {
                    left = rest;
                    continue;
                };
                match may_go(write.view(), &key, by, write.now(), &BTreeSet::new())? {
                    Err(why) => kept.push((key, why)),
                    Ok(()) => {
                        let pruning = write.prune(&key, room)?;
                        room = room.saturating_sub(pruning.rows + ROWS_OF_A_KEY);
                        let Some(stone) = pruning.tombstone else {
                            break;
                        };
                        stones.push(stone);
                    }
                }
                left = rest;
            }
            write.commit()?;
            self.session.store.let_others_in();
            self.done.keys.extend(stones);
            self.done.kept.extend(kept);
        }
        Ok(())
    }

    /// Removes use that is older than `by`.
    pub(super) fn usage(&mut self, by: Timestamp) -> Result<(), Error> {
        // An import may meanwhile add old use to keys that were passed.
        while self.usage_once(by)? > 0 {}
        while self.imports_once(by)? == ROWS {}
        Ok(())
    }

    /// Removes the notes of how far logs were counted, if all that was counted is that old.
    fn imports_once(&mut self, by: Timestamp) -> Result<u64, Error> {
        let mut write = self
            .session
            .author
            .write(&mut self.session.store, Lock::Immediate)?;
        let removed = write.forget_imports(by, ROWS)?;
        write.commit()?;
        self.session.store.let_others_in();
        Ok(removed)
    }

    /// The same, key after key; returns how many rows went.
    fn usage_once(&mut self, by: Timestamp) -> Result<u64, Error> {
        let (mut cursor, mut removed) = (OldUsageCursor::new(by), 0);
        while let Some(page) = self
            .session
            .store
            .read(|view| view.next_with_old_usage(&mut cursor))?
        {
            let mut left = &page[..];
            while !left.is_empty() {
                let mut write = self
                    .session
                    .author
                    .write(&mut self.session.store, Lock::Immediate)?;
                let mut room = ROWS;
                while let [id, rest @ ..] = left
                    && room > 0
                {
                    room -= write.forget_usage(*id, by, room)?;
                    if room > 0 {
                        left = rest;
                    }
                }
                write.commit()?;
                self.session.store.let_others_in();
                removed += ROWS - room;
                self.done.usage_rows += ROWS - room;
            }
        }
        Ok(removed)
    }
}

fn still_over(write: &WriteTx<'_>, id: KeyId, by: Timestamp) -> Result<Option<Key>, Error> {
    let key = write.view().key(id)?;
    Ok(key.filter(|key| !key.is_usable(write.now()) && tombstone::was_over(key, by)))
}
