//! How JSON is written, whatever the document. The struct of each document stands with its topic.
//!
//! Absent values are `null`, never missing. Hidden characters are written as `\uXXXX`.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::domain::Timestamp;
use crate::error::Error;
use crate::view::Output;
use crate::view::text::escape::is_hidden;

/// The version of all documents.
pub const SCHEMA_VERSION: u8 = 1;

/// A document: its version, then its fields.
#[derive(Serialize)]
pub struct Document<T> {
    schema_version: u8,
    #[serde(flatten)]
    body: T,
}

impl<T> Document<T> {
    /// A document of the present version.
    pub fn new(body: T) -> Self {
        Document {
            schema_version: SCHEMA_VERSION,
            body,
        }
    }
}

/// Compact JSON in which hidden characters are escaped.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_escaped(writer, fragment, is_hidden)
    }

    /// JSON that somebody else wrote. Tabs and line ends are never inside of its strings, and
    /// between its parts they are left out: a reader that takes a CR for a line end would see two
    /// lines.
    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        fragment
            .split(['\t', '\n', '\r'])
            .try_for_each(|part| write_escaped(writer, part, is_hidden))
    }
}

fn write_escaped<W: ?Sized + Write>(
    writer: &mut W,
    fragment: &str,
    is_hidden: impl Fn(char) -> bool,
) -> io::Result<()> {
    // Nearly every text is plain, and that is seen sooner than character by character.
    if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return writer.write_all(fragment.as_bytes());
    }
    let mut rest = fragment;
    while let Some(at) = rest.find(&is_hidden) {
        let (plain, tail) = rest.split_at(at);
        writer.write_all(plain.as_bytes())?;
        let mut chars = tail.chars();
        if let Some(hidden) = chars.next() {
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        rest = chars.as_str();
    }
    writer.write_all(rest.as_bytes())
}

/// Writes one value on one line, without a line end.
pub fn write(writer: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    value
        .serialize(&mut serde_json::Serializer::with_formatter(
            writer, Escaping,
        ))
        .map_err(io::Error::from)
}

/// An instant as text, without memory of its own: a list of many keys has a few in each line.
#[derive(Clone, Copy)]
pub struct Instant([u8; 20]);

impl Instant {
    /// The instant, to the second.
    pub fn new(instant: Timestamp) -> Self {
        Instant(instant.to_text())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an instant is written in ASCII")
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A document with one array, which grows item by item and is written once it is whole: so a failure
/// leaves standard output empty.
pub struct JsonArray {
    document: Vec<u8>,
    is_empty: bool,
}

impl JsonArray {
    /// An empty array in this field.
    pub fn new(field: &str) -> Self {
        let document =
            format!("{{\"schema_version\":{},\"{field}\":[", SCHEMA_VERSION).into_bytes();
        JsonArray {
            document,
            is_empty: true,
        }
    }

    /// Adds an item.
    pub fn add(&mut self, item: &impl Serialize) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.document.push(b',');
        }
        write(&mut self.document, item).map_err(|e| Error::io("write JSON", e))
    }

    /// Adds items that stand in JSON already.
    pub fn add_items(&mut self, items: Vec<u8>) -> Result<(), Error> {
        self.document.extend(items);
        Ok(())
    }

    /// Writes the document.
    pub fn end(mut self, output: &mut Output<'_>) -> Result<(), Error> {
        self.document.extend(b"]}\n");
        output.bytes(&self.document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::View;
    use crate::view::presets::PresetCatalogue;

    #[test]
    fn hidden_characters_are_escaped_and_read_back() {
        let text = "a\u{1b}[1m\u{9b}\u{202e}\u{200b}\u{e0041}é\"\\";
        let mut written = Vec::new();
        write(&mut written, &text).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert_eq!(
            written,
            "\"a\\u001b[1m\\u009b\\u202e\\u200b\\udb40\\udc41é\\\"\\\\\""
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn a_document_says_its_version_first() {
        let mut written = Vec::new();
        write(&mut written, &Document::new(PresetCatalogue.json())).unwrap();
        assert!(written.starts_with(b"{\"schema_version\":1,\"presets\":[{\"id\":\"read-only\""));
    }
}
