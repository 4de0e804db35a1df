//! What begins like a key: how far it goes, and what it can be.

use crate::domain::api_key::{FormatFault, KEY_LENGTH, PREFIX, id_inside};
use crate::domain::secret_text::is_of_key;
use crate::domain::{Environment, KeyId};

/// The longest text that is looked up as a key.
pub(super) const LONGEST: usize = 200;

/// A text that begins like a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Candidate<'t> {
    /// A whole key of this format. Whatever follows it is no alphanumeric.
    Key {
        /// Its text.
        text: &'t str,
        /// The id inside it.
        id: KeyId,
    },
    /// It has the form of a key and the checksum of another; or a key of another make.
    LookAlike(&'t str),
    /// Only its beginning is that of a key of this format. It may be one of another make.
    Other(&'t str),
}

impl<'t> Candidate<'t> {
    /// What stands at the beginning of these bytes, if it begins like a key and goes on.
    pub fn at_start_of(bytes: &'t [u8]) -> Option<Self> {
        let longest = &bytes[..bytes.len().min(LONGEST)];
        let end = longest
            .iter()
            .position(|byte| !is_of_key(*byte))
            .unwrap_or(longest.len());
        let run = std::str::from_utf8(&longest[..end]).ok()?;
        let rest = run.strip_prefix(PREFIX)?;
        Environment::ALL.iter().find_map(|environment| {
            rest.strip_prefix(environment.as_str())?
                .strip_prefix('_')
                .filter(|rest| !rest.is_empty())
        })?;
        let is_cut_out = run
            .as_bytes()
            .get(KEY_LENGTH)
            .is_none_or(|next| !next.is_ascii_alphanumeric());
        let Some(text) = run.get(..KEY_LENGTH).filter(|_| is_cut_out) else {
            return Some(Candidate::Other(run));
        };
        Some(match id_inside(text) {
            Ok(id) => Candidate::Key { text, id },
            Err(FormatFault::BadChecksum) => Candidate::LookAlike(run),
            Err(FormatFault::Malformed) => Candidate::Other(run),
        })
    }

    /// The text that is a key, or that is one if the store knows it.
    pub fn text(self) -> &'t str {
        match self {
            Candidate::Key { text, .. } | Candidate::LookAlike(text) | Candidate::Other(text) => {
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::api_key::EXAMPLE;

    /// The sort of a candidate, and its length.
    fn sort(text: &str) -> Option<(&'static str, usize)> {
        Candidate::at_start_of(text.as_bytes()).map(|candidate| {
            let sort = match candidate {
                Candidate::Key { .. } => "key",
                Candidate::LookAlike(_) => "look-alike",
                Candidate::Other(_) => "other",
            };
            (sort, candidate.text().len())
        })
    }

    #[test]
    fn a_key_ends_where_no_alphanumeric_follows() {
        for next in ["", " ", "_", "-", "_x", "\"", "é", "\0"] {
            assert_eq!(
                sort(&format!("{EXAMPLE}{next}")),
                Some(("key", 62)),
                "{next}"
            );
        }
        for next in ["0", "a", "Zx"] {
            let length = 62 + next.len();
            assert_eq!(sort(&format!("{EXAMPLE}{next}")), Some(("other", length)));
        }
    }

    #[test]
    fn a_wrong_checksum_makes_a_look_alike() {
        let wrong = EXAMPLE.replace("0t88JO", "0t88JP");
        assert_eq!(sort(&wrong), Some(("look-alike", 62)));
        assert_eq!(sort(&format!("{wrong}-x")), Some(("look-alike", 64)));
        assert_eq!(sort(&format!("{wrong}x")), Some(("other", 63)));
    }

    #[test]
    fn what_only_begins_like_a_key_is_looked_up_as_far_as_it_goes() {
        assert_eq!(sort("zenflow_test_x y"), Some(("other", 14)));
        let endless = format!("zenflow_live_{}", "a".repeat(900));
        assert_eq!(sort(&endless), Some(("other", LONGEST)));
        for text in [
            "",
            "zenflow_live_",
            "zenflow_live_ x",
            "zenflow_prod_x",
            "ZENFLOW_LIVE_x",
            "xzenflow_live_x",
        ] {
            assert_eq!(sort(text), None, "{text}");
        }
    }
}
