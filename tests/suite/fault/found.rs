//! Single faults that once did harm, or that decide what is said about a key.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use zenflow_keys::domain::secret_text::holds_a_key;

use crate::fault::case::{self, Case, OUT};
use crate::fault::inject::{self, Effect, Fault, Traced};
use crate::support::process::Bench;

/// Runs a case in which the last call of a kind fails, or one counted from the last; and with a
/// dead disk, all that follow.
pub fn fail(case: &Case, call: &str, from_last: usize, effect: Effect) -> (Bench, Traced) {
    let calls = inject::run(&case.bench(), case, None).calls;
    let places: Vec<usize> = calls
        .iter()
        .enumerate()
        .filter(|(_, kind)| *kind == call)
        .map(|(place, _)| place)
        .collect();
    let place = places[places.len() - 1 - from_last];
    let mut before: BTreeMap<String, usize> = calls.iter().map(|kind| (kind.clone(), 0)).collect();
    for kind in &calls[..place] {
        *before.get_mut(kind).unwrap() += 1;
    }
    let bench = case.bench();
    let fault = Fault {
        call: call.into(),
        at: before[call] + 1,
        effect,
        before,
    };
    let traced = inject::run(&bench, case, Some(&fault));
    assert!(traced.injected > 0);
    (bench, traced)
}

fn error(traced: &Traced) -> Value {
    let document: Value = serde_json::from_slice(&traced.output.stderr).unwrap();
    document["error"].clone()
}

fn shown(traced: &Traced) -> String {
    let document: Value = serde_json::from_slice(&traced.output.stdout).unwrap();
    document["api_key"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_that_was_shown_and_not_stored_is_called_void() {
    if !inject::is_possible() {
        return;
    }
    // Of the two fsyncs at the end, the last is for the directory and the one before for the store.
    let (bench, traced) = fail(&case::create_as_json(), "fsync", 1, Effect::Once("EIO"));
    assert_eq!(
        (traced.output.status.code(), &error(&traced)["code"]),
        (Some(1), &"key_void".into())
    );
    bench.feed(&["check"], shown(&traced).as_bytes()).exits(11);
    assert_eq!(bench.keys().len(), 1);
}

#[test]
fn a_change_that_is_stored_when_the_disk_dies_is_no_failure() {
    if !inject::is_possible() {
        return;
    }
    for effect in [Effect::Once("EIO"), Effect::Dead("EIO")] {
        let (bench, traced) = fail(&case::create_as_json(), "fsync", 0, effect);
        assert_eq!(
            traced.output.status.code(),
            Some(0),
            "{effect:?} {traced:?}"
        );
        bench
            .feed(&["check", "--ip", "192.0.2.1"], shown(&traced).as_bytes())
            .exits(0);
        let (bench, traced) = fail(&case::record_a_use(), "fsync", 0, effect);
        assert_eq!(
            traced.output.status.code(),
            Some(0),
            "{effect:?} {traced:?}"
        );
        assert!(bench.keys()[0]["last_used_at"].is_string());
    }
}

#[test]
fn a_key_that_could_not_be_printed_is_not_printed_later() {
    if !inject::is_possible() {
        return;
    }
    let case = case::create_as_json();
    let writes = inject::run(&case.bench(), &case, None)
        .calls
        .iter()
        .filter(|call| *call == "write")
        .count();
    // The document is written in two pieces; the key is in the second one.
    for at in [writes - 2, writes - 1] {
        let (bench, traced) = fail(&case, "write", at, Effect::Once("EAGAIN"));
        assert_eq!(error(&traced)["code"], "delivery_failed");
        let printed = String::from_utf8(traced.output.stdout).unwrap();
        assert!(!holds_a_key(&printed), "{printed}");
        assert_eq!(bench.keys().len(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_removed_is_said_to_hold_a_void_key() {
    if !inject::is_possible() {
        return;
    }
    let (bench, traced) = fail(&case::create_to_a_file(), "fsync", 1, Effect::Dead("EIO"));
    let message = error(&traced)["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("key could not be removed") && message.contains("void"),
        "{message}"
    );
    bench
        .feed(&["check"], &fs::read(bench.path(OUT)).unwrap())
        .exits(11);
}
