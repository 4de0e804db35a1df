//! The secret and its public parts: format, checksum, digest.
//!
//! `zenflow_<env>_<id>_<secret><checksum>`, 62 characters. `id` is public; `secret` is 32
//! characters of base62 from the operating system (190 bits); `checksum` is the CRC-32 (IEEE) of
//! everything before it, as 6 characters of base62, most significant first. It finds typing errors;
//! it is no security measure.
//!
//! Test vector:
//!
//! ```
//! use zenflow_keys::domain::{ApiKey, api_key::checksum};
//!
//! let body = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV";
//! assert_eq!(crc32fast::hash(body.as_bytes()), 0x308e_6002);
//! assert_eq!(checksum(body), *b"0t88JO");
//!
//! let key = ApiKey::parse("zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO").unwrap();
//! assert_eq!(key.digest().to_string(), "949514ce914df7f2b4136309d0b902d2a0448492a0ea658ab0a0456dbf3dcf39");
//! ```

pub mod digest;
pub mod entropy;
pub mod key_id;

use std::str::FromStr;

use zeroize::{Zeroize, Zeroizing};

use crate::domain::api_key::entropy::draw;
use crate::domain::words::words;

pub(crate) use crate::domain::api_key::key_id::ID_LENGTH;

pub use crate::domain::api_key::digest::Digest;
pub use crate::domain::api_key::entropy::Entropy;
pub use crate::domain::api_key::key_id::{BASE32, KeyId};

/// What every key begins with; the environment follows.
pub const PREFIX: &str = "zenflow_";
/// The values 0 to 61 of a base62 character.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub(crate) const SECRET_LENGTH: usize = 32;
pub(crate) const CHECKSUM_LENGTH: usize = 6;

/// The length of a key in characters.
pub const KEY_LENGTH: usize =
    PREFIX.len() + "live_".len() + ID_LENGTH + "_".len() + SECRET_LENGTH + CHECKSUM_LENGTH;

/// The example of the documentation. It is nobody's key.
pub const EXAMPLE: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

words! {
    kind "environment";
    /// Which of ZenFlow's environments a key is for.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Environment {
        /// Production.
        Live = "live",
        /// Sandbox; the API announces it as "coming soon".
        Test = "test",
    }
}

/// The checksum of everything that stands before it.
pub fn checksum(body: &str) -> [u8; CHECKSUM_LENGTH] {
    let mut value = crc32fast::hash(body.as_bytes());
    let mut text = [0; CHECKSUM_LENGTH];
    for place in text.iter_mut().rev() {
        *place = BASE62[(value % 62) as usize];
        value /= 62;
    }
    text
}

/// Why a text is not a key of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatFault {
    /// It has not the shape of a key.
    Malformed,
    /// It has the shape, and the checksum is of another text: a typing error.
    BadChecksum,
}

/// A whole API key: the secret.
///
/// It cannot be printed, compared, serialised or stored; it is wiped from memory when dropped.
/// [`ApiKey::expose`] is the only way to its text.
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Draws a new key for this environment and id.
    ///
    /// # Errors
    /// If the source of randomness fails.
    pub fn draw(
        environment: Environment,
        id: KeyId,
        entropy: &mut dyn Entropy,
    ) -> std::io::Result<Self> {
        // Room for all of it at once: a string that grows would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str(PREFIX);
        text.push_str(environment.as_str());
        text.push('_');
        text.push_str(id.as_str());
        text.push('_');
        for _ in 0..SECRET_LENGTH {
            text.push(char::from(BASE62[draw(entropy, 62)?]));
        }
        let mut sum = checksum(&text);
        text.extend(sum.iter().copied().map(char::from));
        sum.zeroize();
        Ok(ApiKey(text))
    }

    /// Reads a key of this format.
    ///
    /// # Errors
    /// What is wrong with it, never what it is.
    pub fn parse(text: &str) -> Result<Self, FormatFault> {
        let key = ApiKey(Zeroizing::new(text.to_owned()));
        key.id().map(|_| key)
    }

    /// The id inside a well-formed key.
    ///
    /// # Errors
    /// What is wrong with it, if it is not well formed.
    pub fn id(&self) -> Result<KeyId, FormatFault> {
        id_inside(&self.0)
    }

    /// The hash that stands for the key in the store.
    pub fn digest(&self) -> Digest {
        Digest::of_key(&self.0)
    }

    /// The secret itself. Whoever calls this shows it to the one person or program it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The id inside a well-formed key.
