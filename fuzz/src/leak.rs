//! The finder of leaked keys finds what a plain search at every place finds, however the content is
//! cut.

use std::path::Path;

use zenflow_keys::domain::ApiKey;
use zenflow_keys::domain::api_key::{EXAMPLE, KEY_LENGTH, checksum};
use zenflow_keys::internals::{Finder, Found, KnownKeys, search_bytes};

const ALLOW: &str = "zenflow-keys:allow";

/// How the characters of a text stand in the bytes: the step from one to the next, and where a NUL
/// is beside each.
type Encoding = (usize, Option<isize>);

const ASCII: Encoding = (1, None);
const LITTLE_ENDIAN: Encoding = (2, Some(1));
const BIG_ENDIAN: Encoding = (2, Some(-1));

/// A place: its line, its column, and the id inside the key.
type Place = (u64, u64, String);

pub fn holds(bytes: &[u8]) {
    let (step, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let content = content(rest);
    let (places, look_alikes, allowed_lines) = plainly(&content);
    let known = KnownKeys::default();
    let mut finder = Finder::new(&known);
    let whole = finder.search(&content);
    assert_eq!(of(&whole), places);
    assert_eq!(
        (whole.look_alikes, whole.allowed_lines),
        (look_alikes, allowed_lines)
    );
    assert_eq!(whole.bytes, content.len() as u64);
    content
        .chunks(usize::from(*step) + 1)
        .for_each(|chunk| finder.feed(chunk));
    assert_eq!(finder.finish(), whole);
    // A content that begins like gzip and is none is searched as it is.
    let begins_like_gzip = [&[0x1f, 0x8b][..], rest].concat();
    search_bytes(&mut finder, &begins_like_gzip, Path::new("x.gz"));
    assert_eq!(finder.search(&content), whole);
}

/// The bytes; the highest of them stand for keys and for [`ALLOW`], in each encoding.
fn content(bytes: &[u8]) -> Vec<u8> {
    let body = "zenflow_test_k3m9x2q7vd_0123456789abcdefghijklmnopqrstuv";
    let sum = checksum(body);
    let key = body.to_owned() + std::str::from_utf8(&sum).unwrap();
    let wrong = key.replace("test", "live");
    let mut content = Vec::new();
    for byte in bytes {
        let (text, encoding) = match byte {
            0xe0..0xe3 => (&key[..], byte - 0xe0),
            0xe3..0xe6 => (&wrong[..], byte - 0xe3),
            0xe6..0xe9 => (ALLOW, byte - 0xe6),
            0xe9..0xec => (EXAMPLE, byte - 0xe9),
            0xec..0xef => ("zenflow_live_", byte - 0xec),
            byte => {
                content.push(*byte);
                continue;
            }
        };
        for character in text.bytes() {
            match encoding {
                0 => content.push(character),
                1 => content.extend([character, 0]),
                _ => content.extend([0, character]),
            }
        }
    }
    content
}

fn of(found: &Found) -> Vec<Place> {
    found
        .occurrences
        .iter()
        .map(|one| (one.line, one.column, one.id.unwrap().to_string()))
        .collect()
}

/// The places of keys, how many look-alikes there are, and how many allowed lines.
fn plainly(content: &[u8]) -> (Vec<Place>, u64, u64) {
    let (mut all, mut look_alikes, mut allowed_lines) = (Vec::new(), 0, 0);
    let mut line_start = 0;
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let mut places = Vec::new();
        let mut is_allowed = false;
        for at in 0..line.len() {
            is_allowed |= [ASCII, LITTLE_ENDIAN, BIG_ENDIAN]
                .iter()
                .any(|encoding| text(line, at, *encoding, ALLOW.len()).0 == ALLOW);
            let wide = if (line_start + at).is_multiple_of(2) {
                [LITTLE_ENDIAN, BIG_ENDIAN]
            } else {
                [BIG_ENDIAN, LITTLE_ENDIAN]
            };
            for encodings in [&[ASCII][..], &wide] {
                let judged: Vec<_> = encodings
                    .iter()
                    .map(|encoding| (judge(line, at, *encoding), *encoding))
                    .collect();
                if let Some((Judged::Key(id), encoding)) = judged
                    .iter()
                    .find(|(judged, _)| matches!(judged, Judged::Key(_)))
                {
                    let column = at + 1 - usize::from(*encoding == BIG_ENDIAN);
                    places.push((number as u64 + 1, column as u64, id.clone()));
                } else if judged
                    .iter()
                    .any(|(judged, _)| *judged == Judged::LookAlike)
                {
                    look_alikes += 1;
                }
            }
        }
        if is_allowed {
            allowed_lines += u64::from(!places.is_empty());
        } else {
            all.extend(places);
        }
        line_start += line.len() + 1;
    }
    (all, look_alikes, allowed_lines)
}

#[derive(PartialEq)]
enum Judged {
    Key(String),
    LookAlike,
    Nothing,
}

fn judge(line: &[u8], at: usize, encoding: Encoding) -> Judged {
    let (key, next) = text(line, at, encoding, KEY_LENGTH);
    if key == EXAMPLE || next.is_some_and(|next| next.is_ascii_alphanumeric()) {
        return Judged::Nothing;
    }
    match ApiKey::parse(&key) {
        Ok(key) => Judged::Key(key.id().unwrap().to_string()),
        Err(zenflow_keys::domain::api_key::FormatFault::BadChecksum) => Judged::LookAlike,
        Err(_) => Judged::Nothing,
    }
}

/// So many ASCII characters from here on, as far as there are, and the one behind them.
fn text(line: &[u8], at: usize, (step, nul): Encoding, length: usize) -> (String, Option<char>) {
    let mut text = String::new();
    for place in (at..).step_by(step).take(length + 1) {
        let beside = nul.map(|nul| {
            place
                .checked_add_signed(nul)
                .and_then(|place| line.get(place).copied())
        });
        match (line.get(place), beside) {
            (Some(byte), None | Some(Some(0))) if byte.is_ascii() => text.push(char::from(*byte)),
            _ => break,
        }
    }
    let next = text.chars().nth(length);
    text.truncate(length);
    (text, next)
}
