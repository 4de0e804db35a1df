//! What is a key, and what the store says of it.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zenflow_keys::domain::Digest;

use crate::scan::place::{Place, stranger, utf_16, whole};
use crate::support::in_process::{Bench, DAY, Made};
use crate::support::process::id;

const EXAMPLE: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

#[test]
fn a_key_is_found_at_any_place_and_in_any_encoding_and_nothing_else_is() {
    let (place, key) = Place::with_key();
    let wrong = format!("{}0", &key[..key.len() - 1]);
    let wrong = if wrong == key {
        format!("{}1", &key[..key.len() - 1])
    } else {
        wrong
    };
    for (content, places) in [
        (key.clone().into_bytes(), &["f:1:1"][..]),
        (format!("x{key}").into(), &["f:1:2"]),
        (format!("\r\n\té{key}_\n").into(), &["f:2:4"]),
        (format!("{key}é{key}").into(), &["f:1:1", "f:1:65"]),
        (
            format!("{}{key}", "x".repeat(3_000_000)).into(),
            &["f:1:3000001"],
        ),
        (utf_16(&format!("a\n{key}"), true), &["f:2:2"]),
        (utf_16(&format!("a\n{key}"), false), &["f:2:1"]),
        (format!("{key}0 {key}x").into(), &[]),
        (EXAMPLE.into(), &[]),
        (wrong.clone().into(), &[]),
        (key.to_uppercase().into(), &[]),
        (key.replace('_', "%5F").into(), &[]),
    ] {
        place.write("f", &content);
        assert_eq!(
            place.places(&["f"]),
            places,
            "{:?}",
            String::from_utf8_lossy(&content[..content.len().min(200)])
        );
    }
    place.write("f", format!("{wrong} {EXAMPLE}\n{wrong}"));
    assert_eq!(place.json(&["f"])["summary"]["look_alikes"], 2);
}

#[test]
fn a_line_can_say_that_it_may_hold_keys() {
    let (place, key) = Place::with_key();
    let text = format!(
        "{key} zenflow-keys:allow\nzenflow-keys:allow {key} {key}\n{key}\nzenflow-keys:allow\n"
    );
    for content in [
        text.clone().into_bytes(),
        utf_16(&text, true),
        utf_16(&text, false),
    ] {
        place.write("f", content);
        let document = place.json(&["f"]);
        assert_eq!(
            document["findings"][0]["places"][0]["line"], 3,
            "{document}"
        );
        assert_eq!(
            document["findings"][0]["places"].as_array().unwrap().len(),
            1
        );
        assert_eq!(document["summary"]["allowed_lines"], 2);
    }
}

