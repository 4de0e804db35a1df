//! API keys, or most of one, in text that is not meant to hold any: whether there is one, and the
//! text without it.
//!
//! The one place that recognises them, for arguments, variables, stored texts and logs. It looks
//! for what begins like a key, in any case and however a log or a URL has escaped it, and for a
//! bare run of as many characters of base62 as a secret and its checksum have. Digests and UUIDs
//! have other lengths: 32, 40, 56, 64, 96, 128.

pub mod escapes;

use std::ops::Range;

use crate::domain::Environment;
use crate::domain::api_key::{CHECKSUM_LENGTH, ID_LENGTH, PREFIX, SECRET_LENGTH};

pub use crate::domain::secret_text::escapes::{TextReading, readings};

/// A secret and its checksum.
const BARE: usize = SECRET_LENGTH + CHECKSUM_LENGTH;
/// So many characters of base62 after a prefix are too much of a secret, wherever they stand.
const ENOUGH: usize = 32;
/// So many alphanumerics right after a prefix are too much of a key.
const ENOUGH_AT_ONCE: usize = 16;
/// No text with fewer bytes holds as much of a key: a prefix, an id, `_` and one character.
const SHORTEST: usize = PREFIX.len() + "live_".len() + ID_LENGTH + 2;
/// Whether a text holds what may be a key, or most of one. The display form
/// (`zenflow_live_k3m9x2q7vd_…`) is not one.
pub fn holds_a_key(text: &str) -> bool {
    text.len() >= SHORTEST
        && readings(text.as_bytes()).any(|reading| {
            let bytes = &reading.bytes[..];
            beginnings(bytes).any(|key| is_most_of_a_key(&bytes[key.start..]))
                || bare_runs(bytes).next().is_some()
        })
}

/// Whether a text, as it stands, begins somewhere like a key and goes on into the secret. This
/// much every version has kept out of the store.
pub(crate) fn shows_a_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    beginnings(bytes).any(|key| enters_the_secret(&bytes[key.start..]))
}

/// The text with nothing left of whatever begins like a key, but its beginning, and of whatever
/// may be a bare secret.
pub fn masked(text: &str) -> String {
    let mut hidden = Vec::new();
    for reading in readings(text.as_bytes()) {
        let keys = beginnings(&reading.bytes).filter(|key| !key.is_empty());
        hidden.extend(
            keys.chain(bare_runs(&reading.bytes))
                .map(|part| reading.source(part.start)..reading.source(part.end)),
        );
    }
    hidden.sort_unstable_by_key(|part| (part.start, part.end));
    let (mut masked, mut rest) = (String::with_capacity(text.len()), 0);
    for part in hidden {
        if part.start >= rest {
            masked.push_str(&text[rest..part.start]);
            masked.push('…');
        }
        rest = rest.max(part.end);
    }
    masked.push_str(&text[rest..]);
    masked
}

/// What could belong to a key after each `zenflow_live_` or `zenflow_test_`, in any case.
fn beginnings(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    (0..bytes.len())
        .filter(|at| bytes[*at] | 0x20 == PREFIX.as_bytes()[0])
        .filter_map(|at| {
            let rest = after_prefix(&bytes[at..])?;
            let start = bytes.len() - rest.len();
            let behind_id = secret_behind_id(rest).map_or(0, |at| at + word(&rest[at..]).len());
            Some(start..start + word(rest).len().max(behind_id))
        })
}

/// What follows `zenflow_live_` or `zenflow_test_`, in any case.
fn after_prefix(text: &[u8]) -> Option<&[u8]> {
    let strip = |text: &'_ [u8], word: &str| {
        text.get(..word.len())
            .filter(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            .map(<[u8]>::len)
    };
    let rest = &text[strip(text, PREFIX)?..];
    let rest = Environment::ALL
        .iter()
        .find_map(|environment| Some(&rest[strip(rest, environment.as_str())?..]))?;
    rest.strip_prefix(b"_")
}

