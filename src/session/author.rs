//! Who changes the store, and when.

use std::ffi::OsStr;

use crate::context::Variable;
use crate::domain::{Invalid, Text, Timestamp};
use crate::error::Error;
use crate::store::{Lock, Store, WriteTx};

/// Who writes, and when.
pub struct Author<'a> {
    clock: &'a dyn Fn() -> Timestamp,
    actor: Text,
}

impl<'a> Author<'a> {
    /// The actor of `--actor`, of `ZENFLOW_KEYS_ACTOR`, or the user of the system.
    pub fn new(
        clock: &'a dyn Fn() -> Timestamp,
        named: Option<Text>,
        variable: Variable<'_>,
        user: &dyn Fn() -> String,
    ) -> Result<Self, Error> {
        let actor = actor(named, variable, user)?;
        Ok(Author { clock, actor })
    }

    /// The present instant, for what is said before the lock is held.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Begins a change of the store.
    pub fn write<'s>(&self, store: &'s mut Store, lock: Lock) -> Result<WriteTx<'s>, Error> {
        store.write(lock, self.clock, &self.actor)
    }
}

/// `--actor`, `ZENFLOW_KEYS_ACTOR`, or the user of the system.
fn actor(
    actor: Option<Text>,
    variable: Variable<'_>,
    user: &dyn Fn() -> String,
) -> Result<Text, Error> {
    match (actor, variable("ZENFLOW_KEYS_ACTOR")) {
        (Some(actor), _) => Ok(actor),
        (None, Some(named)) => text_of(&named).map_err(|e| {
            Error::from(e).hint("ZENFLOW_KEYS_ACTOR says who does this, in 1 to 200 characters")
        }),
        (None, None) => Ok(user().parse()?),
    }
}

fn text_of(text: &OsStr) -> Result<Text, Invalid> {
    text.to_str()
        .ok_or_else(|| Invalid::new("the name of the actor is not UTF-8"))?
        .parse()
}
