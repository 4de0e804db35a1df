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