/// Whether a byte can stand in a key, ours or one of ZenFlow's dashboard.
pub fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The characters of keys with which this begins.
fn word(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().take_while(|byte| is_of_key(**byte));
    &bytes[..length.count()]
}

fn is_most_of_a_key(after_prefix: &[u8]) -> bool {
    enters_the_secret(after_prefix)
        || word(after_prefix)
            .split(|byte| !byte.is_ascii_alphanumeric())
            .any(|run| run.len() >= ENOUGH)
}

/// Whether 10 characters, `_` and an alphanumeric follow; or 16 alphanumerics.
fn enters_the_secret(after_prefix: &[u8]) -> bool {
    let at_once = after_prefix
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric());
    secret_behind_id(after_prefix).is_some() || at_once.count() >= ENOUGH_AT_ONCE
}

/// Where a secret begins, with its `_`, if one does behind 10 characters, whatever they are.
fn secret_behind_id(after_prefix: &[u8]) -> Option<usize> {
    let is_beginning_of_character = |byte: u8| byte & 0xc0 != 0x80;
    let behind_id = (0..after_prefix.len())
        .filter(|at| is_beginning_of_character(after_prefix[*at]))
        .nth(ID_LENGTH)?;
    matches!(&after_prefix[behind_id..], [b'_', next, ..] if next.is_ascii_alphanumeric())
        .then_some(behind_id)
}

