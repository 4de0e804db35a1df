//! The vocabulary of ZenFlow API keys: what a key, a scope, an allowlist, an instant and a verdict
//! *are*.
//!
//! Everything here is a value or a pure function. The domain knows no command line, no SQL, no
//! terminal, and has neither clock nor randomness of its own: both arrive as parameters. Every type
//! has one checked way in (`FromStr` or `parse`), and the same door reads rows of the store; only
//! `stored` still reads the texts and names that an earlier version let in.

pub mod allowlist;
pub mod api_key;
pub mod endpoint;
pub mod event;
pub mod impact;
pub mod key;
pub mod leak;
pub mod lifetime;
pub mod name;
pub mod nearest;
pub mod path;
pub mod presented;
pub mod preset;
pub mod remedy;
pub mod review;
pub mod rotation;
pub mod scope;
pub mod secret_text;
pub mod selection;
pub mod severity;
pub mod suggest;
pub mod text;
pub mod time;
pub mod tombstone;
pub mod usage;
pub mod verdict;
pub(crate) mod words;

pub use crate::domain::allowlist::{Allowlist, Net};
pub use crate::domain::api_key::{ApiKey, Digest, Entropy, Environment, KeyId};
pub use crate::domain::endpoint::Endpoint;
pub use crate::domain::key::{Key, LastUse, Revocation, Status};
pub use crate::domain::lifetime::{Expiry, Span, When};
pub use crate::domain::name::Name;
pub use crate::domain::presented::Presented;
pub use crate::domain::preset::Preset;
pub use crate::domain::scope::{Scope, ScopeSet};
pub use crate::domain::severity::Severity;
pub use crate::domain::text::{Text, TextOrNone};
pub use crate::domain::time::Timestamp;
pub use crate::domain::verdict::{Reason, Request, Verdict};

use crate::domain::remedy::Hint;

/// Why a text is not a value of the type that it was read as: a sentence, and what to do instead.
///
/// It may quote the text. That is why a whole API key is never read through a type that reports
/// `Invalid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong, in one line, lower case, without a full stop.
    pub message: String,
    /// What would be right, if there is more to say than the message does.
    pub hint: Option<Hint>,
    /// Whether the message says what kind of value it is about.
    names_its_kind: bool,
}

impl Invalid {
    /// A fault whose message says all there is to say.
    pub fn new(message: impl Into<String>) -> Self {
        Invalid {
            message: message.into(),
            hint: None,
            names_its_kind: false,
        }
    }

    /// Adds the way to do it right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// An unknown word of this kind, with the nearest known one if there is one near.
    pub fn unknown<'a>(kind: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let message = match nearest::nearest(word, known) {
            Some(near) => format!("unknown {kind} '{word}'; did you mean '{near}'?"),
            None => format!("unknown {kind} '{word}'"),
        };
        Invalid {
            names_its_kind: true,
            ..Invalid::new(message)
        }
    }

    /// Puts the field or option in front whose value this is; an unknown word says what kind of
    /// word it is, and that is enough.
    #[must_use]
    pub fn in_value_of(self, place: &str) -> Self {
        if self.names_its_kind {
            return self;
        }
        Invalid {
            message: format!("{place}: {}", self.message),
            ..self
        }
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place_unless_it_names_the_kind_of_word() {
        let place = |fault: Invalid| fault.in_value_of("--env").message;
        assert_eq!(place(Invalid::new("too long")), "--env: too long");
        assert_eq!(
            place(Invalid::new("unknown to everyone")),
            "--env: unknown to everyone"
        );
        let unknown = Invalid::unknown("environment", "lvie", ["live"]).hint("there are two");
        assert_eq!(
            place(unknown),
            "unknown environment 'lvie'; did you mean 'live'?"
        );
    }
}