/// A bench, a key in each state, and the document of a scan for all of them and some strangers.
fn in_each_state() -> (Bench, Vec<(&'static str, Made)>, Value) {
    let bench = Bench::new();
    let mut keys = Vec::new();
    for (state, env, more) in [
        ("active", "live", &[][..]),
        ("active", "test", &[]),
        ("disabled", "live", &[]),
        ("disabled", "test", &[]),
        ("scheduled", "live", &[]),
        ("expired", "live", &["--expires", "1d"]),
        ("revoked", "live", &[]),
        ("pruned", "live", &["--expires", "1d", "--owner", "Ana"]),
    ] {
        let name = format!("{state} {env}");
        keys.push((
            state,
            bench.create(&name, &[&["--env", env], more].concat()),
        ));
    }
    let of = |state: &str| {
        let keys = keys.iter().filter(move |(one, _)| *one == state);
        keys.map(|(_, key)| key.id.clone()).collect::<Vec<_>>()
    };
    for key in of("disabled") {
        bench.ok(&["disable", &key]);
    }
    bench.ok(&["revoke", &of("scheduled")[0], "--in", "90d"]);
    bench.later(40 * DAY);
    bench.ok(&["prune", "--older-than", "1d", "--yes"]);
    // Only what was to be pruned was over by then; the others are over now.
    let expired = bench.create("expired again", &["--expires", "1d"]);
    let revoked = bench.create("revoked again", &[]);
    bench.ok(&["revoke", &revoked.id, "--yes"]);
    bench.later(2 * DAY);
    keys.retain(|(state, _)| !matches!(*state, "expired" | "revoked"));
    keys.push(("expired", expired));
    keys.push(("revoked", revoked));
    let text: String = keys
        .iter()
        .map(|(_, key)| format!("{}\n", key.secret))
        .collect();
    let outcome = bench.run_with_stdin(&["scan", "-", "--json"], &(text + &stranger()));
    assert_eq!(outcome.status, 7);
    let document = outcome.json();
    (bench, keys, document)
}

#[test]
fn the_store_says_whose_a_key_is_and_how_bad_that_is() {
    let (bench, keys, document) = in_each_state();
    let findings = document["findings"].as_array().unwrap();
    let finding = |id: &str| {
        findings
            .iter()
            .find(|finding| finding["key_id"] == id)
            .unwrap()
    };
    for (state, key) in &keys {
        let environment = if finding(&key.id)["key"]["environment"] == "test" {
            "test"
        } else {
            "live"
        };
        let (status, severity) = match (*state, environment) {
            ("active" | "scheduled", "live") => ("active", "error"),
            ("disabled", "live") => ("disabled", "error"),
            ("active", _) => ("active", "warning"),
            ("disabled", _) => ("disabled", "warning"),
            ("revoked", _) => ("revoked", "note"),
            ("expired", _) => ("expired", "note"),
            _ => ("pruned", "note"),
        };
        let finding = finding(&key.id);
        assert_eq!(
            (&finding["status"], &finding["severity"]),
            (&json!(status), &json!(severity)),
            "{finding}"
        );
        assert_eq!(finding["key"]["status"], status);
        assert_eq!(
            finding["command"].is_string(),
            matches!(severity, "error" | "warning"),
            "{finding}"
        );
    }
    let unknown = finding(id(&stranger()));
    assert_eq!(
        (
            &unknown["status"],
            &unknown["severity"],
            &unknown["key"],
            &unknown["command"]
        ),
        (
            &json!("unknown"),
            &json!("warning"),
            &Value::Null,
            &Value::Null
        )
    );
    let severities: Vec<_> = findings
        .iter()
        .map(|finding| finding["severity"].as_str().unwrap())
        .collect();
    assert!(
        severities.is_sorted_by_key(|severity| ["error", "warning", "note"]
            .iter()
            .position(|one| one == severity)),
        "{severities:?}"
    );
    // Each command does what it is there for.
    for finding in findings {
        if let Some(command) = finding["command"].as_str() {
            let args: Vec<&str> = command.split(' ').skip(1).chain(["--yes"]).collect();
            bench.ok(&args);
            assert_eq!(
                bench.key(finding["key_id"].as_str().unwrap())["status"],
                "revoked",
                "{command}"
            );
        }
    }
}

#[test]
fn the_severity_decides_the_exit_status() {
    let bench = Bench::new();
    let live = bench.create("live", &[]);
    let test = bench.create("test", &["--env", "test"]);
    let old = bench.create("old", &[]);
    bench.ok(&["revoke", &old.id, "--yes"]);
    for (key, statuses) in [
        (&live.secret, [7, 7, 7, 0]),
        (&test.secret, [0, 7, 7, 0]),
        (&stranger(), [0, 7, 7, 0]),
        (&old.secret, [0, 0, 7, 0]),
        (&"nothing".to_owned(), [0, 0, 0, 0]),
    ] {
        for (fail_on, status) in ["error", "warning", "note", "never"].iter().zip(statuses) {
            let outcome = bench.run_with_stdin(&["scan", "-", "--fail-on", fail_on], key);
            assert_eq!(outcome.status, status, "{fail_on}: {outcome:?}");
        }
    }
}

#[test]
fn a_right_checksum_with_a_known_id_and_another_secret_is_unknown() {
    let (place, key) = Place::with_key();
    let forged = whole(&format!("{}0123456789ABCDEFGHIJKLMNOPQRSTUV", &key[..24]));
    place.write("f", &forged);
    let document = place.json(&["f"]);
    assert_eq!(
        (
            &document["findings"][0]["status"],
            &document["findings"][0]["key_id"],
            &document["findings"][0]["key"]
        ),
        (&json!("unknown"), &json!(id(&key)), &Value::Null)
    );
}

#[test]
fn an_adopted_key_is_known_by_its_hash() {
    let (place, key) = Place::with_key();
    let adopted = "zenflow_live_AbC-123_z";
    let digest = Digest::from_bytes(Sha256::digest(adopted).into());
    // As if a later version had adopted it.
    place.bench.sql(&format!(
        "UPDATE keys SET digest = x'{digest}' WHERE id = '{}'",
        id(&key)
    ));
    place.write("f", format!("\"{adopted}\" {adopted}x {adopted}é"));
    let document = place.json(&["f"]);
    assert_eq!(crate::scan::place::places(&document), ["f:1:2", "f:1:50"]);
    let finding = &document["findings"][0];
    assert_eq!(
        (
            &finding["key_id"],
            &finding["key"]["id"],
            &finding["status"]
        ),
        (&Value::Null, &json!(id(&key)), &json!("active"))
    );
}

#[test]
fn without_a_store_keys_are_known_by_their_form_alone_and_that_is_said() {
    let (place, key) = Place::with_key();
    place.write("f", &key);
    let without = |args: &[&str]| {
        let mut command = place.command(args);
        command
            .env_remove("ZENFLOW_KEYS_DB")
            .env("HOME", place.path("."));
        crate::support::process::finish(command)
    };
    let human = without(&[]).exits(7);
    assert!(human.stdout.contains("there is no store"), "{human:?}");
    let document = without(&["--json"]).exits(7).json();
    assert_eq!(
        (
            &document["summary"]["store"],
            &document["findings"][0]["status"],
            &document["findings"][0]["severity"]
        ),
        (&json!(false), &json!("unknown"), &json!("warning"))
    );
    assert!(
        place.path(".local").symlink_metadata().is_err(),
        "a store was made"
    );
    assert_eq!(
        without(&["--revoke", "--yes", "--json"]).exits(6).code(),
        "store_missing"
    );
    let mut homeless = place.command(&[]);
    homeless.env_remove("ZENFLOW_KEYS_DB").env_remove("HOME");
    crate::support::process::finish(homeless).exits(7);
    // A store that was named must be there, and a default one be sound.
    assert_eq!(
        place
            .scan(&["--db", "nowhere.db", "--json"])
            .exits(6)
            .code(),
        "store_missing"
    );
    place.write(".local/share/zenflow-keys/keys.db", "rubbish");
    for directory in [".local", ".local/share", ".local/share/zenflow-keys"] {
        crate::support::process::set_mode(&place.path(directory), 0o700);
    }
    crate::support::process::set_mode(&place.path(".local/share/zenflow-keys/keys.db"), 0o600);
    without(&[]).exits(6);
}
