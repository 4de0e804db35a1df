//! A key in a few words, for where there is no room for more.

use crate::domain::usage::Totals;
use crate::domain::{Key, Timestamp};
use crate::view::text::number::with_thousands;
use crate::view::text::time::{event, exact_and_relative, relative};

/// State, environment, access and end: `active, live, erp-sync, ends in 90d`.
pub fn key(key: &Key, now: Timestamp) -> String {
    format!(
        "{}, {}, {}, {}",
        key.status(now).as_str(),
        key.environment,
        access(key),
        end(key, now)
    )
}

/// When and from where a key was last used, and since when that would be known.
pub fn last_use(key: &Key, usage_since: Option<Timestamp>, now: Timestamp) -> String {
    match (key.last_use, usage_since) {
        (Some(last), _) => {
            let from = last.ip.map(|ip| format!(" from {ip}")).unwrap_or_default();
            format!("{}{from}", exact_and_relative(last.at, now))
        }
        (None, Some(since)) => format!("no use recorded since {since}"),
        (None, None) => "no use has ever been recorded in this store".into(),
    }
}

/// Since when uses have been recorded, as part of a sentence.
pub fn recorded_since(usage_since: Option<Timestamp>) -> String {
    match usage_since {
        Some(since) => format!("uses have been recorded since {since}"),
        None => "no use is recorded in this store ('check --record' and 'usage import' do)".into(),
    }
}

/// What ends a key, and when; whatever comes first.
enum KeyEnd {
    Never,
    Expiry(Timestamp),
    Revocation(Timestamp),
}

impl KeyEnd {
    fn first(key: &Key) -> KeyEnd {
        let revoked_at = key.revocation.as_ref().map(|revocation| revocation.at);
        match (key.expires_at, revoked_at) {
            (None, None) => KeyEnd::Never,
            (Some(expires), None) => KeyEnd::Expiry(expires),
            (Some(expires), Some(revoked)) if expires < revoked => KeyEnd::Expiry(expires),
            (_, Some(revoked)) => KeyEnd::Revocation(revoked),
        }
    }
}

/// When a key ends, as a whole phrase: `no expiry`, `ends in 90d`, `ended 2h ago`, `revocation in
/// 7d`, `revoked 56s ago`.
pub(crate) fn end(key: &Key, now: Timestamp) -> String {
    match KeyEnd::first(key) {
        KeyEnd::Never => "no expiry".into(),
        KeyEnd::Expiry(at) => event("ends", "ended", at, now),
        KeyEnd::Revocation(at) => event("revocation", "revoked", at, now),
    }
}

/// The same as [`end`] in a column whose title says `ENDS`.
pub(crate) fn end_in_column(key: &Key, now: Timestamp) -> String {
    match KeyEnd::first(key) {
        KeyEnd::Never => "never".into(),
        KeyEnd::Expiry(at) => relative(at, now),
        KeyEnd::Revocation(_) => end(key, now),
    }
}

/// What a key may do, in a few words: its preset, or its scopes.
pub(crate) fn access(key: &Key) -> String {
    key.preset()
        .map_or_else(|| key.scopes.words().join(", "), |preset| preset.id.into())
}

/// How often something was used: `12 allowed, 3 refused`, and what is neither if there is any.
pub(crate) fn use_counts(uses: Totals) -> String {
    let other = if uses.other > 0 {
        format!(", {} other", with_thousands(uses.other))
    } else {
        String::new()
    };
    format!(
        "{} allowed, {} refused{other}",
        with_thousands(uses.allowed),
        with_thousands(uses.refused)
    )
}
