//! What a client can write into a line must not hide its request: text that is no text is unknown.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text of a JSON object; empty if it is missing or something else.
#[derive(Debug, Default)]
pub struct LenientText<'l>(pub Cow<'l, str>);

impl<'l, 'de: 'l> Deserialize<'de> for LenientText<'l> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = LenientText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(LenientText(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(LenientText(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(LenientText::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(LenientText::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(LenientText::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(LenientText::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(LenientText::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(LenientText::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
        while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(LenientText::default())
    }
}

/// The line with a replacement character for whatever is no Unicode in it: bytes that are not
/// UTF-8, and halves of surrogate pairs that JSON escapes. `None` if there is nothing of the kind.
pub fn mended(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let mut mended = String::new();
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended += before;
        let (written, read) = match (surrogate(escape), surrogate(escape.get(6..).unwrap_or(""))) {
            (Some(Half::High), Some(Half::Low)) => (&escape[..12], 12),
            (Some(_), _) => ("\\ufffd", 6),
            // A backslash that is escaped begins no escape.
            (None, _) => {
                let two = escape
                    .char_indices()
                    .nth(2)
                    .map_or(escape.len(), |(at, _)| at);
                (&escape[..two], two)
            }
        };
        mended += written;
        rest = &escape[read..];
    }
    mended += rest;
    (mended.as_bytes() != line).then_some(mended)
}

enum Half {
    High,
    Low,
}

/// The half of a surrogate pair that the text begins with, escaped: `\ud83d`.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_unicode_is_replaced() {
        for (line, expected) in [
            (
                &b"plain \\u00e9 \\ud83d\\ude00 \\\\ud800 \xc3\xa9 \\"[..],
                None,
            ),
            (b"a\xffb", Some("a\u{fffd}b")),
            (b"\\ud800", Some("\\ufffd")),
            (b"\\uDFFF\\ud83d\\ude00", Some("\\ufffd\\ud83d\\ude00")),
            (b"\\ud83d\\ud83d\\ude00x", Some("\\ufffd\\ud83d\\ude00x")),
            (b"\\\\\\ud800\\u12", Some("\\\\\\ufffd\\u12")),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(mended(line), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_text_is_empty() {
        for (json, text) in [
            (r#""/orders""#, "/orders"),
            (r#""/a\nb""#, "/a\nb"),
            ("17", ""),
            ("-17", ""),
            ("1.5", ""),
            ("null", ""),
            ("true", ""),
            (r#"["/orders",{"a":[1]}]"#, ""),
            (r#"{"path":"/orders"}"#, ""),
        ] {
            assert_eq!(
                serde_json::from_str::<LenientText>(json).unwrap().0,
                text,
                "{json}"
            );
        }
    }
}
