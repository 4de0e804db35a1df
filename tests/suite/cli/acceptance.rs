//! `review --accept`: a finding that is known is counted and not shown, until its end or until it is
//! another one.

use serde_json::{Value, json};

use crate::support::in_process::{Bench, DAY};

/// A bench with a key that may write and can be used from anywhere.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.create("Phones", &["--scope", "write:orders", "--expires", "300d"]);
    bench
}

const ACCEPT: [&str; 8] = [
    "review",
    "--accept",
    "no-allowlist",
    "Phones",
    "--until",
    "30d",
    "--reason",
    "mobile",
];

fn found(bench: &Bench) -> (Vec<String>, Value) {
    let document = bench.json(&["review", "--older-than", "1y"]);
    let findings = document["findings"].as_array().unwrap();
    let ids = findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned());
    (ids.collect(), document["accepted"].clone())
}

#[test]
fn an_accepted_finding_is_counted_not_shown_and_fails_nothing_until_its_end() {
    let bench = bench();
    assert_eq!(found(&bench), (vec!["no-allowlist".into()], 0.into()));
    assert_eq!(bench.run(&["review", "--fail-on", "warning"]).status, 7);
    let outcome = bench.ok(&ACCEPT);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome
            .stderr
            .contains("accepted no-allowlist for 'Phones'")
            && outcome
                .stderr
                .contains("until 2026-01-31T00:00:00Z: holds write:orders"),
        "{outcome:?}"
    );
    assert_eq!(found(&bench), (vec![], 1.into()));
    let outcome = bench.ok(&["review", "--fail-on", "note"]);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome
            .stderr
            .contains("0 errors, 0 warnings, 0 notes, and 1 accepted"),
        "{outcome:?}"
    );
    let metrics = bench.ok(&["review", "--prometheus", "-"]).stdout;
    assert!(
        metrics.contains("zenflow_keys_accepted_findings 1\n")
            && metrics.contains("{rule=\"no-allowlist\",severity=\"warning\"} 0\n"),
        "{metrics}"
    );
    bench.later(30 * DAY - 1);
    assert_eq!(found(&bench), (vec![], 1.into()));
    bench.later(1);
    assert_eq!(found(&bench), (vec!["no-allowlist".into()], 0.into()));
}

#[test]
fn an_accepted_finding_comes_back_when_it_rests_on_something_else() {
    let bench = bench();
    bench.ok(&ACCEPT);
    bench.ok(&["update", "Phones", "--add-scope", "write:stock"]);
    assert_eq!(found(&bench), (vec!["no-allowlist".into()], 0.into()));
    // What rests on less than was accepted stays accepted.
    bench.ok(&ACCEPT);
    bench.ok(&["update", "Phones", "--remove-scope", "write:orders"]);
    assert_eq!(found(&bench), (vec![], 1.into()));
    // Another key and another rule have nothing to do with it.
    bench.create("Others", &["--scope", "write:orders"]);
    assert_eq!(
        found(&bench),
        (vec!["no-allowlist".into(), "no-expiry".into()], 1.into())
    );
}

#[test]
fn an_acceptance_is_an_event_that_changes_nothing_of_the_key() {
    let bench = bench();
    let before = bench.json(&["show", "Phones"])["key"].clone();
    bench.ok(&ACCEPT);
    assert_eq!(bench.json(&["show", "Phones"])["key"], before);
    let event = bench.json(&["log", "--limit", "1"])["events"][0].clone();
    assert_eq!(event["action"], "accept");
    assert_eq!(event["details"]["rule"]["after"], "no-allowlist");
    assert_eq!(event["details"]["until"]["after"], "2026-01-31T00:00:00Z");
    assert_eq!(event["details"]["reason"]["after"], "mobile");
    assert_eq!(event["details"]["facts"]["after"][0], "write:orders");
    bench.ok(&["doctor", "--deep"]);
    bench.ok(&["log", "--verify"]);
}

