//! The command line: its global options, and what all commands share.

pub mod args;
pub mod completion;
pub mod key_ref;
pub mod remedy;
pub mod shell;
pub mod unknown_command;
pub mod usage_error;

use std::path::PathBuf;

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::context::{Streams, Variable};
use crate::domain::Text;
use crate::view::text::theme::{ColorChoice, Theme, speaks_unicode, wants_color};
use crate::view::{Format, OutputOptions};

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The store [env: ZENFLOW_KEYS_DB]
    ///
    /// By default it is zenflow-keys/keys.db in the user's data directory, ~/.local/share on Linux.
    #[arg(long, global = true, value_name = "FILE", add = Completer::File)]
    pub db: Option<PathBuf>,
    /// Output format: human, json; for lists also jsonl, csv
    ///
    /// Lists are the output of list, log and usage report. Every JSON document has a
    /// schema_version, and its fields stay.
    #[arg(long, global = true, hide_short_help = true, value_name = "FORMAT", add = Completer::Format)]
    pub format: Option<Format>,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// Colours: auto, always, never
    ///
    /// By default FORCE_COLOR and CLICOLOR_FORCE switch them on, NO_COLOR and TERM=dumb switch them
    /// off, and otherwise a stream is coloured if it is a terminal.
    #[arg(long, global = true, hide_short_help = true, value_name = "CHOICE", add = Completer::Color)]
    pub color: Option<ColorChoice>,
    /// Print no remarks (and, for check, no verdict: use the exit status)
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Actor to record in the audit log [env: ZENFLOW_KEYS_ACTOR]
    ///
    /// The default is the name of the user who runs the program.
    #[arg(long, global = true, hide_short_help = true, value_name = "WHO")]
    pub actor: Option<Text>,
}

/// How this run shows things.
pub fn options(global: &Global, variable: Variable<'_>, streams: Streams) -> OutputOptions {
    let choice = global.color.unwrap_or(ColorChoice::Auto);
    let unicode = speaks_unicode(variable);
    let look = |is_terminal| Theme {
        color: wants_color(choice, variable, is_terminal),
        unicode,
    };
    OutputOptions {
        format: if global.json {
            Format::Json
        } else {
            global.format.unwrap_or_default()
        },
        quiet: global.quiet,
        out: look(streams.stdout_is_terminal),
        err: look(streams.stderr_is_terminal),
        width: streams.width,
        stdout_takes_more: streams.stdout_takes_more,
        stderr_width: streams.stderr_width,
    }
}

/// What `--help` shows: what it is, examples, then everything else.
pub const HELP: &str = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";
