//! What is left when a system call fails, when the process is killed, and when bytes of the file
//! are changed.
//!
//! `cargo test` tries a share of it; `ZENFLOW_KEYS_FAULTS=all cargo test --locked --test suite fault:: --
//! --nocapture` tries all and prints how much that was.

mod case;
mod damage;
mod extent;
mod found;
mod inject;
mod judge;
mod killing;
mod random;
mod state;
mod steps;
mod wal;
