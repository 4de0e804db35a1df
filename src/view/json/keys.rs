//! A key, and the documents that are about keys.

use serde::Serialize;

use crate::domain::{Key, KeyId, ScopeSet, Timestamp};
use crate::view::json::{EventBody, Instant, text, words};

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
            environment: key.environment.as_str(),
            display: key.display(),
            status: key.status(now).as_str(),
            scopes: key.scopes,
            preset: key.preset().map(|preset| preset.id),
            allowed_ips: key.allowlist.entries().iter().map(text).collect(),
            owner: key.owner.as_ref().map(|owner| owner.as_str()),
            note: key.note.as_ref().map(|note| note.as_str()),
            created_at: Instant::of(key.created_at),
            expires_at: key.expires_at.map(Instant::of),
            disabled_at: key.disabled_at.map(Instant::of),
            revoked_at: revocation.map(|revocation| Instant::of(revocation.at)),
            revocation_reason: revocation
                .and_then(|revocation| revocation.reason.as_ref())
                .map(|reason| reason.as_str()),
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
pub struct KeyReportBody<'a> {
    /// The key.
    pub key: KeyBody<'a>,
    /// Its rotation chain, oldest first, itself included.
    pub chain: Vec<KeyBody<'a>>,
    /// What it may call.
    pub endpoints: Vec<&'static str>,
    /// What was done to it lately, newest first.
    pub events: Vec<EventBody<'a>>,
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
    /// The cells of a row of CSV, in the order of [`KEY_COLUMNS`]. Lists are joined by a space,
    /// absent values are empty.
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
