//! What is left when a system call fails, when the process is killed, and when bytes of the file
//! are changed.
//!
//! `cargo test` tries a share of it; `ZENFLOW_KEYS_FAULTS=all cargo test --locked --test fault --
//! --nocapture` tries all and prints how much that was.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(
    dead_code,
    reason = "the bench of the process tests, of which this is a part"
)]
#[path = "../process/bench.rs"]
mod bench;
mod case;
mod damage;
#[path = "../process/earlier.rs"]
mod earlier;
mod extent;
mod found;
mod inject;
mod judge;
mod killing;
mod random;
mod state;
mod steps;
#[path = "../common/tools.rs"]
mod tools;
