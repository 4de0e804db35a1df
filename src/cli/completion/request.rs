//! What is to be completed: the words on the line, and the keys, owners and entries of the store
//! that they point to.

use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::CompletionCandidate;

use crate::cli::completion::keys;
use crate::cli::completion::keys::KeyFilter;
use crate::cli::key_ref;
use crate::cli::key_ref::{OnOpenRotation, ResolvedRef};
use crate::domain::{Environment, Timestamp};
use crate::session::place::place;
use crate::store::{Access, Store};

/// How many owners are offered; nobody reads more.
const MOST_OWNERS: usize = 100;

/// What the words say about where keys are looked for, and which.
pub(super) struct CompletionRequest {
    words: Vec<String>,
    store: Option<PathBuf>,
    environment: Option<Environment>,
    now: Timestamp,
}

impl CompletionRequest {
    pub(super) fn new(
        words: &[String],
        now: Timestamp,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        let value_of = |option: &str| {
            let beside = || {
                words
                    .iter()
                    .zip(words.iter().skip(1))
                    .rfind(|(word, _)| *word == option)
                    .map(|(_, value)| value.as_str())
            };
            words
                .iter()
                .rev()
                .find_map(|word| word.strip_prefix(option)?.strip_prefix('='))
                .or_else(beside)
        };
        let home = |path: &str| match (path.strip_prefix("~/"), variable("HOME")) {
            (Some(below), Some(home)) => PathBuf::from(home).join(below),
            _ => PathBuf::from(path),
        };
        let store = place(value_of("--db").map(home), variable)
            .ok()
            .map(|place| place.path);
        let environment = value_of("--env").and_then(|word| word.parse().ok());
        CompletionRequest {
            words: words.to_vec(),
            store,
            environment,
            now,
        }
    }

    /// Whether this word stands on the line already.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().rev().skip(1).any(|other| other == word)
    }

    /// Whether this stands on the line already as the value of an option, or as one of several.
    pub(super) fn is_chosen(&self, value: &str) -> bool {
        let is_among = |values: &str| values.split([',', '=']).any(|one| one == value);
        let mut pairs = self.words.iter().zip(self.words.iter().skip(1)).rev();
        let current = pairs.next();
        current.is_some_and(|(_, word)| {
            word.rsplit_once(',')
                .is_some_and(|(before, _)| is_among(before))
        }) || pairs.any(|(before, word)| {
            (before.starts_with('-') || word.starts_with('-')) && is_among(word)
        })
    }

    /// The operands that stand on the line behind the name of a command, if these are its options
    /// that have values.
    pub(super) fn operands(&self, command: &str, with_value: &[String]) -> Vec<&str> {
        let (_, complete) = self.words.split_last().expect("the word to complete");
        let mut words = complete.iter().skip_while(|word| *word != command).skip(1);
        let mut operands = Vec::new();
        while let Some(word) = words.next() {
            if with_value.contains(word) {
                words.next();
            } else if !word.starts_with('-') {
                operands.push(word.as_str());
            }
        }
        operands
    }

    pub(super) fn keys(&self, filter: KeyFilter, beginning: &str) -> Vec<CompletionCandidate> {
        let Some(path) = &self.store else {
            return Vec::new();
        };
        let mut offered =
            keys::offer(path, filter, self.environment, beginning, self.now).unwrap_or_default();
        offered.retain(|key| key.get_value().to_str().is_none_or(|key| !self.has(key)));
        offered
    }

    pub(super) fn owners(&self, beginning: &str) -> Vec<CompletionCandidate> {
        let owners = self.store.as_ref().and_then(|path| {
            let store = Store::open(path, Access::NoWait).ok()?;
            store.read(|view| view.owners(beginning, MOST_OWNERS)).ok()
        });
        let owners = owners.unwrap_or_default();
        owners.iter().map(CompletionCandidate::new).collect()
    }

    pub(super) fn allowlist_entries(&self, operands: &[&str]) -> Vec<CompletionCandidate> {
        let Some((key, chosen)) = operands.split_first() else {
            return Vec::new();
        };
        let key = self.store.as_ref().and_then(|path| {
            let store = Store::open(path, Access::NoWait).ok()?;
            let reference = ResolvedRef::Named((*key).to_owned());
            let (environment, newest) = (self.environment, OnOpenRotation::Newest);
            store
                .read(|view| key_ref::find(view, &reference, environment, newest, self.now))
                .ok()
        });
        key.iter()
            .flat_map(|key| key.allowlist.entries())
            .map(ToString::to_string)
            .filter(|entry| !chosen.contains(&entry.as_str()) && !self.is_chosen(entry))
            .map(CompletionCandidate::new)
            .collect()
    }
}
