//! Presented keys are sorted as a plain reader of the format sorts them, a key that is made is read
//! back, and one changed character is noticed.

use zenflow_keys::domain::api_key::{BASE32, BASE62, FormatFault, checksum};
use zenflow_keys::domain::secret_text::{holds_a_key, masked};
use zenflow_keys::domain::{ApiKey, KeyId, Presented};

use super::Choices;

pub fn holds(bytes: &[u8]) {
    is_sorted_as_the_model_sorts_it(bytes);
    let text = String::from_utf8_lossy(bytes);
    let is_escaped = text.contains(['%', '\\']);
    assert!(holds_a_key(&text) == model_holds_a_key(&text) || is_escaped && holds_a_key(&text));
    assert!(is_escaped || !holds_a_key(&masked(&text)));
    is_an_id_only_if_it_has_the_form(&text);
    a_made_key_is_read_back(&mut Choices(bytes));
}

/// What can be told of a presented key without a store.
#[derive(Debug, PartialEq)]
enum Sort {
    Missing,
    Malformed,
    Candidate,
    BadChecksum,
    Key(String),
}

fn is_sorted_as_the_model_sorts_it(bytes: &[u8]) {
    let presented = Presented::from_bytes(bytes);
    let sort = match &presented {
        Presented::Missing => Sort::Missing,
        Presented::Malformed => Sort::Malformed,
        Presented::Candidate { id, .. } => match id {
            Err(FormatFault::Malformed) => Sort::Candidate,
            Err(FormatFault::BadChecksum) => Sort::BadChecksum,
            Ok(id) => Sort::Key(id.to_string()),
        },
    };
    assert_eq!(sort, model(bytes));
    assert_eq!(
        presented.digest().is_some(),
        !matches!(sort, Sort::Missing | Sort::Malformed)
    );
    assert!(!format!("{presented:?}").contains("zenflow_"));
    let end = |more: &[u8]| [bytes, more].concat();
    if bytes.len() < 4000 && !bytes.ends_with(b"\n") && !bytes.ends_with(b"\r") {
        assert_eq!(
            Presented::from_bytes(&end(b"\n")).digest(),
            presented.digest()
        );
        assert_eq!(
            Presented::from_bytes(&end(b"\r\n")).digest(),
            presented.digest()
        );
    }
}

/// The format by places, not by separators.
fn model(bytes: &[u8]) -> Sort {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Sort::Malformed;
    };
    let line = text
        .strip_suffix("\r\n")
        .or_else(|| text.strip_suffix('\n'))
        .unwrap_or(text);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.len() > 4096 {
        return Sort::Malformed;
    } else if line.chars().all(char::is_whitespace) {
        return Sort::Missing;
    } else if !(line.starts_with("zenflow_live_") || line.starts_with("zenflow_test_"))
        || line.len() > 200
        || !line.chars().all(is_word)
    {
        return Sort::Malformed;
    }
    let line = line.as_bytes();
    let is_key = line.len() == 62
        && line[13].is_ascii_lowercase()
        && line[13..23]
            .iter()
            .all(|c| c.is_ascii_digit() || (c.is_ascii_lowercase() && !b"ilou".contains(c)))
        && line[23] == b'_'
        && line[24..].iter().all(u8::is_ascii_alphanumeric);
    if !is_key {
        return Sort::Candidate;
    }
    let sum = line[56..].iter().fold(0_u64, |sum, c| {
        sum * 62 + BASE62.iter().position(|digit| digit == c).unwrap() as u64
    });
    if sum == u64::from(crc32(&line[..56])) {
        Sort::Key(String::from_utf8_lossy(&line[13..23]).into_owned())
    } else {
        Sort::BadChecksum
    }
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// A prefix in any case, and then ten characters, `_` and an alphanumeric, or sixteen
/// alphanumerics, or a word with 32 of them in a row; or 38 that stand alone.
fn model_holds_a_key(text: &str) -> bool {
    let chars: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    chars.windows(13).enumerate().any(|(start, window)| {
        let window: String = window.iter().collect();
        let rest = &chars[start + 13..];
        let is_long = rest.len() >= 16 && rest[..16].iter().all(char::is_ascii_alphanumeric);
        let is_ours = rest.len() >= 12 && rest[10] == '_' && rest[11].is_ascii_alphanumeric();
        let mut runs = rest
            .split(|c| !c.is_ascii_alphanumeric() && !"_-".contains(*c))
            .next()
            .into_iter()
            .flat_map(|word| word.split(|c| "_-".contains(*c)));
        let is_most = runs.any(|run| run.len() >= 32);
        (window == "zenflow_live_" || window == "zenflow_test_") && (is_long || is_ours || is_most)
    }) || chars
        .split(|c| !c.is_ascii_alphanumeric())
        .any(|run| run.len() == 38)
}

fn is_an_id_only_if_it_has_the_form(text: &str) {
    let lower = text.to_ascii_lowercase();
    let is_id = lower.len() == 10
        && lower.bytes().all(|c| BASE32.contains(&c))
        && lower.starts_with(|c: char| c.is_ascii_lowercase());
    assert_eq!(
        text.parse::<KeyId>().ok().map(|id| id.to_string()),
        is_id.then_some(lower)
    );
}

fn a_made_key_is_read_back(choices: &mut Choices<'_>) {
    let mut text = String::from(choices.one(&["zenflow_live_", "zenflow_test_"]));
    text.push(char::from(choices.one(&BASE32[10..])));
    text.extend((0..9).map(|_| char::from(choices.one(BASE32))));
    text.push('_');
    text.extend((0..32).map(|_| char::from(choices.one(BASE62))));
    let sum = checksum(&text);
    text.extend(sum.map(char::from));
    assert_eq!(
        ApiKey::parse(&text).unwrap().id().unwrap().as_str(),
        &text[13..23]
    );
    assert!(holds_a_key(&format!("x{}y", text.to_uppercase())));

    let (place, other) = (choices.below(62), choices.byte() & 0x7f);
    if text.as_bytes()[place] != other {
        let changed = format!(
            "{}{}{}",
            &text[..place],
            char::from(other),
            &text[place + 1..]
        );
        assert!(ApiKey::parse(&changed).is_err(), "character {place}");
    }
}
