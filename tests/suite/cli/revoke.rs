//! `revoke`: now, later, not after all.

use crate::support::in_process::{Answer, Bench, DAY};

#[test]
fn a_revoked_key_stays_revoked() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let document = bench.json(&["revoke", &key.id, "--yes", "--reason", "leaked"]);
    assert_eq!(
        (document["changed"].as_u64(), document["dry_run"].as_bool()),
        (Some(1), Some(false))
    );
    assert_eq!(document["keys"][0]["status"], "revoked");
    assert_eq!(document["keys"][0]["revoked_at"], "2026-01-01T00:00:00Z");
    assert_eq!(document["keys"][0]["revocation_reason"], "leaked");
    bench.refused(&["enable", &key.id], 4, "key_revoked");
    bench.refused(&["revoke", &key.id, "--cancel"], 4, "key_revoked");
    let before = bench.bytes();
    assert_eq!(
        bench.json(&["revoke", &key.id, "--yes", "--reason", "other"])["changed"],
        0
    );
    assert_eq!(bench.json(&["revoke", &key.id])["changed"], 0);
    assert!(bench.bytes() == before);
}

#[test]
fn a_revocation_is_confirmed() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let error = bench.refused(&["revoke", &key.id], 5, "confirmation_needed");
    assert!(error["hint"].as_str().unwrap().contains("--yes"));
    bench.answers([Answer::No]);
    bench.refused(&["revoke", &key.id], 5, "declined");
    bench.answers([Answer::Interrupt]);
    bench.refused(&["revoke", &key.id], 130, "interrupted");
    bench.answers([Answer::Yes]);
    bench.ok(&["revoke", &key.id]);
    assert_eq!(bench.key(&key.id)["status"], "revoked");
}

#[test]
fn a_scheduled_revocation_comes_by_itself() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let document = bench.json(&["revoke", &key.id, "--in", "7d"]);
    assert_eq!(
        (
            &document["keys"][0]["status"],
            &document["keys"][0]["revoked_at"]
        ),
        (&"active".into(), &"2026-01-08T00:00:00Z".into())
    );
    bench.later(7 * DAY - 1);
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
    bench.later(1);
    assert_eq!(bench.check(&key.secret, &[]).status, 12);
    assert_eq!(bench.actions(), ["schedule_revocation", "create"]);
}

#[test]
fn a_scheduled_revocation_is_moved_and_taken_back() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["revoke", &key.id, "--at", "2026-01-31", "--reason", "end"]);
    assert_eq!(bench.key(&key.id)["revoked_at"], "2026-02-01T00:00:00Z");
    bench.ok(&["revoke", &key.id, "--in", "1d"]);
    assert_eq!(
        (
            &bench.key(&key.id)["revoked_at"],
            &bench.key(&key.id)["revocation_reason"]
        ),
        (&"2026-01-02T00:00:00Z".into(), &"end".into())
    );
    bench.ok(&["revoke", &key.id, "--cancel"]);
    assert!(
        bench.key(&key.id)["revoked_at"].is_null()
            && bench.key(&key.id)["revocation_reason"].is_null()
    );
    assert_eq!(bench.actions()[0], "cancel_revocation");
    let before = bench.bytes();
    assert_eq!(bench.json(&["revoke", &key.id, "--cancel"])["changed"], 0);
    assert!(bench.bytes() == before);
}

#[test]
fn to_postpone_a_revocation_it_asks() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["revoke", &key.id, "--in", "7d"]);
    let later = ["revoke", &key.id, "--in", "10y"];
    bench.refused(&later, 5, "confirmation_needed");
    bench.answers([Answer::No]);
    bench.refused(&later, 5, "declined");
    bench.answers([Answer::Yes]);
    let moved = bench.ok(&later);
    assert!(
        moved
            .stderr
            .contains("will be revoked at 2036-01-01T00:00:00Z (in 10y), not at 2026-01-08"),
        "{moved:?}"
    );
    bench.ok(&["revoke", &key.id, "--in", "11y", "--yes"]);
    assert_eq!(bench.key(&key.id)["revoked_at"], "2037-01-01T00:00:00Z");
}

/// Two people schedule the same end, and the later one waits for the store.
#[test]
fn who_agreed_beforehand_is_not_stopped_by_what_others_did_meanwhile() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["revoke", &key.id, "--in", "7d"]);
    bench.waits_for_the_store(2);
    let later = ["revoke", &key.id, "--in", "7d"];
    bench.refused(&later, 5, "confirmation_needed");
    bench.ok(&[&later[..], &["--yes"]].concat());
    assert_eq!(bench.key(&key.id)["revoked_at"], "2026-01-08T00:00:02Z");
}

#[test]
fn an_end_that_was_scheduled_while_it_asked_is_not_postponed() {
    let bench = Bench::new();
    let keys = [bench.create("ERP", &[]), bench.create("CRM", &[])];
    let [erp, crm] = keys.each_ref().map(|key| key.id.as_str());
    bench.ok(&["revoke", erp, "--in", "7d"]);
    let earlier = ["revoke", crm, "--in", "1d"].map(str::to_owned);
    bench.answers([Answer::YesAfter(earlier.into())]);
    let outcome = bench.run(&["revoke", erp, crm, "--in", "30d"]);
    assert_eq!(outcome.status, 5, "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains("meanwhile an earlier revocation of 'CRM'"),
        "{outcome:?}"
    );
    assert_eq!(bench.key(erp)["revoked_at"], "2026-01-08T00:00:00Z");
    assert_eq!(bench.key(crm)["revoked_at"], "2026-01-02T00:00:00Z");
}

