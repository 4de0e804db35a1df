//! Keys after a change: those of `revoke`, `disable` and `enable`, and the one of `update` and
//! `allowlist`; and what a change of settings changed, setting by setting.

use serde::Serialize;

use crate::domain::{Key, Text, Timestamp};
use crate::view::View;
use crate::view::key::{KeyBody, KeyDocument};
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::exact_and_relative;

/// A key after a change of its settings. For people there are only remarks.
#[derive(Debug)]
pub struct ChangedKey<'a> {
    /// The key as it is now.
    pub key: &'a Key,
    /// When it was changed.
    pub now: Timestamp,
}

impl View for ChangedKey<'_> {
    fn json(&self) -> impl Serialize {
        KeyDocument::new(self.key, self.now)
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}

/// Several keys after one change. For people there are only remarks.
#[derive(Debug)]
pub struct ChangedKeys {
    /// The keys as they are now, or would be.
    pub keys: Vec<Key>,
    /// How many of them changed, or would.
    pub changed: usize,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// When they were changed.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct ChangedBody<'a> {
    keys: Vec<KeyBody<'a>>,
    changed: usize,
    dry_run: bool,
}

impl View for ChangedKeys {
    fn json(&self) -> impl Serialize {
        let keys = self.keys.iter();
        ChangedBody {
            keys: keys.map(|key| KeyBody::new(key, self.now)).collect(),
            changed: self.changed,
            dry_run: self.dry_run,
        }
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}

/// A line for each setting that is not what it was: `expires: never -> 2027-01-01T00:00:00Z (in
/// 1y)`, `scopes: + admin`.
pub fn settings(before: &Key, after: &Key, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    let mut replaced = |setting: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{setting}: {before} -> {after}"));
        }
    };
    let name = |key: &Key| format!("'{}'", visible(key.name.as_str()));
    replaced("name", name(before), name(after));
    replaced("owner", quoted(&before.owner), quoted(&after.owner));
    replaced("note", quoted(&before.note), quoted(&after.note));
    let expiry = |key: &Key| {
        key.expires_at
            .map_or_else(|| "never".into(), |at| exact_and_relative(at, now))
    };
    replaced("expires", expiry(before), expiry(after));
    let added = after.scopes.without(before.scopes);
    let removed = before.scopes.without(after.scopes);
    let scopes: Vec<_> = std::iter::empty()
        .chain(added.words().iter().map(|scope| format!("+ {scope}")))
        .chain(removed.words().iter().map(|scope| format!("- {scope}")))
        .collect();
    if !scopes.is_empty() {
        lines.push(format!("scopes: {}", scopes.join(", ")));
    }
    lines
}

fn quoted(text: &Option<Text>) -> String {
    match text {
        Some(text) => format!("'{}'", visible(text.as_str())),
        None => "none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};

    #[test]
    fn each_setting_that_changed_is_listed_and_no_other() {
        let after = Key {
            name: "New".parse().unwrap(),
            owner: "a\u{202e}b".parse().ok(),
            expires_at: Some(at(86_400)),
            scopes: "admin".parse().unwrap(),
            ..key()
        };
        assert_eq!(
            settings(&key(), &after, at(0)),
            [
                "name: 'ERP' -> 'New'".to_owned(),
                "owner: none -> 'a\\u{202e}b'".into(),
                format!("expires: never -> {} (in 1d)", at(86_400)),
                "scopes: + admin, - read:orders".into(),
            ]
        );
        assert!(settings(&key(), &key(), at(0)).is_empty());
        assert_eq!(
            settings(&after, &key(), at(0))[1..],
            [
                "owner: 'a\\u{202e}b' -> none".to_owned(),
                format!("expires: {} (in 1d) -> never", at(86_400)),
                "scopes: + read:orders, - admin".into(),
            ]
        );
    }
}
