//! The tests of the program, in one binary: to link each room apart took longer than to run it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod cli;
mod counting;
mod documents;
#[cfg(target_os = "linux")]
mod fault;
mod gateways;
mod history;
mod manual;
#[cfg(unix)]
mod process;
mod rooms;
#[cfg(unix)]
mod scan;
mod shells;
mod store;
mod support;
mod traffic;
mod uniform;
mod verdict;