pub(crate) fn id_inside(key: &str) -> Result<KeyId, FormatFault> {
    let malformed = FormatFault::Malformed;
    let rest = key.strip_prefix(PREFIX).ok_or(malformed)?;
    let (environment, rest) = rest.split_once('_').ok_or(malformed)?;
    Environment::from_str(environment).map_err(|_| malformed)?;
    let (id, secret) = rest.split_once('_').ok_or(malformed)?;
    let upper = id.bytes().any(|c| c.is_ascii_uppercase());
    let id = KeyId::from_str(id).map_err(|_| malformed)?;
    if upper
        || secret.len() != SECRET_LENGTH + CHECKSUM_LENGTH
        || !secret.bytes().all(|c| c.is_ascii_alphanumeric())
    {
        return Err(malformed);
    }
    let (body, sum) = key.split_at(key.len() - CHECKSUM_LENGTH);
    if sum.as_bytes() == checksum(body) {
        Ok(id)
    } else {
        Err(FormatFault::BadChecksum)
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::api_key::entropy::tests::{Broken, Counter};

    const VECTOR: &str = EXAMPLE;

    #[test]
    fn a_drawn_key_has_the_format_and_reads_back() {
        for start in 0..=255 {
            let entropy = &mut Counter(start);
            let id = KeyId::draw(entropy).unwrap();
            let key = ApiKey::draw(Environment::Test, id, entropy).unwrap();
            assert_eq!(key.expose().len(), 62);
            assert!(key.expose().starts_with("zenflow_test_"));
            assert_eq!(ApiKey::parse(key.expose()).unwrap().id(), Ok(id));
        }
    }

    #[test]
    fn a_failing_source_of_randomness_yields_no_key() {
        assert!(KeyId::draw(&mut Broken).is_err());
        let id = "k3m9x2q7vd".parse().unwrap();
        assert!(ApiKey::draw(Environment::Live, id, &mut Broken).is_err());
    }

    #[test]
    fn any_changed_missing_added_or_swapped_character_is_found() {
        for at in 0..VECTOR.len() {
            let mut missing = VECTOR.to_owned();
            missing.remove(at);
            assert!(ApiKey::parse(&missing).is_err(), "{missing}");
            let mut added = VECTOR.to_owned();
            added.insert(at, '7');
            assert!(ApiKey::parse(&added).is_err(), "{added}");
            for c in BASE62
                .iter()
                .copied()
                .map(char::from)
                .filter(|c| !VECTOR[at..].starts_with(*c))
            {
                let changed = format!("{}{c}{}", &VECTOR[..at], &VECTOR[at + 1..]);
                assert!(ApiKey::parse(&changed).is_err(), "{changed}");
            }
            if at > 0 && VECTOR.as_bytes()[at] != VECTOR.as_bytes()[at - 1] {
                let mut swapped = VECTOR.as_bytes().to_vec();
                swapped.swap(at, at - 1);
                assert!(ApiKey::parse(std::str::from_utf8(&swapped).unwrap()).is_err());
            }
        }
    }

    #[test]
    fn a_fault_of_the_checksum_is_told_from_one_of_the_shape() {
        let fault = |text: &str| ApiKey::parse(text).unwrap_err();
        assert_eq!(
            fault(&VECTOR.replace("0t88JO", "0t88JP")),
            FormatFault::BadChecksum
        );
        assert_eq!(
            fault(&VECTOR.replace("ABC", "ACB")),
            FormatFault::BadChecksum
        );
        assert_eq!(fault(&VECTOR.to_lowercase()), FormatFault::BadChecksum);
        for text in [
            "",
            "zenflow_live_",
            &VECTOR.to_uppercase(),
            &format!("Bearer {VECTOR}"),
            &format!("\"{VECTOR}\""),
            &format!("{VECTOR} "),
            &VECTOR.replace("k3m9", "K3M9"),
            &VECTOR.replace("k3m9", "33m9"),
            &VECTOR.replace("k3m9", "k3i9"),
            &VECTOR.replace("live", "prod"),
            &VECTOR.replace('A', "А"),
            &VECTOR.replace('0', "-"),
        ] {
            assert_eq!(fault(text), FormatFault::Malformed, "{text}");
        }
    }

    #[test]
    fn debug_and_display_forms_show_nothing_of_the_secret() {
        let key = ApiKey::parse(VECTOR).unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(redacted)");
        assert_eq!(
            key.id().unwrap().display(Environment::Live),
            "zenflow_live_k3m9x2q7vd_…"
        );
    }
}
