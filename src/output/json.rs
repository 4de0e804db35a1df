//! The JSON contract: one struct for each document, and the way it is written.
//!
//! Absent values are `null`, never missing. Hidden characters are written as `\uXXXX`.

pub mod backup;
pub mod batch;
pub mod doctor;
mod manual;
pub mod usage;

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use super::escape::is_hidden;
use crate::domain::event::Event;
use crate::domain::{Endpoint, Key, KeyId, Preset, Reason, Scope, ScopeSet, Timestamp, Verdict, preset};
use crate::error::Error;

pub use manual::{Files, ManualPage, Script, Version};

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
        Document { schema_version: SCHEMA_VERSION, body }
    }
}

/// Compact JSON in which hidden characters are escaped.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment, is_hidden)
    }

    /// JSON that somebody else wrote: what is hidden in it stands in a string, except for the blanks between its parts.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment, |c| is_hidden(c) && !c.is_ascii_whitespace())
    }
}

fn write_escaped<W: ?Sized + Write>(writer: &mut W, fragment: &str, is_hidden: impl Fn(char) -> bool) -> io::Result<()> {
    // Nearly every text is plain, and that is seen sooner than character by character.
    if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return writer.write_all(fragment.as_bytes());
    }
    let mut rest = fragment;
    while let Some(at) = rest.find(&is_hidden) {
        let (plain, tail) = rest.split_at(at);
        writer.write_all(plain.as_bytes())?;
        let mut chars = tail.chars();
        for unit in chars.next().map(|c| c.encode_utf16(&mut [0; 2]).to_vec()).unwrap_or_default() {
            write!(writer, "\\u{unit:04x}")?;
        }
        rest = chars.as_str();
    }
    writer.write_all(rest.as_bytes())
}

/// Writes one value on one line, without a line end.
pub fn write(writer: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(writer, Escaping)).map_err(io::Error::from)
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
    serializer.collect_seq(scopes.iter().map(Scope::word))
}

fn text(value: impl std::fmt::Display) -> String {
    value.to_string()
}

/// A key, everywhere.
#[derive(Serialize)]
pub struct KeyBody<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    display: String,
    status: &'static str,
    #[serde(serialize_with = "words")]
    scopes: ScopeSet,
    preset: Option<&'static str>,
    allowed_ips: Vec<String>,
    owner: Option<&'a str>,
    note: Option<&'a str>,
    created_at: Instant,
    expires_at: Option<Instant>,
    disabled_at: Option<Instant>,
    revoked_at: Option<Instant>,
    revocation_reason: Option<&'a str>,
    rotated_from: Option<&'a str>,
    rotated_to: Option<&'a str>,
    last_used_at: Option<Instant>,
    last_used_ip: Option<String>,
}

impl<'a> KeyBody<'a> {
    /// The key as of `now`.
    pub fn of(key: &'a Key, now: Timestamp) -> Self {
        let revocation = key.revocation.as_ref();
        KeyBody {
            id: key.id.as_str(),
            name: key.name.as_str(),
            environment: key.environment.word(),
            display: key.display(),
            status: key.status(now).word(),
            scopes: key.scopes,
            preset: key.preset().map(|preset| preset.id),
            allowed_ips: key.allowlist.entries().iter().map(text).collect(),
            owner: key.owner.as_ref().map(|owner| owner.as_str()),
            note: key.note.as_ref().map(|note| note.as_str()),
            created_at: Instant::of(key.created_at),
            expires_at: key.expires_at.map(Instant::of),
            disabled_at: key.disabled_at.map(Instant::of),
            revoked_at: revocation.map(|revocation| Instant::of(revocation.at)),
            revocation_reason: revocation.and_then(|revocation| revocation.reason.as_ref()).map(|reason| reason.as_str()),
            rotated_from: key.rotated_from.as_ref().map(KeyId::as_str),
            rotated_to: key.rotated_to.as_ref().map(KeyId::as_str),
            last_used_at: key.last_use.map(|last| Instant::of(last.at)),
            last_used_ip: key.last_use.and_then(|last| last.ip).map(text),
        }
    }
}

/// `update`, `allowlist …`.
#[derive(Serialize)]
pub struct OneKey<'a> {
    /// The key as it is now.
    pub key: KeyBody<'a>,
}

