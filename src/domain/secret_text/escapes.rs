//! Texts as they are meant: without the escapes of URLs, JSON, logs and Markdown.

use std::borrow::Cow;

/// How many layers of escapes are looked through: an address in an address in a log.
const LAYERS: usize = 3;

/// A text as it stands, or as it is meant once a layer of escapes is taken off.
pub struct TextReading<'t> {
    /// What it says.
    pub bytes: Cow<'t, [u8]>,
    /// Where each byte and the end stand in the text; empty where nothing was escaped.
    places: Vec<usize>,
}

impl TextReading<'_> {
    pub(super) fn source(&self, at: usize) -> usize {
        if self.places.is_empty() {
            at
        } else {
            self.places[at]
        }
    }

    /// Without one layer of escapes, if there is one.
    fn unescaped<'r>(&self) -> Option<TextReading<'r>> {
        if !self.bytes.iter().any(|byte| matches!(byte, b'%' | b'\\')) {
            return None;
        }
        let (mut bytes, mut places, mut at) = (Vec::new(), Vec::new(), 0);
        while at < self.bytes.len() {
            let (byte, length) = escape(&self.bytes[at..]).unwrap_or((self.bytes[at], 1));
            bytes.push(byte);
            places.push(self.source(at));
            at += length;
        }
        places.push(self.source(at));
        (bytes.len() < self.bytes.len()).then_some(TextReading {
            bytes: bytes.into(),
            places,
        })
    }
}

/// A text as it stands, then without one layer of escapes after the other.
pub fn readings(text: &[u8]) -> impl Iterator<Item = TextReading<'_>> {
    let plain = TextReading {
        bytes: text.into(),
        places: Vec::new(),
    };
    std::iter::successors(Some(plain), |reading| reading.unescaped()).take(1 + LAYERS)
}

/// The byte that an escape at the beginning stands for, and the length of the escape: `%5F` of
/// URLs, `\x5F` of nginx, `\u005f` and `\n` of JSON, `\_` of Markdown.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: &[u8]| {
        let digits = digits.get(..2)?;
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        u8::try_from(digit(0)? * 16 + digit(1)?).ok()
    };
    match text {
        [b'%', rest @ ..] => Some((hex(rest)?, 3)),
        [b'\\', b'x', rest @ ..] => Some((hex(rest)?, 4)),
        [b'\\', b'u', b'0', b'0', rest @ ..] => Some((hex(rest)?, 6)),
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => Some((b' ', 2)),
        [b'\\', other, ..] if other.is_ascii_punctuation() => Some((*other, 2)),
        _ => None,
    }
}
