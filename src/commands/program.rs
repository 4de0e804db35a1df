//! The definition of the whole command line, and reading one.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches};

use crate::cli::usage_error::{self, NoCommand};
use crate::cli::{Global, help};
use crate::commands::{Cli, check};

/// What stands below the help of the program itself.
const MORE: &str = "'zenflow-keys COMMAND --help' has examples, 'help exit-status' the statuses.";

/// The definition of the command line.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads a command line; `words` are its arguments as text.
pub fn parse(args: &[OsString], words: &[Cow<'_, str>]) -> Result<Cli, NoCommand> {
    if words.is_empty() {
        return Err(NoCommand::Nothing(whole().render_help()));
    }
    read(args).map_err(|error| usage_error::explain(error, words, command()))
}

fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
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
    let command = help::complete(command);
    let template = format!(
        "{{about}}{{after-help}}\n\n{{usage-heading}} {{usage}}\n\n{}\n{}\n{{options}}\n{MORE}",
        grouped(&command),
        heading(&command, "Options:")
    );
    command.help_template(template)
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
    (
        "Use of keys:",
        &["check", "serve", "usage", "review", "suggest", "scan"],
    ),
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
    use crate::cli::completion::values::Completer;
    use crate::cli::unknown_command::SYNONYMS;

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

    /// The names of values that nothing can complete.
    const FREE: [&str; 17] = [
        "NAME", "TEXT", "WHO", "GLOB", "NET", "ADDRESS", "ADDR", "CIDR", "BASE", "HEADER",
        "LIMITS", "N", "VAR", "SEQ:HASH", "LENGTHS", "FIELD", "REV",
    ];

    #[test]
    fn every_value_that_can_be_completed_is() {
        fn check(command: &clap::Command) {
            for arg in command
                .get_arguments()
                .filter(|arg| arg.get_action().takes_values())
            {
                let name = arg
                    .get_value_names()
                    .and_then(|names| names.first())
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(
                    arg.get::<Completer>().is_some() || FREE.contains(&name.as_str()),
                    "{} {}: <{name}>",
                    command.get_name(),
                    arg.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&documented());
    }

    #[test]
    fn every_synonym_is_a_word_for_a_command_that_there_is() {
        let program = command();
        let find = |path: &str| {
            path.split_whitespace().fold(&program, |command, word| {
                command.find_subcommand(word).expect(path)
            })
        };
        for one in &SYNONYMS {
            find(one.command);
            for word in one.words {
                assert!(find(one.below).find_subcommand(word).is_none(), "{word}");
            }
        }
    }
}
