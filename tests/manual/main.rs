//! What the README and `docs/` tell people to type is typed: every fenced block is run in bash as
//! it stands.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod blocks;
mod place;
mod readme;
mod recipes;
#[path = "../common/tools.rs"]
mod tools;