#[test]
fn it_says_what_became_of_each_key_and_when_nothing_did() {
    let bench = Bench::new();
    let (a, b) = (
        bench.create("A", &[]),
        bench.create("B", &["--expires", "1d"]),
    );
    let told = |args: &[&str]| {
        let outcome = bench.ok(args);
        outcome.stderr.lines().last().unwrap_or_default().to_owned()
    };
    let (id, other) = (&a.id, &b.id);
    assert_eq!(
        told(&["revoke", id, "--cancel"]),
        format!("No revocation of 'A' ({id}) is scheduled; no change")
    );
    assert_eq!(
        told(&["revoke", other, "--in", "2d"]),
        format!(
            "'B' ({other}) will be revoked at 2026-01-03T00:00:00Z (in 2d); it expires before that, at 2026-01-02T00:00:00Z"
        )
    );
    assert_eq!(
        told(&["revoke", other, "--in", "2d"]),
        format!(
            "'B' ({other}) will be revoked at 2026-01-03T00:00:00Z (in 2d); it expires before that, at 2026-01-02T00:00:00Z; no change"
        )
    );
    assert_eq!(
        told(&["revoke", other, "--cancel"]),
        format!(
            "The revocation of 'B' ({other}) is cancelled; it was scheduled for 2026-01-03T00:00:00Z (in 2d)"
        )
    );
    bench.ok(&["revoke", id, "--yes"]);
    let both = bench.ok(&["revoke", id, other, "--yes"]);
    let lines: Vec<_> = both.stderr.lines().collect();
    assert_eq!(
        lines[1..],
        [
            format!("'A' ({id}) is already revoked; no change"),
            format!("'B' ({other}) is revoked")
        ]
    );
}

#[test]
fn what_a_revocation_would_hit_is_said_once() {
    let bench = Bench::new();
    let (used, unused) = (bench.create("Used", &[]), bench.create("Unused", &[]));
    let told = |key: &str| bench.ok(&["revoke", key, "--dry-run"]).stderr;
    assert_eq!(
        told("Used").lines().next().unwrap(),
        format!(
            "'Used' ({}): no use has ever been recorded in this store",
            used.id
        )
    );
    bench
        .check(&used.secret, &["--record", "--ip", "203.0.113.7"])
        .exits(0);
    for (key, line) in [
        (
            &used,
            "last used 2026-01-01T00:00:00Z (now) from 203.0.113.7; 1 of its 1 requests of the last 30 days (recorded since 2026-01-01T00:00:00Z) would have been refused",
        ),
        (&unused, "no use recorded since 2026-01-01T00:00:00Z"),
    ] {
        let lines = told(&key.id);
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].ends_with(&format!("): {line}")), "{lines:?}");
    }
}

#[test]
fn the_past_is_refused() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let error = bench.refused(&["revoke", &key.id, "--at", "2025-12-01"], 2, "usage");
    assert_eq!(error["message"], "2025-12-01 is not in the future");
    bench.refused(
        &["revoke", &key.id, "--at", "2026-01-01T00:00:00Z"],
        2,
        "usage",
    );
    bench.refused(
        &["revoke", &key.id, "--at", "2026-12-01", "--in", "7d"],
        2,
        "usage",
    );
}

#[test]
fn a_dry_run_says_what_it_would_hit_and_does_nothing() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench
        .check(&key.secret, &["--record", "--ip", "203.0.113.7"])
        .exits(0);
    let before = bench.bytes();
    let outcome = bench.ok(&["revoke", &key.id, "--dry-run"]);
    assert!(
        outcome.stderr.contains("203.0.113.7") && outcome.stderr.contains("2026-01-01T00:00:00Z"),
        "{outcome:?}"
    );
    let document = bench.json(&["revoke", &key.id, "--dry-run"]);
    assert_eq!(
        (&document["dry_run"], &document["changed"]),
        (&true.into(), &1.into())
    );
    assert!(bench.bytes() == before);
}

#[test]
fn of_several_keys_all_are_found_before_one_is_revoked() {
    let bench = Bench::new();
    let (a, b) = (bench.create("A", &[]), bench.create("B", &[]));
    bench.refused(&["revoke", &a.id, "Nobody", "--yes"], 3, "key_not_found");
    assert_eq!(bench.json(&["revoke", &a.id, "B", "--yes"])["changed"], 2);
    assert_eq!(bench.key(&b.id)["status"], "revoked");
}

#[test]
fn a_leaked_key_is_revoked_by_itself() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    assert_eq!(
        bench
            .run_with_stdin(&["revoke", "-", "--yes"], &key.secret)
            .status,
        0
    );
    assert_eq!(bench.check(&key.secret, &[]).status, 12);
}
