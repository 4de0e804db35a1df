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

use crate::domain::words::words;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::Invalid;

/// What every key begins with; the environment follows.
pub const PREFIX: &str = "zenflow_";
/// The values 0 to 61 of a base62 character.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The values 0 to 31 of a character of an id: Crockford's base32, lower case, which has no `i`,
/// `l`, `o`, `u`.
pub const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

const fn is_base32(c: u8) -> bool {
    matches!(c, b'0'..=b'9' | b'a'..=b'z') && !matches!(c, b'i' | b'l' | b'o' | b'u')
}

pub(crate) const ID_LENGTH: usize = 10;
pub(crate) const SECRET_LENGTH: usize = 32;
pub(crate) const CHECKSUM_LENGTH: usize = 6;

/// The length of a key in characters.
pub const KEY_LENGTH: usize =
    PREFIX.len() + "live_".len() + ID_LENGTH + "_".len() + SECRET_LENGTH + CHECKSUM_LENGTH;

/// The example of the documentation. It is nobody's key.
pub const EXAMPLE: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

/// Where random bytes come from: the operating system, or a seeded generator in tests.
pub trait Entropy {
    /// Fills `bytes` with uniformly distributed bytes.
    ///
    /// # Errors
    /// If the source fails; nothing may be drawn then.
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

/// Draws a value below `limit` (at most 64) uniformly: six bits at a time, those out of range drawn
/// again.
fn draw(entropy: &mut dyn Entropy, limit: u8) -> std::io::Result<usize> {
    let mut byte = Zeroizing::new([0]);
    loop {
        entropy.fill(&mut *byte)?;
        let value = byte[0] & 0x3f;
        if value < limit {
            return Ok(usize::from(value));
        }
    }
}

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

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
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

/// The SHA-256 of a whole key: what the store keeps in its place, and the only thing that finds it
/// again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a whole key.
    pub(crate) fn of(key: &str) -> Self {
        Digest(Sha256::digest(key.as_bytes()).into())
    }

    /// The digest with these bytes, as the store kept it.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// Its first eight bytes as a number, by which digests can be put in order.
    pub fn beginning(&self) -> u64 {
        self.0
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
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
        Digest::of(&self.0)
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

    const VECTOR: &str = EXAMPLE;

    /// Every byte in turn, from a fixed start: a source that is easy to reason about.
    struct Counter(u8);

    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    struct Broken;

    impl Entropy for Broken {
        fn fill(&mut self, _: &mut [u8]) -> std::io::Result<()> {
            Err(std::io::Error::other("no entropy"))
        }
    }

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
    fn each_character_of_an_alphabet_is_drawn_equally_often() {
        let mut seen = [0; 62];
        let mut all_bytes = Counter(0);
        for _ in 0..62 * 4 {
            seen[draw(&mut all_bytes, 62).unwrap()] += 1;
        }
        assert_eq!(seen, [4; 62]);
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
