//! Whole keys in a log: where they stand, also where a gateway has escaped them.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::domain::Environment;
use crate::domain::api_key::PREFIX;
use crate::domain::secret_text::{is_of_key, readings};

/// The longest text that is looked up as a key.
const LONGEST: usize = 200;
/// The longest text in which the escapes of such a key are looked for.
const LONGEST_ESCAPED: usize = 3 * LONGEST;
/// What every key begins with in a log, however its `_` is written.
const WORD: &str = "zenflow";

/// Looks for what could be whole keys.
#[derive(Debug)]
pub struct KeyScanner {
    word: Finder<'static>,
}

impl Default for KeyScanner {
    fn default() -> Self {
        KeyScanner {
            word: Finder::new(WORD),
        }
    }
}

impl KeyScanner {
    /// Whether there may be a key in these bytes. Fast, for whole blocks of a log that should have
    /// none.
    pub fn suspects(&self, bytes: &[u8]) -> bool {
        self.beginnings(bytes).next().is_some()
    }

    /// Where the word is followed by a `_` or an escape.
    fn beginnings<'l>(&'l self, bytes: &'l [u8]) -> impl Iterator<Item = usize> {
        self.word
            .find_iter(bytes)
            .filter(|at| matches!(bytes.get(at + WORD.len()), Some(b'_' | b'%' | b'\\')))
    }

    /// What begins like a key, with all that could belong to it: as it stands, and as it is meant
    /// if it is escaped.
    pub fn candidates<'l>(&'l self, line: &'l [u8]) -> impl Iterator<Item = Cow<'l, str>> {
        self.beginnings(line).flat_map(|at| {
            let text = &line[at..];
            let mut found: Vec<Cow<'l, str>> = Vec::new();
            for reading in readings(&text[..text.len().min(LONGEST_ESCAPED)]) {
                let candidate = match reading.bytes {
                    Cow::Borrowed(bytes) => candidate(bytes).map(Cow::Borrowed),
                    Cow::Owned(bytes) => candidate(&bytes).map(|key| Cow::Owned(key.to_owned())),
                };
                found.extend(candidate.filter(|candidate| !found.contains(candidate)));
            }
            found
        })
    }
}

/// What of this could be a key, if it begins like one.
fn candidate(text: &[u8]) -> Option<&str> {
    let longest = &text[..text.len().min(LONGEST)];
    let end = longest
        .iter()
        .position(|byte| !is_of_key(*byte))
        .unwrap_or(longest.len());
    let text = std::str::from_utf8(&text[..end]).ok()?;
    Environment::ALL
        .iter()
        .any(|environment| secret_of(text, *environment).is_some_and(|rest| !rest.is_empty()))
        .then_some(text)
}

/// What follows the prefix and the environment.
fn secret_of(text: &str, environment: Environment) -> Option<&str> {
    text.strip_prefix(PREFIX)?
        .strip_prefix(environment.as_str())?
        .strip_prefix('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

    #[test]
    fn keys_are_found_wherever_they_stand() {
        let scanner = KeyScanner::default();
        for line in [
            KEY.into(),
            format!("{{\"X-Api-Key\":[\"{KEY}\"]}}"),
            format!("/orders?key={KEY}&x"),
            format!("é{KEY}é"),
        ] {
            assert!(scanner.suspects(line.as_bytes()));
            assert_eq!(
                scanner.candidates(line.as_bytes()).collect::<Vec<_>>(),
                [KEY],
                "{line}"
            );
        }
        for key in [
            KEY.replace('_', "%5F"),
            KEY.replace('_', "%255f"),
            KEY.replace('_', "\\x5F"),
        ] {
            let line = format!("{{\"uri\":\"/orders?key={key}&x\"}}");
            assert!(scanner.suspects(line.as_bytes()));
            assert_eq!(
                scanner.candidates(line.as_bytes()).collect::<Vec<_>>(),
                [KEY],
                "{line}"
            );
        }
        let two = format!("{KEY} zenflow_test_x");
        assert_eq!(
            scanner.candidates(two.as_bytes()).collect::<Vec<_>>(),
            [KEY, "zenflow_test_x"]
        );
        for line in [
            "",
            "zenflow",
            "zenflow_",
            "zenflow_live_",
            "zenflow_prod_x",
            "zenflow_live_…",
            "ZENFLOW_LIVE_X",
        ] {
            assert_eq!(scanner.candidates(line.as_bytes()).count(), 0, "{line}");
        }
        assert_eq!(
            scanner
                .candidates(format!("zenflow_live_{}", "a".repeat(900)).as_bytes())
                .map(|candidate| candidate.len())
                .next(),
            Some(LONGEST)
        );
    }
}
