//! zenflow-keys administers ZenFlow API keys in a local SQLite store.
//!
//! This library is the program; `main.rs` only connects it to the outside world. A room knows only
//! those below it:
//!
//! `main → run → commands → {session, cli, check, usage, review, leak, serve} → {store, view} → domain`
//!
//! - [`domain`]: what keys, scopes, allowlists and verdicts are. Pure.
//! - [`store`]: the SQLite file. `view`: what people and scripts see. Neither knows the other.
//! - `check`, `usage`, `review`, `leak`, `serve`: the engines. They know no command line and print nothing.
//! - `session`: what a command is given. `cli`: the command line. `commands`: one file a command.
//! - [`context`]: the outside world. [`error`]: what can go wrong.

#![forbid(unsafe_code)]

mod check;
mod cli;
mod commands;
pub mod context;
pub mod domain;
pub mod error;
mod leak;
pub mod prompt;
mod review;
mod serve;
mod session;
pub mod store;
mod usage;
mod view;

/// What only the tests, the fuzzer and the benchmarks of this repository use.
#[doc(hidden)]
pub mod internals {
    pub use crate::check::query::Query;
    pub use crate::cli::{Cli, command, documented, whole};
    pub use crate::commands::completions::Shell;
    pub use crate::commands::man::{Page, pages};
    pub use crate::review::{RULES, Rule};
    pub use crate::serve::ask::{Reading, Route};
    pub use crate::serve::door::{Door, ListenAddress};
    pub use crate::serve::reports::{Event, Trouble};
    pub use crate::serve::{Config, Doors, Stop, serve};
    pub use crate::usage::access_log::LogFormat;
    pub use crate::view::csv::write_row;
    pub use crate::view::json;
    pub use crate::view::text::escape::{is_hidden, visible};
    pub use crate::view::text::time::exact_and_relative;
}

use std::ffi::OsString;

use crate::commands::completions;
use crate::context::Context;

/// Runs the program: reads the command line, does what it says, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>, context: Context<'_>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    match completions::Form::asked(&args, &context) {
        Some(form) => completions::answer(form, context),
        None => return commands::run(&args, context),
    }
    0
}
