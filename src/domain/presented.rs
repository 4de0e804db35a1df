//! What a client presented as its key, before anyone knows whether it is one. The text itself is
//! not kept.

use crate::domain::api_key::{FormatFault, PREFIX, id_inside};
use crate::domain::{Digest, Environment, KeyId};

/// More bytes than this are no key, whatever they are.
pub const LONGEST_INPUT: usize = 4096;
/// A longer text is not looked up.
const LONGEST_KEY: usize = 200;

/// `0-9A-Za-z_-`, by the values of the bytes.
const IN_KEYS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] =
            (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte == b'-' as usize;
        byte += 1;
    }
    table
};

/// A presented key, sorted by what can be done with it.
#[derive(Debug)]
pub enum Presented {
    /// Nothing, or only blanks.
    Missing,
    /// Not a key and not to be looked up.
    Malformed,
    /// To be looked up by its digest. It may or may not have this program's format: ZenFlow's
    /// dashboard issues others.
    Candidate {
        /// What the store knows it by, if it does.
        digest: Digest,
        /// The public id inside it, or why it has none.
        id: Result<KeyId, FormatFault>,
    },
}

impl Presented {
    /// Sorts the bytes of a header, a file or a variable. One trailing line end is dropped; a
    /// second line makes it malformed.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        if bytes.len() > LONGEST_INPUT {
            return Presented::Malformed;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Presented::Malformed;
        };
        let line = text
            .strip_suffix('\n')
            .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.trim().is_empty() {
            return Presented::Missing;
        }
        let prefixed = Environment::ALL.iter().any(|env| {
            line.strip_prefix(PREFIX)
                .and_then(|rest| rest.strip_prefix(env.as_str()))
                .is_some_and(|rest| rest.starts_with('_'))
        });
        if prefixed && line.len() <= LONGEST_KEY && line.bytes().all(|c| IN_KEYS[usize::from(c)]) {
            Presented::Candidate {
                digest: Digest::of_key(line),
                id: id_inside(line),
            }
        } else {
            Presented::Malformed
        }
    }

    /// What to look it up by, if it is to be looked up.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Presented::Candidate { digest, .. } => Some(*digest),
            Presented::Missing | Presented::Malformed => None,
        }
    }

    /// The public id inside it, if it is a well-formed key.
    pub fn id(&self) -> Option<KeyId> {
        match self {
            Presented::Candidate { id, .. } => id.ok(),
            Presented::Missing | Presented::Malformed => None,
        }
    }

    /// What is wrong with its format, if anything.
    pub fn fault(&self) -> Option<FormatFault> {
        match self {
            Presented::Candidate { id, .. } => id.err(),
            Presented::Missing | Presented::Malformed => Some(FormatFault::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

    fn sort(text: &str) -> &'static str {
        match Presented::from_bytes(text.as_bytes()) {
            Presented::Missing => "missing",
            Presented::Malformed => "malformed",
            Presented::Candidate { id, .. } => match id {
                Ok(_) => "key",
                Err(FormatFault::BadChecksum) => "bad checksum",
                Err(FormatFault::Malformed) => "candidate",
            },
        }
    }

    #[test]
    fn nothing_and_blanks_are_missing() {
        for text in ["", "\n", "\r\n", " ", "\t \n", "\n\n"] {
            assert_eq!(sort(text), "missing", "{text:?}");
        }
    }

    #[test]
    fn one_line_end_is_dropped_and_no_more() {
        for (text, expected) in [
            ("", "key"),
            ("\n", "key"),
            ("\r\n", "key"),
            ("\n\n", "malformed"),
            ("\r", "malformed"),
            (" ", "malformed"),
            ("\nx", "malformed"),
        ] {
            assert_eq!(sort(&format!("{VECTOR}{text}")), expected, "{text:?}");
        }
        assert_eq!(sort(&format!(" {VECTOR}")), "malformed");
        assert_eq!(sort(&format!("Bearer {VECTOR}")), "malformed");
    }

    #[test]
    fn a_key_of_another_make_is_looked_up_too() {
        for text in ["zenflow_live_x", "zenflow_test_", "zenflow_live_AbC-123_z"] {
            assert_eq!(sort(text), "candidate", "{text}");
        }
        assert_eq!(sort(&VECTOR.replace('V', "W")), "bad checksum");
        let id = |text: &str| {
            Presented::from_bytes(text.as_bytes())
                .id()
                .map(|id| id.to_string())
        };
        assert_eq!(id(VECTOR).as_deref(), Some("k3m9x2q7vd"));
        assert_eq!(id("zenflow_live_x"), None);
        assert_eq!(
            sort(&format!("zenflow_live_{}", "a".repeat(187))),
            "candidate"
        );
        assert_eq!(
            sort(&format!("zenflow_live_{}", "a".repeat(188))),
            "malformed"
        );
        for text in [
            "zenflow_prod_x",
            "ZENFLOW_LIVE_x",
            "zenflow_live_é",
            "zenflow_live_a b",
            "zenflow_live",
        ] {
            assert_eq!(sort(text), "malformed", "{text}");
        }
    }

    #[test]
    fn huge_and_binary_input_is_malformed() {
        assert_eq!(sort(&" ".repeat(LONGEST_INPUT)), "missing");
        assert_eq!(sort(&" ".repeat(LONGEST_INPUT + 1)), "malformed");
        assert!(matches!(
            Presented::from_bytes(b"zenflow_live_\xff"),
            Presented::Malformed
        ));
        assert!(matches!(Presented::from_bytes(b"\0"), Presented::Malformed));
    }
}
