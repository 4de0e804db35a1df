//! What a change of settings changed, setting by setting.

use crate::domain::{Key, Text, Timestamp};
use crate::view::text::escape::visible;
use crate::view::text::time::exact_and_relative;

/// A line for each setting that is not what it was: `expires: never -> 2027-01-01T00:00:00Z (in
/// 1y)`, `scopes: + admin`.
pub fn of(before: &Key, after: &Key, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    let mut replaced = |setting: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{setting}: {before} -> {after}"));
        }
    };
    let name = |key: &Key| format!("'{}'", visible(key.name.as_str()));
    replaced("name", name(before), name(after));
    replaced("owner", text(&before.owner), text(&after.owner));
    replaced("note", text(&before.note), text(&after.note));
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

fn text(text: &Option<Text>) -> String {
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
    fn each_setting_that_changed_is_told_and_no_other() {
        let after = Key {
            name: "New".parse().unwrap(),
            owner: "a\u{202e}b".parse().ok(),
            expires_at: Some(at(86_400)),
            scopes: "admin".parse().unwrap(),
            ..key()
        };
        assert_eq!(
            of(&key(), &after, at(0)),
            [
                "name: 'ERP' -> 'New'".to_owned(),
                "owner: none -> 'a\\u{202e}b'".into(),
                format!("expires: never -> {} (in 1d)", at(86_400)),
                "scopes: + admin, - read:orders".into(),
            ]
        );
        assert!(of(&key(), &key(), at(0)).is_empty());
        assert_eq!(
            of(&after, &key(), at(0))[1..],
            [
                "owner: 'a\\u{202e}b' -> none".to_owned(),
                format!("expires: {} (in 1d) -> never", at(86_400)),
                "scopes: + read:orders, - admin".into(),
            ]
        );
    }
}
