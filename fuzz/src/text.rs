//! Stored text is shown without anything that a terminal obeys or an eye misses, in every format, and JSON gives it back as it was.

use serde_json::Value;
use zenflow_keys::domain::{Environment, Key, LastUse, Revocation, Timestamp};
use zenflow_keys::output::escape::{is_hidden, visible};
use zenflow_keys::output::json;
use zenflow_keys::output::lists::KeyList;
use zenflow_keys::output::style::Look;
use zenflow_keys::output::{Format, Manner, Output};

use super::Choices;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    is_shown_and_read_back(&text);
    let choices = &mut Choices(bytes);
    let width = Some(u16::from(choices.byte()));
    let key = key(choices);
    for format in [Format::Human, Format::Json, Format::Jsonl, Format::Csv] {
        let listed = list(&key, format, width);
        assert!(!listed.chars().any(|c| c != '\n' && is_hidden(c)), "{format:?}: {listed:?}");
        if format == Format::Json {
            let document: Value = serde_json::from_str(&listed).unwrap();
            let owner = key.owner.as_ref().map(|owner| owner.as_str());
            assert_eq!(document["keys"][0]["owner"].as_str(), owner);
            assert_eq!(document["keys"][0]["name"], key.name.as_str());
        }
    }
}

fn is_shown_and_read_back(text: &str) {
    let shown = visible(text);
    assert!(!shown.chars().any(is_hidden));
    assert_eq!(shown == text, !text.chars().any(is_hidden));
    // What the standard library knows of characters that print nothing is held against the program's list.
    let unseen = |c: &char| {
        (c.is_whitespace() && !matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'))
            || c.is_control()
    };
    assert_eq!(shown.chars().find(unseen), None);

    let mut written = Vec::new();
    json::write(&mut written, &text).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(!written.chars().any(is_hidden), "{written:?}");
    assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
}

/// A key with texts from the input, as far as they are ones.
fn key(choices: &mut Choices<'_>) -> Key {
    let at = |seconds| Timestamp::from_unix(seconds).unwrap();
    Key {
        id: "k3m9x2q7vd".parse().unwrap(),
        name: choices.text(64).parse().unwrap_or_else(|_| "ERP".parse().unwrap()),
        environment: Environment::Live,
        scopes: "read:orders".parse().unwrap(),
        allowlist: choices.text(40).parse().unwrap_or_default(),
        owner: choices.text(100).parse().ok(),
        note: choices.text(100).parse().ok(),
        created_at: at(0),
        expires_at: Timestamp::from_unix(choices.number(5) as i64),
        disabled_at: None,
        revocation: Timestamp::from_unix(choices.number(5) as i64).map(|at| Revocation { at, reason: choices.text(60).parse().ok() }),
        rotated_from: None,
        rotated_to: None,
        last_use: Timestamp::from_unix(choices.number(5) as i64).map(|at| LastUse { at, ip: None }),
    }
}

fn list(key: &Key, format: Format, width: Option<u16>) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let look = Look { color: false, unicode: true };
    let mut output = Output::new(&mut stdout, &mut stderr, Manner { format, quiet: false, out: look, err: look, width });
    let mut list = KeyList::new(false, Timestamp::from_unix(1_800_000_000).unwrap());
    list.add(&mut output, key.clone()).unwrap();
    list.end(&mut output).unwrap();
    assert!(stderr.is_empty());
    String::from_utf8(stdout).unwrap()
}