/// `create`.
#[derive(Serialize)]
pub struct Created<'a> {
    /// Whether a key was made.
    pub created: bool,
    /// The key that was made, or that has the name already.
    pub key: KeyBody<'a>,
    /// The secret, unless there is none or it went to a file.
    pub api_key: Option<&'a str>,
}

/// `rotate`.
#[derive(Serialize)]
pub struct Rotated<'a> {
    /// The new key.
    pub key: KeyBody<'a>,
    /// The secret, unless there is none or it went to a file.
    pub api_key: Option<&'a str>,
    /// The old key.
    pub replaces: KeyBody<'a>,
}

/// `revoke`, `disable`, `enable`.
#[derive(Serialize)]
pub struct Changed<'a> {
    /// The keys as they are now, or would be.
    pub keys: Vec<KeyBody<'a>>,
    /// How many of them changed, or would.
    pub changed: usize,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// `show`.
#[derive(Serialize)]
pub struct Shown<'a> {
    /// The key.
    pub key: KeyBody<'a>,
    /// Its rotation chain, oldest first, itself included.
    pub chain: Vec<KeyBody<'a>>,
    /// What it may call.
    pub endpoints: Vec<&'static str>,
    /// What was done to it lately, newest first.
    pub events: Vec<EventBody<'a>>,
}

/// An entry of the audit log.
#[derive(Serialize)]
pub struct EventBody<'a> {
    seq: i64,
    at: String,
    actor: &'a str,
    action: &'static str,
    key_id: &'a str,
    key_name: &'a str,
    details: serde_json::Value,
    hash: String,
}

impl<'a> EventBody<'a> {
    /// The entry; its details are the JSON that was stored.
    pub fn of(event: &'a Event) -> Self {
        EventBody {
            seq: event.seq,
            at: text(event.at),
            actor: event.actor.as_str(),
            action: event.action.word(),
            key_id: event.key_id.as_str(),
            key_name: event.key_name.as_str(),
            details: serde_json::from_str(&event.details).unwrap_or_default(),
            hash: text(event.hash),
        }
    }
}

/// `log --verify`.
#[derive(Serialize)]
pub struct Verified {
    /// Whether the chain is whole.
    pub ok: bool,
    /// How many events there are.
    pub events: u64,
    /// The newest, as `SEQ:HASH`.
    pub head: String,
    /// The first that is not right.
    pub first_bad: Option<BadEvent>,
}

/// What is wrong with an entry.
#[derive(Serialize)]
pub struct BadEvent {
    /// Which.
    pub seq: i64,
    /// What.
    pub problem: &'static str,
}

/// `check`.
#[derive(Serialize)]
pub struct Checked<'a> {
    allowed: bool,
    verdict: &'static str,
    reason: Option<&'static str>,
    failures: Vec<&'static str>,
    missing_scopes: Vec<&'static str>,
    key: Option<CheckedKey<'a>>,
    response: Option<Response>,
}

#[derive(Serialize)]
struct CheckedKey<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
struct Response {
    status: u16,
    body: ResponseBody,
}

#[derive(Serialize)]
struct ResponseBody {
    success: bool,
    error: ApiError,
}

#[derive(Serialize)]
struct ApiError {
    code: &'static str,
    message: String,
}

impl<'a> Checked<'a> {
    /// The verdict on a presented key whose record is `key`, as of `now`.
    pub fn of(verdict: &Verdict, key: Option<&'a Key>, now: Timestamp) -> Self {
        let failures = match verdict {
            Verdict::Allowed => None,
            Verdict::Refused(failures) => Some(failures),
        };
        let response = failures.map(|failures| {
            let refusal = failures.first.refusal();
            let error = ApiError { code: refusal.code(), message: failures.message().into_owned() };
            Response { status: refusal.http(), body: ResponseBody { success: false, error } }
        });
        Checked {
            allowed: failures.is_none(),
            verdict: verdict.word(),
            reason: verdict.reason().map(Reason::word),
            failures: failures.map(|failures| failures.all.iter().map(|reason| reason.word()).collect()).unwrap_or_default(),
            missing_scopes: failures.map(|failures| failures.missing_scopes.words()).unwrap_or_default(),
            key: key.map(|key| CheckedKey {
                id: key.id.as_str(),
                name: key.name.as_str(),
                environment: key.environment.word(),
                status: key.status(now).word(),
            }),
            response,
        }
    }
}

