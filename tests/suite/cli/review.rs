//! `review`: its forms, its exit status, its metrics. That each rule finds what it should is shown
//! by `tests/suite/traffic`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::in_process::{Bench, DAY};

/// A bench with an admin key without expiry and a key that is as it should be.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.create("Root", &["--scope", "admin"]);
    bench.create("Fine", &["--expires", "90d"]);
    bench
}

fn ids(document: &serde_json::Value) -> Vec<&str> {
    document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_finding_says_what_is_wrong_with_which_key_and_what_mends_it() {
    let bench = bench();
    let id = bench.json(&["list", "--name", "root"])["keys"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let document = bench.json(&["review"]);
    assert_eq!(ids(&document), ["admin", "no-allowlist", "no-expiry"]);
    assert_eq!(
        document["findings"][2],
        serde_json::json!({
            "id": "no-expiry", "severity": "note",
            "key": {"id": id, "name": "Root", "environment": "live", "status": "active"},
            "message": "never expires", "command": format!("zenflow-keys update {id} --expires 90d"),
        })
    );
    assert!(document["usage_since"].is_null());
    let outcome = bench.ok(&["review"]);
    assert!(
        outcome.stdout.contains(&format!("no-expiry  Root ({id})")),
        "{outcome:?}"
    );
    assert!(
        outcome
            .stderr
            .contains("2 keys reviewed: 0 errors, 2 warnings, 1 note; no use is recorded"),
        "{outcome:?}"
    );
}

#[test]
fn a_finding_goes_away_when_it_is_mended() {
    let bench = bench();
    bench.ok(&[
        "update",
        "Root",
        "--expires",
        "90d",
        "--remove-scope",
        "admin",
    ]);
    assert_eq!(ids(&bench.json(&["review"])), Vec::<&str>::new());
    let outcome = bench.ok(&["review"]);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn the_exit_status_is_7_only_if_a_finding_is_as_bad_as_asked_for() {
    let bench = bench();
    for (args, status) in [
        (&["review"][..], 0),
        (&["review", "--fail-on", "error"], 0),
        (&["review", "--fail-on", "warning"], 7),
        (
            &[
                "review",
                "--fail-on",
                "warning",
                "--except",
                "admin,no-allowlist",
            ],
            0,
        ),
        (
            &[
                "review",
                "--fail-on",
                "note",
                "--except",
                "admin,no-allowlist",
            ],
            7,
        ),
        (&["review", "--fail-on", "warning", "--only", "idle"], 0),
        (&["review", "Fine", "--fail-on", "note"], 0),
    ] {
        assert_eq!(bench.run(args).status, status, "{args:?}");
    }
}

#[test]
fn a_threshold_moves_the_line() {
    let bench = bench();
    assert_eq!(
        ids(&bench.json(&["review", "Fine", "--expires-within", "90d"])),
        ["expires-soon"]
    );
    assert_eq!(
        ids(&bench.json(&["review", "Fine", "--expires-within", "89d"])),
        Vec::<&str>::new()
    );
    bench.later(10 * DAY);
    assert_eq!(
        ids(&bench.json(&["review", "Fine", "--older-than", "10d"])),
        ["rotation-due"]
    );
}

#[test]
fn non_use_is_told_only_where_uses_were_recorded_for_as_long() {
    let bench = bench();
    bench.later(50 * DAY);
    assert!(!ids(&bench.json(&["review", "Fine"])).contains(&"idle"));
    let other = bench.create("Other", &["--expires", "90d"]);
    bench.use_it(&other);
    bench.later(44 * DAY);
    assert!(!ids(&bench.json(&["review", "Fine", "--older-than", "1y"])).contains(&"idle"));
    bench.ok(&["update", "Fine", "--expires", "90d"]);
    bench.later(DAY);
    // As long as nothing else is recorded, nothing is known.
    assert_eq!(
        ids(&bench.json(&["review", "Fine", "--older-than", "1y"])),
        ["recording-stopped"]
    );
    bench.use_it(&other);
    let document = bench.json(&["review", "Fine", "--older-than", "1y"]);
    assert_eq!(ids(&document), ["idle"]);
    assert_eq!(
        document["findings"][0]["message"],
        "no use recorded since 2026-02-20T00:00:00Z, for 45 days"
    );
    assert_eq!(document["usage_since"], "2026-02-20T00:00:00Z");
}

#[test]
fn a_recording_that_stopped_is_a_finding_and_no_key_is_called_unused_for_it() {
    let bench = bench();
    let fine = bench.create("Used", &["--expires", "1y"]);
    bench.use_it(&fine);
    let review = ["review", "Used", "--older-than", "1y"];
    bench.later(3 * DAY - 1);
    assert_eq!(ids(&bench.json(&review)), Vec::<&str>::new());
    bench.later(1);
    let document = bench.json(&review);
    assert_eq!(ids(&document), ["recording-stopped"]);
    assert!(document["findings"][0]["key"].is_null());
    assert_eq!(
        document["findings"][0]["message"],
        "the newest recorded use of any key was at 2026-01-01T00:00:00Z, 3 days ago: what has happened since is not known"
    );
    assert_eq!(document["usage_until"], "2026-01-01T00:00:00Z");
    bench.later(92 * DAY);
    assert_eq!(ids(&bench.json(&review)), ["recording-stopped"]);
    let outcome = bench.ok(&[&review[..], &["--quiet"]].concat());
    assert!(
        outcome.stdout.starts_with("warning  recording-stopped\n"),
        "{outcome:?}"
    );
    let outcome = bench.ok(&[&review[..], &["--prometheus", "-", "--quiet"]].concat());
    for sample in [
        "zenflow_keys_usage_until_timestamp_seconds 1767225600\n",
        "zenflow_keys_findings{rule=\"recording-stopped\",severity=\"warning\"} 1\n",
    ] {
        assert!(outcome.stdout.contains(sample), "{outcome:?}");
    }
}

#[test]
fn a_new_key_inherits_what_is_usual_from_the_key_that_it_replaced() {
    let bench = Bench::new();
    let used = |secret: &str, ip: &str| {
        let request = ["--record", "--ip", ip, "--request", "GET /orders"];
        bench.check(secret, &request).exits(0);
    };
    let old = bench.create("Shop", &["--scope", "read:orders", "--expires", "1y"]);
    for _ in 0..10 {
        used(&old.secret, "203.0.113.7");
        bench.later(DAY);
    }
    let new = bench.rotate("Shop", &["--overlap", "0", "--yes"]);
    used(&new.secret, "203.0.113.8");
    let review = ["review", &new.id, "--only", "new-network"];
    assert_eq!(ids(&bench.json(&review)), Vec::<&str>::new());
    used(&new.secret, "198.51.100.9");
    let document = bench.json(&review);
    assert_eq!(ids(&document), ["new-network"]);
    let message = document["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("198.51.100.0/24") && message.contains("(1 request)"),
        "{message}"
    );
}

#[test]
fn many_findings_of_one_rule_are_shown_in_short() {
    let bench = Bench::new();
    let made: Vec<_> = (1..=6)
        .map(|number| bench.create(&format!("Key {number}"), &["--scope", "read:orders"]))
        .collect();
    let five = bench.ok(&[
        "review", "Key 1", "Key 2", "Key 3", "Key 4", "Key 5", "--quiet",
    ]);
    assert_eq!(five.stdout.matches("note     no-expiry  ").count(), 5);
    let all = bench.ok(&["review", "--quiet"]).stdout;
    assert_eq!(all.matches("note     no-expiry  ").count(), 3, "{all}");
    let others: Vec<_> = made[3..]
        .iter()
        .zip(4..)
        .map(|(key, number)| format!("Key {number} ({})", key.id))
        .collect();
    assert!(
        all.ends_with(&format!(
            "         no-expiry also finds 3 more keys: {}\n         zenflow-keys review --only no-expiry --json\n",
            others.join(", ")
        )),
        "{all}"
    );
    let document = bench.json(&["review", "--only", "no-expiry"]);
    assert_eq!(ids(&document).len(), 6);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let bench = bench();
    let error = bench.refused(&["review", "--only", "no-expire"], 2, "usage");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("did you mean 'no-expiry'?"),
        "{error}"
    );
    bench.refused(&["review", "--fail-on", "fatal"], 2, "usage");
    bench.refused(&["review", "--since", "4000y"], 2, "usage");
    bench.refused(&["review", "Nobody"], 3, "key_not_found");
    bench.refused(&["review", "--format", "csv"], 2, "usage");
}

/// Reads Prometheus's text format as strictly as its own parser does where this matters: name,
/// labels, number, and each family once, after its HELP and TYPE.
fn samples(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with('\n'));
    let mut families: Vec<&str> = Vec::new();
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(!families.contains(&name) && !help.is_empty(), "{line}");
            families.push(name);
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            assert_eq!(typed, format!("{} gauge", families.last().unwrap()));
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series
                .split_once('{')
                .map_or((series, None), |(name, rest)| {
                    (name, Some(rest.strip_suffix('}').unwrap()))
                });
            assert_eq!(Some(&name), families.last(), "{line}");
            for label in labels.into_iter().flat_map(|labels| labels.split("\",")) {
                let (name, value) = label.split_once("=\"").unwrap();
                assert!(
                    name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
                        && !value.trim_end_matches('"').contains('"'),
                    "{line}"
                );
            }
            samples.push((series.to_owned(), value.parse().unwrap()));
        }
    }
    samples
}

