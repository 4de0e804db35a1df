//! Keys in the lines of a log, also where a gateway has escaped them.

use memchr::memmem::Finder;

use super::candidate::{Candidate, LONGEST};
use crate::domain::Presented;
use crate::domain::secret_text::readings;

/// The longest text in which the escapes of such a key are looked for.
pub const LONGEST_ESCAPED: usize = 3 * LONGEST;
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
    pub fn candidates<'l>(&'l self, line: &'l [u8]) -> impl Iterator<Item = Presented> {
        self.beginnings(line).flat_map(|at| {
            let text = &line[at..];
            let mut found: Vec<Presented> = Vec::new();
            for reading in readings(&text[..text.len().min(LONGEST_ESCAPED)]) {
                if let Some(candidate) = Candidate::at_start_of(&reading.bytes) {
                    let presented = Presented::from_bytes(candidate.text().as_bytes());
                    if !found.iter().any(|one| one.digest() == presented.digest()) {
                        found.push(presented);
                    }
                }
            }
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::Digest;
    use crate::domain::api_key::EXAMPLE as KEY;

    /// The digests of what is found, in order.
    fn digests(line: &str) -> Vec<Digest> {
        let found = KeyScanner::default();
        let found = found.candidates(line.as_bytes());
        found.filter_map(|presented| presented.digest()).collect()
    }

    #[test]
    fn keys_are_found_wherever_they_stand() {
        let search = KeyScanner::default();
        for line in [
            KEY.into(),
            format!("{{\"X-Api-Key\":[\"{KEY}\"]}}"),
            format!("/orders?key={KEY}&x"),
            format!("é{KEY}é"),
        ] {
            assert!(search.suspects(line.as_bytes()));
            assert_eq!(digests(&line), [Digest::of_key(KEY)], "{line}");
        }
        for key in [
            KEY.replace('_', "%5F"),
            KEY.replace('_', "%255f"),
            KEY.replace('_', "\\x5F"),
        ] {
            let line = format!("{{\"uri\":\"/orders?key={key}&x\"}}");
            assert!(search.suspects(line.as_bytes()));
            assert_eq!(digests(&line), [Digest::of_key(KEY)], "{line}");
        }
        let two = format!("{KEY} zenflow_test_x");
        assert_eq!(digests(&two), [KEY, "zenflow_test_x"].map(Digest::of_key));
        let longer = format!("{KEY}0");
        assert_eq!(digests(&longer), [Digest::of_key(&longer)]);
        let separated = format!("{KEY}_0");
        assert_eq!(digests(&separated), [Digest::of_key(KEY)]);
        for line in [
            "",
            "zenflow",
            "zenflow_",
            "zenflow_live_",
            "zenflow_prod_x",
            "zenflow_live_…",
            "ZENFLOW_LIVE_X",
        ] {
            assert_eq!(digests(line), [], "{line}");
        }
        let endless = format!("zenflow_live_{}", "a".repeat(900));
        assert_eq!(digests(&endless), [Digest::of_key(&endless[..LONGEST])]);
    }
}