#[test]
fn only_what_is_found_can_be_accepted_and_with_a_reason() {
    let bench = bench();
    let accept = |rest: &[&'static str]| [&["review", "--accept"], rest].concat();
    bench.refused(
        &accept(&["admin", "Phones", "--reason", "x"]),
        4,
        "not_there",
    );
    bench.refused(&accept(&["no-allowlist", "Phones"]), 2, "usage");
    bench.refused(&accept(&["no-allowlist", "--reason", "x"]), 2, "usage");
    bench.refused(&accept(&["no-such", "Phones", "--reason", "x"]), 2, "usage");
    let past = [
        "no-allowlist",
        "Phones",
        "--reason",
        "x",
        "--until",
        "2020-01-01",
    ];
    bench.refused(&accept(&past), 2, "usage");
    bench.refused(&["review", "Phones", "--until", "9d"], 2, "usage");
    bench.ok(&ACCEPT);
    bench.refused(&ACCEPT, 4, "not_there");
}

#[test]
fn a_reopened_finding_is_shown_again_and_can_be_accepted_again() {
    let bench = bench();
    let key = bench.json(&["show", "Phones"])["key"].clone();
    bench.ok(&ACCEPT);
    let reopen = ["review", "--reopen", "no-allowlist", "Phones"];
    let outcome = bench.ok(&[&reopen[..], &["--reason", "they have a gateway"]].concat());
    assert!(
        outcome.stdout.contains("no-allowlist  Phones")
            && outcome
                .stderr
                .contains("reopened no-allowlist for 'Phones'")
            && outcome
                .stderr
                .contains("which was accepted until 2026-01-31T00:00:00Z: mobile"),
        "{outcome:?}"
    );
    assert_eq!(found(&bench), (vec!["no-allowlist".into()], 0.into()));
    assert_eq!(bench.run(&["review", "--fail-on", "warning"]).status, 7);
    let event = bench.json(&["log", "--limit", "1"])["events"][0].clone();
    assert_eq!(event["action"], "reopen");
    let changed = |field: &str| event["details"][field].clone();
    assert_eq!(
        changed("rule"),
        json!({"before": "no-allowlist", "after": null})
    );
    assert_eq!(
        changed("until"),
        json!({"before": "2026-01-31T00:00:00Z", "after": null})
    );
    assert_eq!(
        changed("reason"),
        json!({"before": "mobile", "after": "they have a gateway"})
    );
    assert_eq!(bench.json(&["show", "Phones"])["key"], key);
    let shown = bench.ok(&["log", "Phones"]).stdout;
    assert!(shown.contains("reopen"), "{shown}");
    bench.ok(&["doctor", "--deep"]);
    bench.ok(&["log", "--verify"]);

    bench.ok(&ACCEPT);
    assert_eq!(found(&bench), (vec![], 1.into()));
}

#[test]
fn only_what_is_accepted_can_be_reopened_and_of_all_keys_or_of_none() {
    let bench = bench();
    bench.create("Others", &["--scope", "write:orders", "--expires", "300d"]);
    let reopen = |rest: &[&'static str]| [&["review", "--reopen"], rest].concat();
    bench.refused(&reopen(&["no-allowlist", "Phones"]), 4, "not_there");
    bench.ok(&ACCEPT);
    bench.refused(&reopen(&["admin", "Phones"]), 4, "not_there");
    bench.refused(
        &reopen(&["no-allowlist", "Phones", "Others"]),
        4,
        "not_there",
    );
    assert_eq!(found(&bench).1, 1, "nothing was reopened");
    bench.refused(&reopen(&["no-allowlist"]), 2, "usage");
    bench.refused(
        &reopen(&["no-allowlist", "Phones", "--until", "9d"]),
        2,
        "usage",
    );
    bench.refused(
        &reopen(&["no-allowlist", "Phones", "--accept", "no-allowlist"]),
        2,
        "usage",
    );
    bench.ok(&reopen(&["no-allowlist", "Phones"]));
    bench.refused(&reopen(&["no-allowlist", "Phones"]), 4, "not_there");
    bench.ok(&ACCEPT);
    bench.later(30 * DAY);
    bench.refused(&reopen(&["no-allowlist", "Phones"]), 4, "not_there");
}
