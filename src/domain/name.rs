//! What people call a key: "ERP Integration", "Integración ERP".

use std::str::FromStr;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_security::GeneralSecurityProfile;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection};

use crate::domain::Invalid;
use crate::domain::secret_text::{holds_a_key, shows_a_key};

/// The longest name, in characters after NFC.
pub const LONGEST: usize = 64;
/// What a name may hold besides letters, their marks, digits and single spaces. Nothing that a
/// shell runs.
const PUNCTUATION: &str = "-_.,/+@";

/// A name: 1 to 64 characters in NFC, letters with their marks, digits 0–9, single spaces and `- _
/// . , / + @`.
///
/// Its letters are at least "highly restrictive" in the sense of UTS #39, so that no name looks
/// like another by mixed scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name as it was written, in NFC.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name of the store. It may have been kept before most of a key was recognised too.
    ///
    /// # Errors
    /// If no version could have kept it.
    pub fn stored(name: &str) -> Result<Self, Invalid> {
        let name = in_nfc(name);
        check(&name)?;
        Ok(Name(name))
    }

    /// What two names are compared by: NFC, lower case.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// The form in which names are compared: NFC, lower case.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        name.to_ascii_lowercase()
    } else {
        name.nfc()
            .collect::<String>()
            .to_lowercase()
            .nfc()
            .collect()
    }
}

impl FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if holds_a_key(&in_nfc(text)) {
            return Err(holds_one());
        }
        Name::stored(text)
    }
}

fn in_nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

const HOW: &str = "a name has letters, digits, single spaces and - _ . , / + @";

fn holds_one() -> Invalid {
    Invalid::new("that name holds an API key, or most of one").hint(HOW)
}

fn check(name: &str) -> Result<(), Invalid> {
    let fault = |what: String| Err(Invalid::new(what).hint(HOW));
    if name.is_empty() {
        return fault("a name cannot be empty".into());
    }
    if name.chars().count() > LONGEST {
        return fault(format!("a name has at most {LONGEST} characters"));
    }
    if shows_a_key(name) {
        return Err(holds_one());
    }
    let mut previous = None;
    for c in name.chars() {
        let ok = match c {
            ' ' => previous != Some(' '),
            c if c.is_ascii() => c.is_ascii_alphanumeric() || PUNCTUATION.contains(c),
            c if is_combining_mark(c) => {
                previous.is_some_and(|p: char| p.is_alphabetic() || is_combining_mark(p))
                    && is_allowed(c)
            }
            c => c.is_alphabetic() && !c.is_numeric() && is_allowed(c),
        };
        match previous {
            None if !c.is_alphanumeric() => {
                return fault(format!(
                    "a name begins with a letter or a digit, not with '{c}'"
                ));
            }
            _ if !ok && c == ' ' => return fault("a name has no two spaces in a row".into()),
            _ if !ok => {
                return fault(format!(
                    "a name cannot hold '{c}' (U+{:04X}) there",
                    u32::from(c)
                ));
            }
            _ => previous = Some(c),
        }
    }
    if previous == Some(' ') {
        return fault("a name does not end in a space".into());
    }
    if name.is_ascii() {
        return Ok(());
    }
    let letters: String = name
        .chars()
        .filter(|c| c.is_alphabetic() || is_combining_mark(*c))
        .collect();
    if letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive {
        return fault("a name cannot mix scripts that look alike".into());
    }
    Ok(())
}

/// Identifier_Status=Allowed of UTS #39.
fn is_allowed(c: char) -> bool {
    GeneralSecurityProfile::identifier_allowed(c)
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_languages_are_names() {
        for name in [
            "ERP Integration",
            "Integración ERP",
            "a",
            "7",
            "v1.2_x/y+z@host,eu-1",
            "Склад",
            "在庫 API",
            "재고 ERP",
            "Ωmega".replace('Ω', "O").as_str(),
            "naïve",
            "हिन्दी",
            &"x".repeat(64),
        ] {
            assert!(
                name.parse::<Name>().is_ok(),
                "{name}: {:?}",
                name.parse::<Name>()
            );
        }
    }

    #[test]
    fn what_a_shell_a_terminal_or_an_eye_would_mistake_is_no_name() {
        for name in [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "-a",
            "_a",
            "@a",
            "$(touch x)",
            "a;b",
            "a'b",
            "a\"b",
            "a`b",
            "a\\b",
            "a*b",
            "a?b",
            "a|b",
            "a&b",
            "a>b",
            "a!b",
            "a#b",
            "a%b",
            "a:b",
            "a=b",
            "a~b",
            "a\nb",
            "a\tb",
            "a\u{1b}[1m",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{ad}b",
            "a\u{a0}b",
            "pаypal",
            "аdmin",
            "Ωmega",
            "a·b",
            "ア・イ",
            "a²",
            "Ⅷ",
            "ａ",
            "٣",
            "a٣",
            "😀",
            "\u{301}a",
            "1\u{301}",
            "a-\u{301}",
            "zenflow_live_0123456789abcdef",
            &"x".repeat(65),
        ] {
            assert!(name.parse::<Name>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn two_spaces_are_told_from_a_character_that_no_name_holds() {
        let fault = |name: &str| name.parse::<Name>().unwrap_err().message;
        assert_eq!(fault("a  b"), "a name has no two spaces in a row");
        assert_eq!(
            fault("a\u{a0}b"),
            "a name cannot hold '\u{a0}' (U+00A0) there"
        );
        assert_eq!(fault("ａ"), "a name cannot hold 'ａ' (U+FF41) there");
    }

    #[test]
    fn names_are_compared_in_nfc_and_lower_case() {
        let composed: Name = "Integración".parse().unwrap();
        let decomposed: Name = "INTEGRACIO\u{301}N".parse().unwrap();
        assert_eq!(composed.folded(), decomposed.folded());
        assert_eq!(decomposed.as_str(), "INTEGRACIÓN");
        assert_eq!(
            "e\u{301}"
                .repeat(64)
                .parse::<Name>()
                .unwrap()
                .as_str()
                .chars()
                .count(),
            64
        );
    }
}
