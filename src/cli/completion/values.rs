//! What can stand in the place of a value. An argument names its completer where it is defined:
//! `#[arg(add = Completer::Scope)]`.

use clap::builder::{ArgExt, CommandExt};
use clap_complete::CompletionCandidate;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::shell::Shell;
use crate::domain::Severity;
use crate::domain::endpoint::ENDPOINTS;
use crate::domain::leak::FailOn;
use crate::domain::preset::PRESETS;
use crate::domain::selection::Sort;
use crate::domain::usage::GroupBy;
use crate::domain::{Environment, Scope, Status};
use crate::review::RULES;
use crate::usage::access_log::LogFormat;
use crate::view::Format;
use crate::view::text::theme::ColorChoice;

/// What completes the value of an argument. One without a completer takes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completer {
    Scope,
    Preset,
    Environment,
    Status,
    /// The order of a list.
    Order,
    /// An endpoint, as a request names it.
    Request,
    /// An output format, of those that the command has.
    Format,
    LogFormat,
    /// What a report has a line for.
    GroupBy,
    Color,
    Rule,
    Severity,
    /// The least severity that makes a scan fail.
    FailOn,
    Duration,
    Shell,
    /// A file or a directory: the shell knows best.
    File,
    /// A key of the store.
    Key(Keys),
    /// The owner of a key of the store.
    Owner,
    /// An entry in the allowlist of the key that stands before it.
    AllowlistEntry,
    /// A command of this program; behind it, one of its own commands.
    Command,
}

impl ArgExt for Completer {}

/// Marks a command whose output can have other forms than a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoreFormats {
    /// It can be a list.
    Lists,
    /// It can be a list, or go to code scanning.
    Leaks,
}

impl MoreFormats {
    /// Whether a command with this mark, or with none, has a format.
    pub fn have(this: Option<Self>, format: Format) -> bool {
        match format {
            Format::Human | Format::Json => true,
            Format::Jsonl | Format::Csv => this.is_some(),
            Format::Sarif => this == Some(MoreFormats::Leaks),
        }
    }
}

impl CommandExt for MoreFormats {}

impl Completer {
    /// Whether one line can have several of these, each of them once.
    pub fn is_for_several(self) -> bool {
        matches!(
            self,
            Completer::Scope | Completer::Preset | Completer::Status | Completer::Rule
        )
    }

    /// The words, where there is a fixed number of them, for a command with these formats.
    pub fn words(self, formats: Option<MoreFormats>) -> Vec<CompletionCandidate> {
        match self {
            Completer::Scope => described(&Scope::ALL, |s| s.as_str(), |s| s.description()),
            Completer::Preset => described(&PRESETS, |p| p.id, |p| p.use_case),
            Completer::Environment => plain(&Environment::ALL.map(Environment::as_str)),
            Completer::Status => plain(&Status::ALL.map(Status::as_str)),
            Completer::Order => plain(&Sort::ALL.map(Sort::as_str)),
            Completer::Request => described(&ENDPOINTS, |e| e.pattern, |e| e.scope.as_str()),
            Completer::Format => Format::ALL
                .into_iter()
                .filter(|format| MoreFormats::have(formats, *format))
                .map(|format| candidate(format.as_str(), ""))
                .collect(),
            Completer::LogFormat => plain(&LogFormat::ALL.map(LogFormat::as_str)),
            Completer::GroupBy => plain(&GroupBy::ALL.map(GroupBy::as_str)),
            Completer::Color => plain(&ColorChoice::ALL.map(ColorChoice::as_str)),
            Completer::Rule => described(&RULES, |rule| rule.id, |rule| rule.meaning),
            Completer::Severity => plain(&Severity::ALL.map(Severity::as_str)),
            Completer::FailOn => plain(&FailOn::ALL.map(FailOn::as_str)),
            Completer::Duration => durations(),
            Completer::Shell => plain(&Shell::ALL.map(Shell::as_str)),
            Completer::File
            | Completer::Key(_)
            | Completer::Owner
            | Completer::AllowlistEntry
            | Completer::Command => Vec::new(),
        }
    }
}

fn candidate(word: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(word).help((!help.is_empty()).then(|| help.to_owned().into()))
}

fn plain(words: &[&str]) -> Vec<CompletionCandidate> {
    words.iter().map(|word| candidate(word, "")).collect()
}

fn described<T>(
    all: &'static [T],
    word: impl Fn(&'static T) -> &'static str,
    help: impl Fn(&'static T) -> &'static str,
) -> Vec<CompletionCandidate> {
    all.iter()
        .map(|one| candidate(word(one), help(one)))
        .collect()
}

/// Some of the many; they also show how lengths of time are written.
fn durations() -> Vec<CompletionCandidate> {
    [
        ("1h", "an hour"),
        ("1d", "a day"),
        ("7d", "a week"),
        ("30d", "30 days"),
        ("90d", "90 days"),
        ("6mo", "six months"),
        ("1y", "a year"),
    ]
    .iter()
    .map(|(word, help)| candidate(word, help))
    .collect()
}
