//! What a command is given of the outside world, and what it gives back.

pub mod bulk;
pub mod delivery;
pub mod impact;
pub mod input;
pub mod interruption;
pub mod state_error;