/// The runs of exactly as many characters of base62 as a secret and its checksum have.
fn bare_runs(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    // Each such run holds exactly one of these places.
    (BARE - 1..bytes.len()).step_by(BARE).filter_map(|at| {
        let is_of_run = |byte: &&u8| byte.is_ascii_alphanumeric();
        let (before, after) = bytes.split_at(at);
        let start = at - before.iter().rev().take(BARE).take_while(is_of_run).count();
        let end = at + after.iter().take(BARE + 1).take_while(is_of_run).count();
        (end > at && end - start == BARE).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    const SECRET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

    /// The key as others would write it.
    fn spellings(key: &str) -> [String; 10] {
        let percent = key.replace('_', "%5F");
        [
            key.to_owned(),
            key.to_uppercase(),
            key.to_lowercase(),
            percent.clone(),
            key.replace('_', "%5f"),
            percent.replace('%', "%25"),
            percent.replace('%', "%2525"),
            key.replace('_', r"\x5F"),
            key.replace('_', r"\u005f"),
            key.replace('_', r"\_"),
        ]
    }

    #[test]
    fn a_text_that_holds_a_key_is_recognised_and_the_display_form_is_not() {
        for text in [
            KEY,
            &format!("--note=x{KEY}"),
            "zenflow_live_k3m9x2q7vd_0",
            "zenflow_test_éééééééééé_a",
            "ZenFlow_Live_0123456789ABCDEF",
            "zenflow_live_x zenflow_test_0123456789abcdef",
            "zenflow%5Ftest%5F0123456789abcdef",
        ] {
            assert!(holds_a_key(text), "{text}");
        }
        for text in [
            "",
            "zenflow_live_",
            "zenflow_live_k3m9x2q7vd",
            "zenflow_live_k3m9x2q7vd_",
            "zenflow_live_k3m9x2q7vd_…",
            "zenflow_live_k3m9x2q7vd_...",
            "zenflow%5Flive%5Fk3m9x2q7vd%5F…",
            "zenflow_live_0123456789abcde",
            "zenflow_prod_0123456789abcdef",
            "zenflow-live-0123456789abcdef",
            "ERP Integration",
        ] {
            assert!(!holds_a_key(text), "{text}");
        }
    }

    #[test]
    fn a_key_that_lacks_one_character_is_recognised_in_every_spelling() {
        for at in 0..KEY.len() {
            let mut most = KEY.to_owned();
            most.remove(at);
            for key in [KEY, &most].into_iter().flat_map(spellings) {
                assert!(holds_a_key(&key), "{key}");
                assert!(holds_a_key(&format!("note: {key}, {key}")), "{key}");
            }
        }
    }

    #[test]
    fn thirty_two_characters_after_a_prefix_are_too_many_and_a_bare_run_has_thirty_eight() {
        let run = |length: usize| "aB3".repeat(40)[..length].to_owned();
        for (length, held) in [(31, false), (32, true), (37, true)] {
            let text = format!("zenflow_live_k3m_{}", run(length));
            assert_eq!(holds_a_key(&text), held, "{text}");
            let apart = format!("zenflow_live_k3m9x2q7vd_… {}", run(length));
            assert!(!holds_a_key(&apart), "{apart}");
        }
        for (length, held) in [(37, false), (38, true), (39, false)] {
            for (before, after) in [("", ""), ("key=", " "), ("é", "é"), ("x_", "-y")] {
                let text = format!("{before}{}{after}", run(length));
                assert_eq!(holds_a_key(&text), held, "{text}");
            }
        }
        for start in 0..120 {
            let text = format!("{}{SECRET} and more", ".".repeat(start));
            assert!(holds_a_key(&text), "{text}");
        }
    }

    #[test]
    fn ordinary_notes_digests_and_uuids_are_no_keys() {
        for text in [
            "550e8400-e29b-41d4-a716-446655440000",
            "550e8400e29b41d4a716446655440000",
            "d41d8cd98f00b204e9800998ecf8427e",
            "deployed from 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "17:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha512 cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "Donaudampfschifffahrtsgesellschaftskapitän",
            "https://tickets.example.org/browse/OPS-1234?focusedId=98765&page=comment%20tab",
            "/home/zenflow_live/.local/share/zenflow-keys/keys.db",
            r"C:\new\times\x",
            "100 % sure, 50% of 50%5",
        ] {
            assert!(!holds_a_key(text), "{text}");
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn nothing_of_a_secret_is_left_in_a_masked_text() {
        for (text, shown) in [
            (format!("a {KEY} b"), "a zenflow_live_… b"),
            (KEY.to_uppercase(), "ZENFLOW_LIVE_…"),
            (format!("{KEY}{KEY}"), "zenflow_live_…"),
            (format!("x{KEY},{KEY}"), "xzenflow_live_…,zenflow_live_…"),
            (KEY.replace('_', "%5F"), "zenflow%5Flive%5F…"),
            (
                format!("?{}&b", KEY.replace('_', "%255f")),
                "?zenflow%255flive%255f…&b",
            ),
            (
                format!("{}\\n", KEY.replace('_', "\\x5F")),
                "zenflow\\x5Flive\\x5F…\\n",
            ),
            (format!("é{}é", &KEY[1..]), "éenflow_live_k3m9x2q7vd_…é"),
            (format!("key%3D{SECRET}&x"), "key%3D…&x"),
            ("zenflow_test_aB-3".into(), "zenflow_test_…"),
            ("zenflow_test_k3m9x2q7vé_0123 b".into(), "zenflow_test_… b"),
            ("zenflow_live_".into(), "zenflow_live_"),
            (
                "zenflow_ zenflow_live zenflow".into(),
                "zenflow_ zenflow_live zenflow",
            ),
            ("é…zenflow_liveé".into(), "é…zenflow_liveé"),
        ] {
            assert_eq!(masked(&text), shown);
        }
        for key in spellings(KEY) {
            let masked = masked(&key);
            assert!(
                !masked.contains(&SECRET[..10]) && !masked.contains("456789"),
                "{masked}"
            );
            assert!(!holds_a_key(&masked), "{masked}");
        }
    }

    #[test]
    fn endless_escapes_are_not_followed_for_ever() {
        let text = format!("%{}", "25".repeat(100_000));
        assert!(!holds_a_key(&text));
    }
}
