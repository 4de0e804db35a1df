//! The JSON contract: one struct for each document, and the way it is written.
//!
//! Absent values are `null`, never missing. Hidden characters are written as `\uXXXX`.

pub mod backup;
pub mod batch;
pub mod catalogue;
pub mod check;
pub mod doctor;
pub mod events;
pub mod keys;
pub mod manual;
pub mod prune;
pub mod review;
pub mod serve;
pub mod suggest;
pub mod usage;

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::domain::remedy::Hint;
use crate::domain::{Scope, ScopeSet, Timestamp};
use crate::error::Error;
use crate::view::text::escape::is_hidden;

pub use crate::view::json::catalogue::{Presets, Scopes};
pub use crate::view::json::check::{BriefKey, Checked};
pub use crate::view::json::events::{BadEvent, EVENT_COLUMNS, EventBody, Verified};
pub use crate::view::json::keys::{
    Changed, Created, KEY_COLUMNS, KeyBody, KeyReportBody, OneKey, Rotated,
};
pub use crate::view::json::manual::{Files, ManualPage, Script, Version};

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
    pub fn of(body: T) -> Self {
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
        for unit in chars
            .next()
            .map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            .unwrap_or_default()
        {
            write!(writer, "\\u{unit:04x}")?;
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
struct Instant([u8; 20]);

impl Instant {
    fn of(instant: Timestamp) -> Self {
        Instant(instant.to_text())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

fn words<S: Serializer>(scopes: &ScopeSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(scopes.iter().map(Scope::as_str))
}

fn text(value: impl std::fmt::Display) -> String {
    value.to_string()
}

/// A failure.
#[derive(Serialize)]
pub struct Failed {
    error: ErrorBody,
}

#[derive(Serialize)]
struct ErrorBody {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Failed {
    /// What went wrong, and what to do.
    pub fn of(error: &Error, hint: Option<&Hint<String>>) -> Self {
        Failed {
            error: ErrorBody {
                code: error.code.row().0,
                message: error.sentence(),
                hint: hint.map(ToString::to_string),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        write(&mut written, &Document::of(Presets::all())).unwrap();
        assert!(written.starts_with(b"{\"schema_version\":1,\"presets\":[{\"id\":\"read-only\""));
    }
}
