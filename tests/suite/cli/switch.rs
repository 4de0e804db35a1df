//! `disable` and `enable`.

use crate::support::in_process::{Bench, DAY};

#[test]
fn a_disabled_key_can_be_enabled_again() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let document = bench.json(&["disable", "ERP"]);
    assert_eq!(
        (&document["changed"], &document["dry_run"]),
        (&1.into(), &false.into())
    );
    assert_eq!(
        (
            &document["keys"][0]["status"],
            &document["keys"][0]["disabled_at"]
        ),
        (&"disabled".into(), &"2026-01-01T00:00:00Z".into())
    );
    assert_eq!(bench.check(&key.secret, &[]).status, 11);
    bench.ok(&["enable", "ERP"]);
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
    assert!(bench.key(&key.id)["disabled_at"].is_null());
    assert_eq!(bench.actions(), ["enable", "disable", "create"]);
}

#[test]
fn switching_twice_changes_nothing_more() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["disable", &key.id]);
    bench.later(DAY);
    let before = bench.bytes();
    assert_eq!(bench.json(&["disable", &key.id])["changed"], 0);
    assert!(bench.bytes() == before);
    bench.ok(&["enable", &key.id]);
    assert_eq!(bench.json(&["enable", &key.id])["changed"], 0);
    let again = bench.ok(&["enable", &key.id]);
    let no_change = format!("'ERP' ({}) is already enabled; no change\n", key.id);
    assert_eq!(again.stderr, no_change);
}

#[test]
fn an_enabled_key_that_does_not_work_is_told() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.ok(&["disable", &key.id]);
    bench.later(2 * DAY);
    let enabled = bench.ok(&["enable", &key.id]);
    assert!(
        enabled
            .stderr
            .ends_with("is enabled, but it expired at 2026-01-02T00:00:00Z\n"),
        "{enabled:?}"
    );
}

#[test]
fn several_keys_are_switched_together_or_not_at_all() {
    let bench = Bench::new();
    let (a, b) = (bench.create("A", &[]), bench.create("B", &[]));
    assert_eq!(bench.json(&["disable", "A", "B"])["changed"], 2);
    bench.ok(&["revoke", &b.id, "--yes"]);
    bench.refused(&["enable", &a.id, &b.id], 4, "key_revoked");
    bench.refused(&["enable", &a.id, "Nobody"], 3, "key_not_found");
}