#[test]
fn the_metrics_are_a_whole_file_that_everybody_can_read() {
    let bench = bench();
    bench.create(
        "Integración, \u{ef}",
        &["--expires", "90d", "--scope", "admin"],
    );
    let path = bench.path("zenflow-keys.prom");
    fs::write(&path, "# HELP zenflow_keys_old An older file.\n").unwrap();
    let outcome = bench.run(&[
        "review",
        "--prometheus",
        path.to_str().unwrap(),
        "--fail-on",
        "warning",
        "--quiet",
    ]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (7, ""));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o644
    );
    let text = fs::read_to_string(&path).unwrap();
    let samples = samples(&text);
    let value = |series: &str| {
        samples
            .iter()
            .find(|(name, _)| name == series)
            .unwrap_or_else(|| panic!("{series}: {text}"))
            .1
    };
    assert_eq!(value("zenflow_keys_keys{status=\"active\"}"), 3.0);
    assert_eq!(
        value("zenflow_keys_findings{rule=\"admin\",severity=\"warning\"}"),
        2.0
    );
    assert_eq!(
        value("zenflow_keys_findings{rule=\"busy-hour\",severity=\"warning\"}"),
        0.0
    );
    assert_eq!(
        value("zenflow_keys_review_timestamp_seconds"),
        1_767_225_600.0
    );
    assert!(
        samples
            .iter()
            .any(|(series, _)| series.contains("name=\"Integración, ï\"")),
        "{text}"
    );
    let files: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
}

#[test]
fn metrics_that_cannot_be_written_are_a_failure() {
    let bench = bench();
    let path = bench.path("missing").join("zenflow-keys.prom");
    let outcome = bench.run(&["review", "--prometheus", path.to_str().unwrap()]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    bench.refused(&["review", "--prometheus", path.to_str().unwrap()], 1, "io");
    let directory = bench.path("directory.prom");
    fs::create_dir(&directory).unwrap();
    bench.refused(
        &["review", "--prometheus", directory.to_str().unwrap()],
        1,
        "io",
    );
    assert_eq!(fs::read_dir(bench.path("")).unwrap().count(), 2);
}
