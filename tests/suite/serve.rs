//! `serve`: what gateways ask, what they are answered, and what happens to the store meanwhile.

mod answers;
mod asking;
pub mod bench;
mod checking;
mod counting;
mod limits;
mod listening;
pub mod program;
mod store;
mod units;
