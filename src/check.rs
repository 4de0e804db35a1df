//! Judging keys: one question, and a stream of them.
//!
//! It knows neither the command line nor a terminal.

pub mod batch;
pub mod chunks;
pub mod judge;
pub mod lookup_cache;
pub mod pace;
pub mod pending;
pub mod query;
pub mod raw_query;
pub mod worker;
