//! Text is shown without anything that a terminal obeys or an eye misses, in answers, errors and
//! every format, and JSON gives it back as it was.

use std::path::Path;

use zenflow_keys::domain::secret_text::holds_a_key;
use zenflow_keys::internals::json;
use zenflow_keys::internals::{is_hidden, visible};

use super::Choices;
use super::program::{Outcome, run};
use super::sample::{self, Sample};

pub fn holds(bytes: &[u8]) {
    is_shown_and_read_back(&String::from_utf8_lossy(bytes));
    let choices = &mut Choices(bytes);
    let (_directory, db) = sample::file(&Sample::get().bytes);
    let (name, owner, note) = (choices.text(80), choices.text(100), choices.text(100));
    let (owner_is, note_is) = (format!("--owner={owner}"), format!("--note={note}"));
    if seen(
        &db,
        &[
            "create",
            "--scope",
            "read:orders",
            &owner_is,
            &note_is,
            "--json",
            "--",
            name,
        ],
    )
    .status
        == 0
    {
        let listed = seen(
            &db,
            &[
                "list",
                "--sort",
                "created",
                "--reverse",
                "--limit",
                "1",
                "--json",
            ],
        )
        .json();
        assert_eq!(
            listed["keys"][0]["owner"].as_str(),
            Some(owner).filter(|text| !text.is_empty())
        );
        assert_eq!(
            listed["keys"][0]["note"].as_str(),
            Some(note).filter(|text| !text.is_empty())
        );
        let id = listed["keys"][0]["id"].as_str().unwrap().to_owned();
        seen(&db, &["show", &id]);
        seen(&db, &["list", "--format", "csv"]);
        seen(&db, &["list"]);
        seen(&db, &["log", &id]);
    }
    for what in [
        &format!("--scope={name}"),
        &format!("--request={owner}"),
        &format!("--ip={note}"),
        &format!("--at={name}"),
    ] {
        seen(&db, &["check", what]);
    }
    seen(&db, &["show", "--", name]);
}

/// Runs a command, whatever comes of it, and looks at what it showed.
fn seen(db: &Path, args: &[&str]) -> Outcome {
    let outcome = run(db, args, b"");
    for shown in [&outcome.stdout, &outcome.stderr] {
        assert!(
            !shown.chars().any(|c| c != '\n' && is_hidden(c)),
            "{args:?}: {shown:?}"
        );
    }
    assert!(!holds_a_key(&outcome.stderr), "{args:?}");
    assert_ne!(outcome.status, 1, "{args:?}: {}", outcome.stderr);
    outcome
}

fn is_shown_and_read_back(text: &str) {
    let shown = visible(text);
    assert!(
        !shown
            .chars()
            .any(|c| is_hidden(c) || c.is_control() || "\u{2028}\u{2029}".contains(c))
    );
    assert_eq!(shown == text, !text.chars().any(is_hidden));

    let mut written = Vec::new();
    json::write(&mut written, &text).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(!written.chars().any(is_hidden), "{written:?}");
    assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
}
