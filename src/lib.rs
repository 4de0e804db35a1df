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
    pub use crate::cli::completion::shell::Shell;
    pub use crate::cli::help::Examples;
    pub use crate::cli::remedy::written;
    pub use crate::commands::man::{Page, pages};
    pub use crate::commands::program::{command, documented, whole};
    pub use crate::commands::{Cli, Command};
    pub use crate::leak::content::search_bytes;
    pub use crate::leak::exclude::Exclude;
    pub use crate::leak::git::Git;
    pub use crate::leak::{Finder, Found, KnownKeys, Occurrence, Progress, Survey, history};
    pub use crate::review::{Case, RULES, ReviewLimits, Rule, Traffic};
    pub use crate::serve::ask::AuthConfig;
    pub use crate::serve::listener::{ListenAddress, ListenSocket};
    pub use crate::serve::reports::{Notice, Trouble};
    pub use crate::serve::{Config, ListenSockets, Stop, serve};
    pub use crate::usage::access_log::LogFormat;
    pub use crate::view::csv::write_row;
    pub use crate::view::json;
    pub use crate::view::serve::ServeEvent;
    pub use crate::view::text::escape::{is_hidden, visible};
    pub use crate::view::text::time::exact_and_relative;
}

use std::ffi::OsString;

use clap::builder::StyledStr;

use crate::cli::completion::answer::{Protocol, answer};
use crate::cli::remedy;
use crate::cli::usage_error::{self, NoCommand};
use crate::commands::program;
use crate::context::Context;
use crate::error::Code;
use crate::session::input::{Input, interrupted};
use crate::session::place::place;
use crate::session::{Exit, Setup};
use crate::view::error::failure;
use crate::view::text::theme::Theme;
use crate::view::version::Versions;
use crate::view::{Output, OutputProgress};

/// Runs the program: reads the command line, does what it says, and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>, context: Context<'_>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(protocol) = Protocol::requested(&args, &context) {
        answer(protocol, program::whole, context);
        return Exit::Done.status();
    }
    let words: Vec<_> = args
        .iter()
        .skip(1)
        .map(|arg| arg.to_string_lossy())
        .collect();
    let parsed = usage_error::secret(&words, context.variable).map_or_else(
        || program::parse(&args, &words),
        |error| Err(NoCommand::Error(error)),
    );
    let options = match &parsed {
        Ok(cli) => cli::options(&cli.global, context.variable, context.streams),
        Err(_) => usage_error::options(&words, context.variable, context.streams),
    };
    let mut progress = OutputProgress::default();
    let mut output = Output::new(context.stdout, context.stderr, options, &mut progress);
    let done = match parsed {
        Ok(cli) => {
            context
                .prompt
                .on_interruption(failure(&interrupted(), None, options));
            let input = Input {
                stdin: context.stdin,
                streams: context.streams,
                prompt: context.prompt,
            };
            let db = cli.global.db.clone();
            let setup = Setup {
                db: cli.global.db,
                actor: cli.global.actor,
                clock: context.clock,
                variable: context.variable,
                user: context.user,
                entropy: context.entropy,
                input,
                output: output.reborrow(),
            };
            cli.command
                .run(setup)
                .map_err(|error| match place(db, context.variable) {
                    Ok(place) => error.in_store(&place.path),
                    Err(_) => error,
                })
        }
        Err(NoCommand::Help(help)) => output
            .text(&painted(&help, options.out))
            .map(|()| Exit::Done),
        Err(NoCommand::Nothing(help)) => {
            output.usage(&painted(&help, options.err));
            return Code::Usage.exit();
        }
        Err(NoCommand::Version) => output.show(&version()).map(|()| Exit::Done),
        Err(NoCommand::Error(error)) => Err(error),
    };
    match done.and_then(|exit| output.flush().map(|()| exit)) {
        Ok(exit) => exit.status(),
        Err(error) => {
            if error.code != Code::DeliveryFailed {
                // What was found before it failed. Not a key that was not made, which would still
                // be there.
                let _ = output.flush();
            }
            let hint = error.hint.as_ref().map(remedy::written);
            output.failure(&error, hint.as_ref());
            error.code.exit()
        }
    }
}

fn painted(help: &StyledStr, theme: Theme) -> String {
    if theme.color {
        help.ansi().to_string()
    } else {
        help.to_string()
    }
}

/// Of the program, of the SQLite in it, and of the stores that it writes.
fn version() -> Versions {
    Versions {
        version: env!("CARGO_PKG_VERSION"),
        sqlite: store::sqlite_version(),
        store_schema: store::SCHEMA_VERSION,
    }
}
