//! What may stand in the place of a value, by the name that the help gives it.

use clap_complete::CompletionCandidate;

use crate::commands::completions::Shell;
use crate::domain::endpoint::ENDPOINTS;
use crate::domain::health::Severity;
use crate::domain::preset::PRESETS;
use crate::domain::selection::Sort;
use crate::domain::usage::GroupBy;
use crate::domain::{Environment, Scope, Status};
use crate::review::RULES;
use crate::usage::access_log::LogFormat;
use crate::view::Format;
use crate::view::text::theme::ColorChoice;

/// What kind of value is meant.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One of a fixed number of words.
    Words(fn() -> Vec<CompletionCandidate>),
    /// A key of the store.
    Key,
    /// A file or a directory: the shell knows best.
    File,
    /// Anything.
    Free,
}

/// The kinds of values of all commands. `list` is whether the command is one of those whose output
/// can be a list.
pub fn kind(name: &str, list: bool) -> Option<Kind> {
    Some(match name {
        "KEY" => Kind::Key,
        "SCOPE" => Kind::Words(|| described(&Scope::ALL, |s| s.as_str(), |s| s.description())),
        "PRESET" => Kind::Words(|| described(&PRESETS, |p| p.id, |p| p.use_case)),
        "ENV" => Kind::Words(|| plain(&Environment::ALL.map(Environment::as_str))),
        "STATUS" => Kind::Words(|| plain(&Status::ALL.map(Status::as_str))),
        "ORDER" => Kind::Words(|| plain(&Sort::ALL.map(Sort::as_str))),
        "REQUEST" => Kind::Words(|| described(&ENDPOINTS, |e| e.pattern, |e| e.scope.as_str())),
        "FORMAT" if list => Kind::Words(|| plain(&Format::ALL.map(Format::as_str))),
        "FORMAT" => Kind::Words(|| plain(&["human", "json"])),
        "LOG-FORMAT" => Kind::Words(|| plain(&LogFormat::ALL.map(LogFormat::as_str))),
        "GROUP" => Kind::Words(|| plain(&GroupBy::ALL.map(GroupBy::as_str))),
        "CHOICE" => Kind::Words(|| plain(&ColorChoice::ALL.map(ColorChoice::as_str))),
        "RULE" => Kind::Words(|| described(&RULES, |rule| rule.id, |rule| rule.meaning)),
        "SEVERITY" => Kind::Words(|| plain(&Severity::ALL.map(Severity::as_str))),
        "WHEN" | "SPAN" => Kind::Words(lifetimes),
        "SHELL" => Kind::Words(|| plain(&Shell::ALL.map(Shell::as_str))),
        "FILE" | "DIR" => Kind::File,
        "COMMAND" | "NAME" | "TEXT" | "WHO" | "GLOB" | "NET" | "ADDRESS" | "N" | "VAR"
        | "SEQ:HASH" | "LENGTHS" | "FIELD" => Kind::Free,
        _ => return None,
    })
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
fn lifetimes() -> Vec<CompletionCandidate> {
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