/// `scopes`.
#[derive(Serialize)]
pub struct Scopes {
    scopes: Vec<ScopeBody>,
}

#[derive(Serialize)]
struct ScopeBody {
    scope: &'static str,
    description: &'static str,
    endpoints: Vec<&'static str>,
}

impl Scopes {
    /// The catalogue.
    pub fn all() -> Self {
        let body = |scope: Scope| ScopeBody {
            scope: scope.word(),
            description: scope.description(),
            endpoints: Endpoint::needing(scope).map(|endpoint| endpoint.pattern).collect(),
        };
        Scopes { scopes: Scope::ALL.map(body).into() }
    }
}

/// `presets`.
#[derive(Serialize)]
pub struct Presets {
    presets: Vec<PresetBody>,
}

#[derive(Serialize)]
struct PresetBody {
    id: &'static str,
    name: &'static str,
    scopes: Vec<&'static str>,
    use_case: &'static str,
}

impl Presets {
    /// The catalogue.
    pub fn all() -> Self {
        let body =
            |preset: &Preset| PresetBody { id: preset.id, name: preset.name, scopes: preset.scopes.words(), use_case: preset.use_case };
        Presets { presets: preset::PRESETS.iter().map(body).collect() }
    }
}

/// A failure.
#[derive(Serialize)]
pub struct Failed<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    message: String,
    hint: Option<&'a str>,
}

impl<'a> Failed<'a> {
    /// What went wrong, and what to do.
    pub fn of(error: &'a Error) -> Self {
        Failed { error: ErrorBody { code: error.code.row().0, message: error.sentence(), hint: error.hint.as_deref() } }
    }
}

/// The columns of a key in CSV: those of JSON.
pub const KEY_COLUMNS: [&str; 19] = [
    "id",
    "name",
    "environment",
    "display",
    "status",
    "scopes",
    "preset",
    "allowed_ips",
    "owner",
    "note",
    "created_at",
    "expires_at",
    "disabled_at",
    "revoked_at",
    "revocation_reason",
    "rotated_from",
    "rotated_to",
    "last_used_at",
    "last_used_ip",
];

impl KeyBody<'_> {
    /// The cells of a row of CSV, in the order of [`KEY_COLUMNS`]. Lists are joined by a space, absent values are empty.
    pub fn cells(&self) -> [String; 19] {
        let maybe = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.id.into(),
            self.name.into(),
            self.environment.into(),
            self.display.clone(),
            self.status.into(),
            text(self.scopes),
            maybe(self.preset),
            self.allowed_ips.join(" "),
            maybe(self.owner),
            maybe(self.note),
            self.created_at.as_str().into(),
            maybe(self.expires_at.as_ref().map(Instant::as_str)),
            maybe(self.disabled_at.as_ref().map(Instant::as_str)),
            maybe(self.revoked_at.as_ref().map(Instant::as_str)),
            maybe(self.revocation_reason),
            maybe(self.rotated_from),
            maybe(self.rotated_to),
            maybe(self.last_used_at.as_ref().map(Instant::as_str)),
            maybe(self.last_used_ip.as_deref()),
        ]
    }
}

/// The columns of an event in CSV: those of JSON.
pub const EVENT_COLUMNS: [&str; 8] = ["seq", "at", "actor", "action", "key_id", "key_name", "details", "hash"];

impl EventBody<'_> {
    /// The cells of a row of CSV, in the order of [`EVENT_COLUMNS`]. The details stay JSON.
    pub fn cells(&self) -> [String; 8] {
        [
            text(self.seq),
            self.at.clone(),
            self.actor.into(),
            self.action.into(),
            self.key_id.into(),
            self.key_name.into(),
            text(&self.details),
            self.hash.clone(),
        ]
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
        assert_eq!(written, "\"a\\u001b[1m\\u009b\\u202e\\u200b\\udb40\\udc41é\\\"\\\\\"");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn a_document_says_its_version_first() {
        let mut written = Vec::new();
        write(&mut written, &Document::of(Presets::all())).unwrap();
        assert!(written.starts_with(b"{\"schema_version\":1,\"presets\":[{\"id\":\"read-only\""));
    }
}
