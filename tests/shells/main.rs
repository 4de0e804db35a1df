//! Completion in the real shells, and dialogues: keys are typed at a terminal and the screen is read.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod bash;
mod bench;
mod dialogue;
mod others;
mod package;
mod terminal;
#[path = "../common/tools.rs"]
mod tools;
