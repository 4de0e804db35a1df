//! What is accepted as a name or a text is safe to show, to store and to compare.

use zenflow_keys::domain::name::fold;
use zenflow_keys::domain::nearest::nearest;
use zenflow_keys::domain::secret_text::holds_a_key;
use zenflow_keys::domain::{Name, Text, TextOrNone};
use zenflow_keys::internals::is_hidden;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = text.parse::<Name>() {
        is_safe(&name);
        survives_another_spelling(&text, &name);
    }
    assert_eq!(text.parse::<Text>().is_ok(), is_text(&text));
    assert_eq!(
        text.parse::<Text>().ok().map(|read| read.as_str() == text),
        is_text(&text).then_some(true)
    );
    assert_eq!(
        text.parse::<TextOrNone>().is_ok(),
        text.is_empty() || is_text(&text)
    );
    if let Some(near) = nearest(&text, ["read:orders", "erp-sync"]) {
        assert!(["read:orders", "erp-sync"].contains(&near));
    }
}

fn is_text(text: &str) -> bool {
    (1..=200).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !holds_a_key(text)
}

fn is_safe(name: &Name) {
    let name = name.as_str();
    assert!((1..=64).contains(&name.chars().count()));
    assert!(
        name.starts_with(char::is_alphanumeric) && !name.ends_with(' ') && !name.contains("  ")
    );
    assert!(!name.chars().any(is_hidden));
    assert!(!holds_a_key(name));
    assert!(
        name.chars()
            .filter(char::is_ascii)
            .all(|c| c.is_ascii_alphanumeric() || " -_.,/+@".contains(c))
    );
    assert!(
        name.chars()
            .filter(|c| c.is_numeric())
            .all(|c| c.is_ascii_digit())
    );
    assert!(name.chars().filter(|c| c.is_whitespace()).all(|c| c == ' '));
}

/// The name reads back as itself, is compared as it was written, and comparing is stable.
fn survives_another_spelling(text: &str, name: &Name) {
    let again: Name = name.as_str().parse().unwrap();
    assert_eq!(&again, name);
    assert_eq!(fold(text), name.folded());
    assert_eq!(fold(&name.folded()), name.folded());
    let lower = name.as_str().to_lowercase();
    assert_eq!(fold(&lower), name.folded());
}
