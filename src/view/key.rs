//! A key in JSON and in CSV, the same in every document.

use serde::{Serialize, Serializer};

use crate::domain::{Key, KeyId, Scope, ScopeSet, Timestamp};
use crate::view::json::Instant;

/// A key with all its fields.
#[derive(Serialize)]
pub struct KeyBody<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    display: String,
    status: &'static str,
    #[serde(serialize_with = "scope_words")]
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
    pub fn new(key: &'a Key, now: Timestamp) -> Self {
        let revocation = key.revocation.as_ref();
        KeyBody {
            id: key.id.as_str(),
            name: key.name.as_str(),
            environment: key.environment.as_str(),
            display: key.display(),
            status: key.status(now).as_str(),
            scopes: key.scopes,
            preset: key.preset().map(|preset| preset.id),
            allowed_ips: key
                .allowlist
                .entries()
                .iter()
                .map(ToString::to_string)
                .collect(),
            owner: key.owner.as_ref().map(|owner| owner.as_str()),
            note: key.note.as_ref().map(|note| note.as_str()),
            created_at: Instant::new(key.created_at),
            expires_at: key.expires_at.map(Instant::new),
            disabled_at: key.disabled_at.map(Instant::new),
            revoked_at: revocation.map(|revocation| Instant::new(revocation.at)),
            revocation_reason: revocation
                .and_then(|revocation| revocation.reason.as_ref())
                .map(|reason| reason.as_str()),
            rotated_from: key.rotated_from.as_ref().map(KeyId::as_str),
            rotated_to: key.rotated_to.as_ref().map(KeyId::as_str),
            last_used_at: key.last_use.map(|last| Instant::new(last.at)),
            last_used_ip: key
                .last_use
                .and_then(|last| last.ip)
                .map(|ip| ip.to_string()),
        }
    }
}

/// The document that is one key.
#[derive(Serialize)]
pub struct KeyDocument<'a> {
    key: KeyBody<'a>,
}

impl<'a> KeyDocument<'a> {
    /// The key as of `now`.
    pub fn new(key: &'a Key, now: Timestamp) -> Self {
        KeyDocument {
            key: KeyBody::new(key, now),
        }
    }
}

/// A key in a few fields, where it is not what the document is about.
#[derive(Serialize)]
pub struct BriefKey<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
}

impl<'a> BriefKey<'a> {
    /// The key as of `now`.
    pub fn new(key: &'a Key, now: Timestamp) -> Self {
        BriefKey {
            id: key.id.as_str(),
            name: key.name.as_str(),
            environment: key.environment.as_str(),
            status: key.status(now).as_str(),
        }
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
            self.scopes.to_string(),
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

fn scope_words<S: Serializer>(scopes: &ScopeSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(scopes.iter().map(Scope::as_str))
}
