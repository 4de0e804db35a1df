//! Who changes the store, and when.

use crate::domain::{Text, Timestamp};
use crate::error::Error;
use crate::store::{Lock, Store, WriteTx};

/// The actor of every change that is made through it, and the clock by which it is dated.
pub struct Author<'a> {
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    actor: Text,
}

impl<'a> Author<'a> {
    /// `clock` is read for each change once its lock is held.
    pub fn new(clock: &'a (dyn Fn() -> Timestamp + Sync), actor: Text) -> Self {
        Author { clock, actor }
    }

    /// The present instant, for what is said before the lock is held.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Begins a change of the store.
    ///
    /// # Errors
    /// If the store is locked for too long, was replaced, or cannot be written.
    pub fn write<'s>(&self, store: &'s mut Store, lock: Lock) -> Result<WriteTx<'s>, Error> {
        store.write(lock, self.clock, &self.actor)
    }
}
