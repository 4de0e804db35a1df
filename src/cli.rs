//! The command line: its global options, and what all commands share.

pub mod args;
pub mod completion;
pub mod help;
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
    /// Store file [env: ZENFLOW_KEYS_DB]
    ///
    /// The default is zenflow-keys/keys.db in your data directory (~/.local/share on Linux).
    #[arg(long, global = true, value_name = "FILE", add = Completer::File)]
    pub db: Option<PathBuf>,
    /// Output format: human, json; for lists also jsonl, csv; for scan also sarif
    ///
    /// Lists are the output of list, log, usage report and scan. Every JSON document has a
    /// schema_version, and its fields are stable.
    #[arg(long, global = true, hide_short_help = true, value_name = "FORMAT", add = Completer::Format)]
    pub format: Option<Format>,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// Colours: auto, always, never
    ///
    /// By default, FORCE_COLOR and CLICOLOR_FORCE turn colours on, NO_COLOR and TERM=dumb turn them
    /// off, and otherwise a stream has colours if it is a terminal.
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
    let theme = |is_terminal, width| Theme {
        color: wants_color(choice, variable, is_terminal),
        unicode,
        width,
    };
    OutputOptions {
        format: if global.json {
            Format::Json
        } else {
            global.format.unwrap_or_default()
        },
        quiet: global.quiet,
        out: theme(streams.stdout_is_terminal, streams.width),
        err: theme(streams.stderr_is_terminal, streams.stderr_width),
        stdout_takes_more: streams.stdout_takes_more,
    }
}
