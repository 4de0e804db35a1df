//! Free text that a person attaches to a key: owner, note, reason; and who did something.

use std::str::FromStr;

use crate::domain::Invalid;
use crate::domain::secret_text::{holds_a_key, shows_a_key};

/// The longest text, in characters.
pub const LONGEST: usize = 200;

/// 1 to 200 characters without control characters, which do not hold an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a text of the store. It may have been kept before most of a key was recognised too.
    ///
    /// # Errors
    /// If no version could have kept it.
    pub fn stored(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            Err(Invalid::new("the text is empty"))
        } else if shows_a_key(text) {
            Err(holds_one())
        } else if text.chars().any(char::is_control) {
            Err(Invalid::new("the text holds control characters")
                .hint("write it on one line, without tabs and escapes"))
        } else if text.chars().count() > LONGEST {
            Err(Invalid::new(format!(
                "the text is longer than {LONGEST} characters"
            )))
        } else {
            Ok(Text(text.to_owned()))
        }
    }
}

fn holds_one() -> Invalid {
    Invalid::new("the text holds an API key, or most of one, which must not be stored")
        .hint("name the key by its id")
}

/// A text, or none: the empty one clears what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOrNone(pub Option<Text>);

impl FromStr for TextOrNone {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            Ok(TextOrNone(None))
        } else {
            text.parse().map(|text| TextOrNone(Some(text)))
        }
    }
}

impl FromStr for Text {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if holds_a_key(text) {
            Err(holds_one())
        } else {
            Text::stored(text)
        }
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_characters_are_a_text_and_one_more_is_none() {
        assert!("é".repeat(200).parse::<Text>().is_ok());
        assert!("é".repeat(201).parse::<Text>().is_err());
    }

    #[test]
    fn control_characters_and_api_keys_are_refused() {
        for text in [
            "",
            "a\nb",
            "a\tb",
            "\u{1b}[31m",
            "\u{9b}1m",
            "\u{7f}",
            "leaked: zenflow_live_k3m9x2q7vd_0123",
            "leaked: 0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO",
        ] {
            assert!(text.parse::<Text>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_text_that_an_earlier_version_kept_is_still_read() {
        let kept = "ticket 0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
        assert_eq!(Text::stored(kept).unwrap().as_str(), kept);
        assert!(Text::stored("leaked: zenflow_live_k3m9x2q7vd_0123").is_err());
    }

    #[test]
    fn the_empty_text_is_none_where_a_text_is_optional() {
        assert_eq!("".parse(), Ok(TextOrNone(None)));
        assert_eq!("ops".parse(), Ok(TextOrNone("ops".parse().ok())));
        assert!("a\nb".parse::<TextOrNone>().is_err());
    }
}
