//! Sets of scopes read, write and combine as sets of words do, and `admin` is the only scope that
//! grants another.

use std::collections::BTreeSet;

use zenflow_keys::domain::{Preset, Scope, ScopeSet};

use super::Choices;

const CATALOGUE: [&str; 9] = [
    "read:orders",
    "write:orders",
    "read:products",
    "write:products",
    "read:stock",
    "write:stock",
    "read:webhooks",
    "write:webhooks",
    "admin",
];

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(text.parse::<Scope>().is_ok(), CATALOGUE.contains(&&*text));
    let set = text.parse::<ScopeSet>().ok();
    assert_eq!(set.map(ScopeSet::words), model(&text));
    if let Ok(preset) = text.parse::<&Preset>() {
        assert_eq!(Preset::exactly(preset.scopes), Some(preset));
    }
    let choices = &mut Choices(bytes);
    combine(&chosen(choices), &chosen(choices));
}

/// The words of a canonical list: each is in the catalogue, behind the one before it.
fn model(text: &str) -> Option<Vec<&'static str>> {
    let mut words = Vec::new();
    let mut from = 0;
    for word in text.split(' ').filter(|_| !text.is_empty()) {
        let at = from + CATALOGUE[from..].iter().position(|known| *known == word)?;
        words.push(CATALOGUE[at]);
        from = at + 1;
    }
    Some(words)
}

type Words = BTreeSet<&'static str>;

fn chosen(choices: &mut Choices<'_>) -> Words {
    let bits = choices.number(2);
    CATALOGUE
        .into_iter()
        .enumerate()
        .filter(|(place, _)| bits >> place & 1 == 1)
        .map(|(_, word)| word)
        .collect()
}

fn combine(left: &Words, right: &Words) {
    let set = |words: &Words| {
        words
            .iter()
            .map(|word| word.parse::<Scope>().unwrap())
            .collect::<ScopeSet>()
    };
    let words = |set: ScopeSet| set.words().into_iter().collect::<Words>();
    let (l, r) = (set(left), set(right));
    assert_eq!(words(l), *left);
    assert_eq!(words(l.with(r)), left | right);
    assert_eq!(words(l.without(r)), left - right);
    assert_eq!(
        words(l.missing(r)),
        if left.contains("admin") {
            Words::new()
        } else {
            right - left
        }
    );
    assert_eq!(l.is_empty(), left.is_empty());
    assert_eq!(l.to_string().parse::<ScopeSet>(), Ok(l));
    for word in CATALOGUE {
        let scope = word.parse().unwrap();
        assert_eq!(l.contains(scope), left.contains(word));
        assert_eq!(
            l.grants(scope),
            left.contains(word) || left.contains("admin")
        );
    }
}
