//! What may stand in the place of a value, by the name that the help gives it.

use clap_complete::CompletionCandidate;

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
        "SCOPE" => Kind::Words(|| {
            Scope::ALL
                .iter()
                .map(|scope| candidate(scope.as_str(), scope.description()))
                .collect()
        }),
        "PRESET" => Kind::Words(|| {
            PRESETS
                .iter()
                .map(|preset| candidate(preset.id, preset.use_case))
                .collect()
        }),
        "ENV" => Kind::Words(|| {
            Environment::ALL
                .iter()
                .map(|environment| candidate(environment.as_str(), ""))
                .collect()
        }),
        "STATUS" => Kind::Words(|| {
            Status::ALL
                .iter()
                .map(|status| candidate(status.as_str(), ""))
                .collect()
        }),
        "ORDER" => Kind::Words(|| {
            Sort::ALL
                .iter()
                .map(|sort| candidate(sort.as_str(), ""))
                .collect()
        }),
        "REQUEST" => Kind::Words(|| {
            ENDPOINTS
                .iter()
                .map(|endpoint| candidate(endpoint.pattern, endpoint.scope.as_str()))
                .collect()
        }),
        "FORMAT" if list => Kind::Words(|| formats(|_| true)),
        "FORMAT" => Kind::Words(|| formats(|format| !format.is_for_lists())),
        "LOG-FORMAT" => Kind::Words(|| {
            LogFormat::ALL
                .iter()
                .map(|(word, _)| candidate(word, ""))
                .collect()
        }),
        "GROUP" => Kind::Words(|| {
            GroupBy::ALL
                .iter()
                .map(|by| candidate(by.as_str(), ""))
                .collect()
        }),
        "CHOICE" => Kind::Words(|| {
            ColorChoice::ALL
                .iter()
                .map(|(word, _)| candidate(word, ""))
                .collect()
        }),
        "RULE" => Kind::Words(|| {
            RULES
                .iter()
                .map(|rule| candidate(rule.id, rule.meaning))
                .collect()
        }),
        "SEVERITY" => Kind::Words(|| {
            Severity::ALL
                .iter()
                .map(|severity| candidate(severity.as_str(), ""))
                .collect()
        }),
        "WHEN" | "SPAN" => Kind::Words(lifetimes),
        "SHELL" => Kind::Words(|| {
            crate::commands::completions::Shell::ALL
                .iter()
                .filter_map(clap::ValueEnum::to_possible_value)
                .map(|s| candidate(s.get_name(), ""))
                .collect()
        }),
        "FILE" | "DIR" => Kind::File,
        "COMMAND" | "NAME" | "TEXT" | "WHO" | "GLOB" | "NET" | "ADDRESS" | "N" | "VAR"
        | "SEQ:HASH" | "LENGTHS" | "FIELD" => Kind::Free,
        _ => return None,
    })
}

fn candidate(word: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(word).help((!help.is_empty()).then(|| help.to_owned().into()))
}

fn formats(fits: fn(Format) -> bool) -> Vec<CompletionCandidate> {
    Format::ALL
        .iter()
        .filter(|(_, format)| fits(*format))
        .map(|(word, _)| candidate(word, ""))
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
