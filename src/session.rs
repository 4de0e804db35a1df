//! What a command is given of the outside world, and what it gives back.

pub mod author;
pub mod bulk;
pub mod delivery;
pub mod impact;
pub mod input;
pub mod interruption;
pub mod place;
pub mod state_error;

pub use crate::session::author::Author;

use crate::domain::path::shown;
use crate::store::{Migration, Store};
use crate::view::Output;

/// What should be known of a store before anything is done with it.
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
