//! `create`, step by step at a terminal.

use serde_json::json;

use crate::support::in_process::{Answer, Bench};

#[test]
fn without_a_terminal_what_is_missing_is_wrong_usage() {
    let bench = Bench::new();
    bench.refused(&["create"], 2, "usage");
    bench.refused(&["create", "ERP"], 2, "usage");
    assert!(bench.bytes().is_none());
}

#[test]
fn at_a_terminal_it_asks_step_by_step_until_the_answers_are_right() {
    let bench = Bench::new();
    use Answer::{Many, One, Text, Yes};
    bench.answers([
        Text("bad!"),
        Text("ERP"),
        One(4),
        Many(vec![]),
        Many(vec![1, 0]),
        Text("yesterday"),
        Text("90d"),
        Text("203.0.113.7"),
        Yes,
    ]);
    let key = bench.json(&["create"])["key"].clone();
    assert_eq!(key["name"], "ERP");
    assert_eq!(key["scopes"], json!(["read:orders", "write:orders"]));
    assert_eq!(key["expires_at"], "2026-04-01T00:00:00Z");
    assert_eq!(key["allowed_ips"], json!(["203.0.113.7"]));
    bench.answers([Text("Presets"), One(1), Text("never"), Text(""), Yes]);
    assert_eq!(bench.json(&["create"])["key"]["preset"], "erp-sync");
}

#[test]
fn a_dialogue_says_what_follows_and_what_was_chosen() {
    let bench = Bench::new();
    use Answer::{Many, One, Text, Yes};
    bench.answers([One(4), Many(vec![]), Many(vec![0]), Text(""), Text(""), Yes]);
    let key = bench.json(&["create", "ERP"])["key"].clone();
    assert_eq!(key["scopes"], json!(["read:orders"]));
    assert_eq!(key["expires_at"], "2026-04-01T00:00:00Z", "the default");
    let said = bench.said();
    assert!(said[0].contains("Ctrl-C leaves"), "{said:?}");
    assert!(said[1].starts_with("No scope is selected yet"), "{said:?}");
    assert_eq!(said[2], "  scopes       read:orders");
    assert!(said[3].ends_with(" [90d]"), "{said:?}");
    assert_eq!(said.last().unwrap(), "Create this key? [Y/n]");
    bench.answers([One(0), Text(""), Text(""), Yes]);
    bench.ok(&["create", "Reports", "--env", "test"]);
    let said = bench.said();
    assert_eq!(
        said[1],
        "  scopes       read:orders, read:products, read:stock"
    );
    assert!(
        said.contains(&"  environment  test".into()),
        "the summary: {said:?}"
    );
}

#[test]
fn a_declined_or_interrupted_dialogue_makes_nothing() {
    let bench = Bench::new();
    use Answer::{Interrupt, No, One, Text};
    bench.answers([Text("ERP"), One(0), Text("never"), Text(""), No]);
    let error = bench.refused(&["create"], 5, "declined");
    assert!(error["hint"].is_null(), "create has no --yes: {error}");
    bench.answers([Text("ERP"), Interrupt]);
    bench.refused(&["create"], 130, "interrupted");
    assert!(bench.bytes().is_none());
}
