//! What a command is given of the outside world, and what it gives back.
//!
//! What a command may do is the type of its session: a [`Reading`] one has no way to change the
//! store, a [`Writing`] one has somebody in whose name it does, and only an [`Issuing`] one has the
//! randomness that a new key takes.

pub mod actor;
pub mod bulk;
pub mod delivery;
pub mod exit;
pub mod impact;
pub mod input;
pub mod interruption;
pub mod place;
pub mod service;
pub mod setup;
pub mod state_error;

pub use crate::session::exit::Exit;
pub use crate::session::setup::Setup;

use crate::context::Clock;
use crate::domain::path::shown;
use crate::domain::{Entropy, Timestamp};
use crate::session::input::Input;
use crate::store::{Author, Migration, Store};
use crate::view::Output;

/// An open store, somebody to talk to, and the time.
pub struct Session<'a, A> {
    pub store: Store,
    /// In whose name the store is changed; `()` in nobody's.
    pub author: A,
    pub input: Input<'a>,
    pub output: Output<'a>,
    clock: Clock<'a>,
}

/// A session that only looks.
pub type Reading<'a> = Session<'a, ()>;

/// A session that can change the store.
pub type Writing<'a> = Session<'a, Author<'a>>;

/// A session that can make keys.
pub type Issuing<'a> = Session<'a, Issuer<'a>>;

/// An author with the randomness for new keys.
pub struct Issuer<'a> {
    pub author: Author<'a>,
    pub entropy: &'a mut dyn Entropy,
}

impl<'a, A> Session<'a, A> {
    /// The present instant. A write has one of its own, which is read once the lock is held.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// For what tells the time to several threads, or more than once.
    pub fn clock(&self) -> Clock<'a> {
        self.clock
    }
}

/// Says what should be known of a store before anything is done with it.
pub fn remark_on(store: &Store, output: &mut Output<'_>) {
    if store.has_foreign_owner() {
        output.warn("the store belongs to another user");
    }
    if let Some(Migration { from, to, copy }) = store.migration() {
        output.warn(&format!(
            "migrated the store from schema {from} to {to}; the previous version is saved as {}",
            shown(copy)
        ));
    }
}
