//! The command line: global options and the list of commands, nothing else.

pub mod completion;
pub mod key_ref;
pub mod remedy;
pub mod shell;
mod unknown_command;
pub mod usage_error;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::completion::values::Completer;
use crate::commands::{
    allowlist, backup, check, completions, create, doctor, exit_status, list, log, man, prune,
    review, revoke, rotate, scopes, show, suggest, switch, update, usage,
};
use crate::context::{Streams, Variable};
use crate::domain::Text;
use crate::view::text::theme::{ColorChoice, Theme, speaks_unicode, wants_color};
use crate::view::{Format, OutputOptions};

/// Administer ZenFlow API keys in a local store
///
/// Keys are made, listed, rotated, revoked and checked here, offline, in one SQLite file. A key is
/// shown once; only its hash is kept. The hosted ZenFlow API does not read this store: keys made
/// here are honoured by whatever consults it, such as a gateway of your own or a deploy step with
/// 'zenflow-keys check'.
#[derive(Debug, Parser)]
#[command(name = "zenflow-keys", version, max_term_width = 100)]
#[command(after_long_help = "Examples:
  KEY=$(zenflow-keys create \"ERP Integration\" --preset erp-sync --expires 90d)
  zenflow-keys list
  printf %s \"$KEY\" | zenflow-keys check --request \"POST /orders\"
  zenflow-keys rotate \"ERP Integration\"")]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

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

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(
    missing_docs,
    reason = "a comment here would replace the help of the command"
)]
pub enum Command {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Rotate(rotate::Rotate),
    Revoke(revoke::Revoke),
    Disable(switch::Disable),
    Enable(switch::Enable),
    #[command(subcommand)]
    Allowlist(allowlist::Allowlist),
    Check(check::Check),
    Scopes(scopes::Scopes),
    Presets(scopes::Presets),
    Log(log::Log),
    Backup(backup::Backup),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Usage(usage::Usage),
    Review(review::Review),
    Suggest(suggest::Suggest),
    Prune(prune::Prune),
    Completions(completions::Completions),
    Man(man::Man),
    ExitStatus(exit_status::ExitStatus),
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

/// What stands below the help of the program itself.
const MORE: &str = "'zenflow-keys COMMAND --help' has examples,\n'zenflow-keys help exit-status' explains the exit statuses.";

/// The definition of the command line.
pub fn command() -> clap::Command {
    let examples_first = |command: clap::Command| {
        if command.get_name() == "exit-status" {
            command
        } else {
            command.help_template(HELP)
        }
    };
    Cli::command().mut_subcommands(examples_first)
}

/// Reads a command line.
pub fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = match check_alone(args)
        .and_then(|mut command| command.try_get_matches_from_mut(args).ok())
    {
        Some(matches) => matches,
        None => command()
            .try_get_matches_from(args)
            .or_else(|error| match error.kind() {
                // A page that lists the commands needs them whole; otherwise only the one that is
                // named is.
                ErrorKind::DisplayHelp => whole().try_get_matches_from(args),
                _ => Err(error),
            })?,
    };
    Cli::from_arg_matches_mut(&mut matches)
}

/// The definition of `check` alone, if that may be what is meant: it stands in deploy scripts and
/// request paths, and clap would give each of the other commands a place and a copy of each global
/// option. What this cannot read is read again by the definition of all, which knows what to say of
/// it.
fn check_alone(args: &[OsString]) -> Option<clap::Command> {
    let check = || check::Check::augment_args(clap::Command::new("check"));
    let alone = || Global::augment_args(clap::Command::new("zenflow-keys")).subcommand(check());
    args.iter().skip(1).any(|word| word == "check").then(alone)
}

/// The definition of the command line with all that it says of every command.
pub fn whole() -> clap::Command {
    built(command())
}

/// The same without the command `help`, which clap adds: what has a page, a schema, an example.
pub fn documented() -> clap::Command {
    built(command().disable_help_subcommand(true))
}

fn built(mut command: clap::Command) -> clap::Command {
    command.build();
    let help = format!(
        "{{about}}{{after-help}}\n\n{{usage-heading}} {{usage}}\n\n{}\n{}\n{{options}}\n\n{MORE}",
        grouped(&command),
        heading(&command, "Options:")
    );
    command.help_template(help)
}

/// The commands in the help of the program, by what they are about.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Keys:",
        &[
            "create",
            "list",
            "show",
            "update",
            "rotate",
            "revoke",
            "disable",
            "enable",
            "allowlist",
            "scopes",
            "presets",
        ],
    ),
    ("Use of keys:", &["check", "usage", "review", "suggest"]),
    ("Store:", &["log", "prune", "backup", "doctor"]),
    ("Shell:", &["completions", "man", "help"]),
];

/// The commands, each with its summary, under the headings of their groups.
fn grouped(command: &clap::Command) -> String {
    let mut text = String::new();
    for (title, names) in GROUPS {
        text += &heading(command, title);
        for one in names
            .iter()
            .filter_map(|name| command.find_subcommand(name))
        {
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            let style = command.get_styles().get_literal();
            text += &format!("\n  {style}{:<11}{style:#}  {about}", one.get_name());
        }
        text.push('\n');
    }
    text
}

fn heading(command: &clap::Command, title: &str) -> String {
    let style = command.get_styles().get_header();
    format!("{style}{title}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_belongs_to_one_group() {
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        let program = whole();
        let mut all: Vec<&str> = program
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }

    #[test]
    fn check_alone_is_read_as_among_all_commands() {
        for line in [
            "check",
            "check --scope read:orders,read:products -s admin",
            "--db k.db --json check --ip 203.0.113.7 --env live -q",
            "check --request=POST_/orders --db=k.db --color never --actor ci --format json",
            "check --record --ip-prefix 24,48",
            "check --batch",
            "--actor check check --key-env check",
        ] {
            let args: Vec<OsString> = ["zenflow-keys"]
                .into_iter()
                .chain(line.split(' '))
                .map(|word| word.replace('_', " ").into())
                .collect();
            let alone = check_alone(&args)
                .and_then(|mut command| command.try_get_matches_from_mut(&args).ok());
            let [alone, among_all] =
                [alone, command().try_get_matches_from(&args).ok()].map(|matches| {
                    format!(
                        "{:?}",
                        Cli::from_arg_matches_mut(&mut matches.expect(line)).expect(line)
                    )
                });
            assert_eq!(alone, among_all, "{line}");
        }
        for line in [
            "check --help",
            "check --nonsense",
            "list check",
            "--actor check list",
            "help check",
            "show check -V",
        ] {
            let args: Vec<OsString> = ["zenflow-keys"]
                .into_iter()
                .chain(line.split(' '))
                .map(Into::into)
                .collect();
            assert!(
                check_alone(&args)
                    .is_some_and(|mut command| command.try_get_matches_from_mut(&args).is_err()),
                "{line}"
            );
        }
    }
}
