//! The public part of a key, by which people and logs name it.

use std::str::FromStr;

use crate::domain::api_key::entropy::draw;
use crate::domain::api_key::{Entropy, PREFIX};
use crate::domain::{Environment, Invalid};

/// The values 0 to 31 of a character of an id: Crockford's base32, lower case, which has no `i`,
/// `l`, `o`, `u`.
pub const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

const fn is_base32(c: u8) -> bool {
    matches!(c, b'0'..=b'9' | b'a'..=b'z') && !matches!(c, b'i' | b'l' | b'o' | b'u')
}

pub(crate) const ID_LENGTH: usize = 10;

/// The public name of a key: 10 characters of [`BASE32`], the first a letter. It says nothing about
/// the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; ID_LENGTH]);

impl KeyId {
    /// Draws an id.
    ///
    /// # Errors
    /// If the source of randomness fails.
    pub fn draw(entropy: &mut dyn Entropy) -> std::io::Result<Self> {
        let mut id = [0; ID_LENGTH];
        id[0] = BASE32[10 + draw(entropy, 22)?];
        for place in &mut id[1..] {
            *place = BASE32[draw(entropy, 32)?];
        }
        Ok(KeyId(id))
    }

    /// The id as text, lower case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an id has only characters of BASE32")
    }

    /// The characters of the id, all of them ASCII.
    pub fn as_bytes(&self) -> &[u8; ID_LENGTH] {
        &self.0
    }

    /// The key as it may be shown: `zenflow_live_k3m9x2q7vd_…`.
    pub fn display(&self, environment: Environment) -> String {
        [PREFIX, environment.as_str(), "_", self.as_str(), "_…"].concat()
    }
}

impl FromStr for KeyId {
    type Err = Invalid;

    /// Reads an id in any case.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let id = <[u8; ID_LENGTH]>::try_from(text.as_bytes())
            .map(|id| id.map(|c| c.to_ascii_lowercase()));
        match id {
            Ok(id) if id.iter().all(|c| is_base32(*c)) && id[0].is_ascii_alphabetic() => {
                Ok(KeyId(id))
            }
            _ => Err(Invalid::new(
                "an id has 10 characters of 0-9 and a-z without i, l, o, u, the first a letter",
            )),
        }
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_in_any_case_and_nothing_else() {
        assert_eq!(
            "K3M9X2Q7VD".parse::<KeyId>().unwrap().as_str(),
            "k3m9x2q7vd"
        );
        for text in [
            "",
            "k3m9x2q7v",
            "k3m9x2q7vdd",
            "33m9x2q7vd",
            "k3m9x2q7vi",
            "k3m9x2q7vl",
            "k3m9x2q7vo",
            "k3m9x2q7vu",
            "k3m9x2q7v-",
            "k3m9x2q7vé",
        ] {
            assert!(text.parse::<KeyId>().is_err(), "{text}");
        }
    }
}
