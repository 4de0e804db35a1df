//! zenflow-keys administers ZenFlow API keys in a local SQLite store.
//!
//! This library is the program; `main.rs` only connects it to the outside world. It has layers, and
//! each knows only those below it:
//!
//! `main → run → commands → {store, output, logs} → domain`
//!
//! - [`domain`]: what keys, scopes, allowlists and verdicts are. Pure.
//! - [`store`]: the SQLite file. [`output`]: what people and scripts see. [`logs`]: what gateways
//!   write. None knows another.
//! - [`commands`]: one file a command; the only place, with [`cli`], that knows clap.
//! - [`context`]: what the outside gives; [`interruption`]: whether it wants the program to stop.
//!   [`error`]: what can go wrong.

#![forbid(unsafe_code)]

pub mod cli;
pub mod commands;
pub mod context;
pub mod domain;
pub mod error;
pub mod interruption;
pub mod logs;
pub mod output;
pub mod prompt;
pub mod store;

use std::ffi::OsString;

use commands::completions;
use context::Context;

/// Runs the program: reads the command line, does what it says, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>, context: Context<'_>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    match completions::Form::asked(&args, &context) {
        Some(form) => completions::answer(form, context),
        None => return commands::run(&args, context),
    }
    0
}
