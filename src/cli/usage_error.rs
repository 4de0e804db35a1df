//! Command lines that are wrong: found before anything else is parsed, or by clap; and reported in
//! our own words, in one line.

use std::borrow::Cow;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::{Global, unknown_command};
use crate::context::Streams;
use crate::context::Variable;
use crate::domain::Invalid;
use crate::domain::nearest::nearest;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::secret_text::holds_a_key;
use crate::error::{Code, Error};
use crate::view::{Format, OutputOptions};

/// Why there is no command to run.
pub enum NoCommand {
    /// Help was asked for.
    Help(StyledStr),
    /// No command was given: the overview of all commands.
    Nothing(StyledStr),
    /// The version was asked for.
    Version,
    /// The command line is wrong.
    Error(Error),
}

/// Refuses a command line or an environment that holds an API key where none belongs.
pub fn secret(words: &[Cow<'_, str>], variable: Variable<'_>) -> Option<Error> {
    secret_among(words).or_else(|| secret_in_environment(variable))
}

/// Refuses an argument that holds an API key: other users see it in the list of processes, and the
/// shell keeps it in its history.
fn secret_among(words: &[Cow<'_, str>]) -> Option<Error> {
    words.iter().any(|word| holds_a_key(word)).then(|| {
        Error::new(Code::SecretInArgument, "an argument holds an API key, or most of one, which everyone on this machine can see")
            .hint("pass the key on standard input ('-'), with --key-file or with --key-env, or name it by its id; revoke it if others may have seen it")
    })
}

/// The variables that the program reads and may repeat.
const VARIABLES: [&str; 4] = [
    "ZENFLOW_KEYS_DB",
    "ZENFLOW_KEYS_ACTOR",
    "XDG_DATA_HOME",
    "HOME",
];

/// Refuses an environment variable that holds an API key and is not for one: what it names would be
/// repeated in messages and in the audit log.
fn secret_in_environment(variable: Variable<'_>) -> Option<Error> {
    let holds =
        |name: &&&str| variable(name).is_some_and(|value| holds_a_key(&value.to_string_lossy()));
    VARIABLES.iter().find(holds).map(|name| {
        Error::new(
            Code::SecretInArgument,
            format!(
                "the environment variable {name} holds an API key, which does not belong there"
            ),
        )
        .hint(format!(
            "unset {name}; pass the key on standard input ('-'), with --key-file or with --key-env"
        ))
    })
}

/// What clap found wrong, in our words.
pub fn explain(error: clap::Error, words: &[Cow<'_, str>], program: Command) -> NoCommand {
    match error.kind() {
        ErrorKind::DisplayHelp => return NoCommand::Help(error.render()),
        ErrorKind::DisplayVersion => return NoCommand::Version,
        _ => {}
    }
    let argument = context(&error, ContextKind::InvalidArg);
    if let Some(invalid) =
        std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Invalid>())
    {
        let fault = invalid.clone();
        return NoCommand::Error(match argument {
            Some(argument) => fault.in_value_of(&option(&argument)).into(),
            None => fault.into(),
        });
    }
    let rendered = error.render().to_string();
    let first = rendered
        .lines()
        .next()
        .expect("clap says what is wrong")
        .trim_start_matches("error: ")
        .trim_end_matches(':')
        .to_owned();
    let message = match error.kind() {
        ErrorKind::MissingRequiredArgument => missing(&argument.unwrap_or(first)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "a command is missing".into()
        }
        ErrorKind::InvalidSubcommand => {
            let word = context(&error, ContextKind::InvalidSubcommand)
                .expect("clap names the command that it does not know");
            let before = words.iter().take_while(|one| **one != word);
            let (parent, path) = named(before, program);
            return NoCommand::Error(unknown_command::error(&parent, &path, &word));
        }
        ErrorKind::UnknownArgument => {
            let argument = argument.expect("clap names the argument that it does not know");
            let suggested = context(&error, ContextKind::SuggestedArg);
            // clap's idea of near is a wide one.
            let is_near = |known: &&String| {
                let bare = |option: &str| option.trim_start_matches('-').to_owned();
                nearest(&bare(&argument), [bare(known).as_str()]).is_some()
            };
            let kind = if argument.starts_with('-') {
                "unknown option"
            } else {
                "unexpected argument"
            };
            match suggested.as_ref().filter(is_near) {
                Some(known) => format!("{kind} '{argument}'; did you mean '{known}'?"),
                None => format!("{kind} '{argument}'"),
            }
        }
        _ => first,
    };
    let (_, path) = named(words.iter(), program);
    NoCommand::Error(
        Error::usage(message).hint(Hint::from("see '").then(Remedy::Help(path)).then("'")),
    )
}

/// What is missing; of a group of options, that it is one of them.
fn missing(argument: &str) -> String {
    match argument.strip_prefix("<--") {
        Some(group) => {
            let options: Vec<String> = group
                .split("|")
                .map(|one| format!("--{}", option(one).trim_start_matches('-')))
                .collect();
            format!("nothing to do: give one or more of {}", options.join(", "))
        }
        None => format!("missing {argument}"),
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// `--expires` of `--expires <WHEN>`.
fn option(argument: &str) -> String {
    argument
        .split_once(' ')
        .map_or(argument, |(option, _)| option)
        .trim_matches(['[', ']', '<', '>', '.'])
        .into()
}

/// The innermost command that the words name, and the words that lead to it.
fn named<'w>(
    words: impl Iterator<Item = &'w Cow<'w, str>>,
    program: Command,
) -> (Command, Vec<String>) {
    let mut command = program;
    let mut path = Vec::new();
    for word in words {
        if let Some(inner) = command.find_subcommand(word.as_ref()) {
            command = inner.clone();
            // What it has of its own is added when it is needed.
            command.build();
            path.push(word.to_string());
        }
    }
    (command, path)
}

/// How to show a mistake when the options could not be read: `--json` and `--format` are looked for
/// by hand.
pub fn options(words: &[Cow<'_, str>], variable: Variable<'_>, streams: Streams) -> OutputOptions {
    let options = || {
        words
            .iter()
            .map(AsRef::as_ref)
            .take_while(|word: &&str| *word != "--")
    };
    let follows = options()
        .zip(options().skip(1))
        .any(|(option, value)| option == "--format" && value.starts_with("json"));
    let json =
        follows || options().any(|word| word == "--json" || word.starts_with("--format=json"));
    let global = Global {
        db: None,
        format: json.then_some(Format::Json),
        json: false,
        color: None,
        quiet: false,
        actor: None,
    };
    crate::cli::options(&global, variable, streams)
}
