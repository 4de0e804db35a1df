//! Whole keys in a log: where they stand, and the line without them.

use memchr::memmem::Finder;

use crate::domain::Environment;
use crate::domain::api_key::PREFIX;

/// The longest text that is looked up as a key.
const LONGEST: usize = 200;

/// Looks for what could be whole keys.
#[derive(Debug)]
pub struct Search {
    prefix: Finder<'static>,
}

impl Default for Search {
    fn default() -> Self {
        Search {
            prefix: Finder::new(PREFIX.as_bytes()),
        }
    }
}

impl Search {
    /// Whether there may be a key in these bytes. Fast, for whole blocks of a log that should have
    /// none.
    pub fn suspects(&self, bytes: &[u8]) -> bool {
        self.prefix.find(bytes).is_some()
    }

    /// What begins like a key, with all that could belong to it.
    pub fn candidates<'l>(&'l self, line: &'l [u8]) -> impl Iterator<Item = &'l str> {
        self.prefix.find_iter(line).filter_map(|at| {
            let text = &line[at..];
            let end = text
                .iter()
                .take(LONGEST)
                .position(|byte| !is_of_key(*byte))
                .unwrap_or(text.len().min(LONGEST));
            let text = std::str::from_utf8(&text[..end]).ok()?;
            Environment::ALL
                .iter()
                .any(|environment| {
                    secret_of(text, *environment).is_some_and(|rest| !rest.is_empty())
                })
                .then_some(text)
        })
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// What follows the prefix and the environment.
fn secret_of(text: &str, environment: Environment) -> Option<&str> {
    text.strip_prefix(PREFIX)?
        .strip_prefix(environment.word())?
        .strip_prefix('_')
}

/// The text with nothing left of whatever begins like a key, in any case, but its beginning.
pub fn masked(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(found) = lower[rest..].find(PREFIX) {
        let after = rest + found + PREFIX.len();
        let environment = Environment::ALL
            .iter()
            .find(|environment| lower[after..].starts_with(environment.word()));
        let end = after + environment.map_or(0, |environment| environment.word().len());
        masked.push_str(&text[rest..end]);
        let secret = lower[end..]
            .bytes()
            .take_while(|byte| is_of_key(*byte))
            .count();
        if environment.is_some() && secret > 1 {
            masked.push_str("_…");
            rest = end + secret;
        } else {
            rest = end;
        }
    }
    masked.push_str(&text[rest..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

    #[test]
    fn keys_are_found_wherever_they_stand() {
        let search = Search::default();
        for line in [
            KEY.into(),
            format!("{{\"X-Api-Key\":[\"{KEY}\"]}}"),
            format!("/orders?key={KEY}&x"),
            format!("é{KEY}é"),
        ] {
            assert!(search.suspects(line.as_bytes()));
            assert_eq!(
                search.candidates(line.as_bytes()).collect::<Vec<_>>(),
                [KEY],
                "{line}"
            );
        }
        let two = format!("{KEY} zenflow_test_x");
        assert_eq!(
            search.candidates(two.as_bytes()).collect::<Vec<_>>(),
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
            assert_eq!(search.candidates(line.as_bytes()).count(), 0, "{line}");
        }
        assert_eq!(
            search
                .candidates(format!("zenflow_live_{}", "a".repeat(900)).as_bytes())
                .map(str::len)
                .next(),
            Some(LONGEST)
        );
    }

    #[test]
    fn nothing_of_a_secret_is_left_in_a_masked_text() {
        for (text, shown) in [
            (format!("a {KEY} b"), "a zenflow_live_… b"),
            (KEY.to_uppercase(), "ZENFLOW_LIVE_…"),
            (format!("{KEY}{KEY}"), "zenflow_live_…"),
            (format!("x{KEY},{KEY}"), "xzenflow_live_…,zenflow_live_…"),
            ("zenflow_test_aB-3".into(), "zenflow_test_…"),
            ("zenflow_live_".into(), "zenflow_live_"),
            (
                "zenflow_ zenflow_live zenflow".into(),
                "zenflow_ zenflow_live zenflow",
            ),
            ("é…zenflow_liveé".into(), "é…zenflow_liveé"),
        ] {
            assert_eq!(masked(&text), shown);
        }
    }
}
