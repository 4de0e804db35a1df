//! `rotate` and its end.

use std::fs;

use serde_json::json;
use zenflow_keys::context::Streams;

use crate::support::in_process::{Answer, Bench, DAY, HOUR, Made};

fn rotated() -> (Bench, Made, Made) {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate(&old.id, &[]);
    (bench, old, new)
}

#[test]
fn the_new_key_is_like_the_old_one_and_both_work() {
    let bench = Bench::new();
    let old = bench.create(
        "ERP",
        &[
            "--env",
            "test",
            "--allow-ip",
            "203.0.113.7",
            "--owner",
            "it",
            "--note",
            "x",
            "--scope",
            "write:stock",
        ],
    );
    bench.later(DAY);
    let document = bench.json(&["rotate", "ERP"]);
    let (new, before) = (&document["key"], &document["replaces"]);
    for field in [
        "name",
        "environment",
        "scopes",
        "allowed_ips",
        "owner",
        "note",
        "expires_at",
    ] {
        assert_eq!(new[field], before[field], "{field}");
    }
    assert_eq!(
        (&new["rotated_from"], &before["rotated_to"]),
        (&before["id"], &new["id"])
    );
    assert_eq!(
        (&new["created_at"], &before["revoked_at"]),
        (
            &json!("2026-01-02T00:00:00Z"),
            &json!("2026-01-09T00:00:00Z")
        )
    );
    for secret in [document["api_key"].as_str().unwrap(), &old.secret] {
        assert_eq!(bench.check(secret, &["--ip", "203.0.113.7"]).status, 0);
    }
}

#[test]
fn the_old_key_ends_after_the_overlap() {
    let (bench, old, new) = rotated();
    bench.later(7 * DAY);
    assert_eq!(bench.check(&old.secret, &[]).status, 12);
    assert_eq!(bench.check(&new.secret, &[]).status, 0);
}

#[test]
fn the_old_key_ends_at_the_earlier_of_overlap_and_expiry() {
    for (settings, overlap, end) in [
        (&["--expires", "5d"][..], "7d", "2026-01-06T00:00:00Z"),
        (&["--expires", "5d"], "2d", "2026-01-03T00:00:00Z"),
        (&[], "24h", "2026-01-02T00:00:00Z"),
    ] {
        let bench = Bench::new();
        let old = bench.create("ERP", settings);
        bench.rotate(&old.id, &["--overlap", overlap]);
        assert_eq!(
            bench.key(&old.id)["revoked_at"],
            end,
            "{settings:?} {overlap}"
        );
    }
}

#[test]
fn a_rotation_does_not_undo_what_a_person_took_away() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["disable", &key.id]);
    let error = bench.refused(&["rotate", &key.id], 4, "key_disabled");
    let enable = format!("enable it first: zenflow-keys enable {}", key.id);
    assert_eq!(error["hint"], enable);
    bench.ok(&["enable", &key.id]);
    bench.ok(&[
        "revoke",
        &key.id,
        "--in",
        "120d",
        "--reason",
        "contract ends",
    ]);
    let error = bench.refused(&["rotate", &key.id], 4, "revocation_scheduled");
    let cancel = format!("cancel it first: zenflow-keys revoke {} --cancel", key.id);
    assert_eq!(error["hint"], cancel);
    bench.refused(
        &["rotate", &key.id, "--overlap", "0", "--yes"],
        4,
        "revocation_scheduled",
    );
    assert_eq!(bench.key(&key.id)["revocation_reason"], "contract ends");
    bench.ok(&["revoke", &key.id, "--cancel"]);
    bench.rotate(&key.id, &[]);
}

#[test]
fn a_revocation_that_a_rotation_scheduled_is_no_obstacle_to_finish_it() {
    let (bench, old, new) = rotated();
    bench.refused(&["rotate", &old.id], 4, "already_rotated");
    bench.use_it(&new);
    let finished = bench.ok(&["rotate", &old.id, "--finish"]);
    let told = format!(
        "Rotation finished: {} is revoked, {} stays active\n",
        old.id, new.id
    );
    assert_eq!(finished.stderr, told);
    let again = bench.ok(&["rotate", &old.id, "--finish"]);
    assert!(again.stderr.ends_with("; no change\n"), "{again:?}");
}

#[test]
fn the_old_key_is_not_revoked_while_the_new_one_does_not_work() {
    let (bench, old, new) = rotated();
    bench.use_it(&new);
    bench.ok(&["disable", &new.id]);
    bench.refused(&["rotate", &old.id, "--finish"], 4, "not_proven");
    bench.ok(&["revoke", &new.id, "--yes"]);
    bench.refused(&["rotate", &old.id, "--finish"], 4, "not_proven");
    let forced = bench.ok(&["rotate", &old.id, "--finish", "--force", "--yes"]);
    let told = format!(
        "Rotation finished: {} is revoked, {} is revoked\n",
        old.id, new.id
    );
    assert!(forced.stderr.ends_with(&told), "{forced:?}");
}

#[test]
fn without_overlap_it_says_what_it_hits() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    bench
        .check(&old.secret, &["--record", "--ip", "203.0.113.7"])
        .exits(0);
    bench.answers([Answer::No]);
    let asked = bench.run(&["rotate", &old.id, "--overlap", "0"]);
    assert!(
        asked.stderr.contains("from 203.0.113.7")
            && asked
                .stderr
                .contains("1 of its 1 requests of the last 30 days"),
        "{asked:?}"
    );
}

#[test]
fn a_key_that_lives_for_centuries_has_a_successor() {
    let bench = Bench::new();
    let old = bench.create("ERP", &["--expires", "9999-12-30"]);
    bench.later(DAY);
    let new = bench.rotate(&old.id, &[]);
    assert_eq!(bench.key(&new.id)["expires_at"], "9999-12-31T23:59:59Z");
}

#[test]
fn without_overlap_it_asks_and_no_rotation_stays_open() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    bench.refused(
        &["rotate", &old.id, "--overlap", "0"],
        5,
        "confirmation_needed",
    );
    bench.answers([Answer::No]);
    bench.refused(&["rotate", &old.id, "--overlap", "0"], 5, "declined");
    let new = bench.rotate(&old.id, &["--overlap", "0", "--yes"]);
    assert_eq!(bench.key(&old.id)["status"], "revoked");
    assert_eq!(bench.actions(), ["revoke", "rotate", "create"]);
    bench.rotate(&new.id, &[]);
}

#[test]
fn the_new_key_lives_as_long_as_the_old_one_or_as_told() {
    let bench = Bench::new();
    let old = bench.create("ERP", &["--expires", "90d"]);
    bench.later(30 * DAY);
    let new = bench.rotate(&old.id, &["--overlap", "0", "--yes"]);
    assert_eq!(bench.key(&new.id)["expires_at"], "2026-05-01T00:00:00Z");
    let last = bench.rotate(&new.id, &["--expires", "never"]);
    assert!(bench.key(&last.id)["expires_at"].is_null());
}

#[test]
fn a_key_is_rotated_once_and_not_while_its_own_rotation_is_open() {
    let (bench, old, new) = rotated();
    bench.refused(&["rotate", &old.id], 4, "already_rotated");
    bench.refused(&["rotate", &new.id], 4, "rotation_open");
    bench.use_it(&new);
    bench.ok(&["rotate", "ERP", "--finish"]);
    bench.rotate(&new.id, &[]);
}

#[test]
fn a_revoked_key_is_not_rotated_and_an_expired_one_is_only_while_its_name_is_free() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.later(2 * DAY);
    let other = bench.create("ERP", &[]);
    bench.refused(&["rotate", &key.id], 4, "name_taken");
    bench.ok(&["revoke", &other.id, "--yes"]);
    bench.refused(&["rotate", &other.id], 4, "key_revoked");
    let new = bench.rotate(&key.id, &[]);
    assert_eq!(bench.check(&new.secret, &[]).status, 0);
    assert_ne!(bench.check(&key.secret, &[]).status, 0);
}

#[test]
fn it_is_finished_when_the_new_key_was_used_and_the_old_one_is_quiet() {
    let (bench, old, new) = rotated();
    bench.refused(&["rotate", &new.id, "--finish"], 4, "not_proven");
    bench.use_it(&old);
    bench.use_it(&new);
    bench.later(HOUR / 2);
    bench.refused(&["rotate", &old.id, "--finish"], 4, "still_in_use");
    bench.later(HOUR / 2 + 1);
    bench.refused(
        &["rotate", &old.id, "--finish", "--quiet-for", "2h"],
        4,
        "still_in_use",
    );
    let document = bench.json(&["rotate", &old.id, "--finish"]);
    assert_eq!(
        (&document["api_key"], &document["key"]["id"]),
        (&json!(null), &json!(new.id))
    );
    assert_eq!(
        (&document["replaces"]["id"], &document["replaces"]["status"]),
        (&json!(old.id), &json!("revoked"))
    );
    let before = bench.bytes();
    bench.ok(&["rotate", &old.id, "--finish"]);
    bench.ok(&["rotate", "ERP", "--finish"]);
    assert!(bench.bytes() == before);
}

#[test]
fn a_refused_use_proves_nothing() {
    let (bench, _, new) = rotated();
    bench
        .check(&new.secret, &["--record", "--scope", "admin"])
        .exits(20);
    bench.refused(&["rotate", &new.id, "--finish"], 4, "not_proven");
}

#[test]
fn force_overrides_and_asks() {
    let (bench, old, new) = rotated();
    bench.refused(
        &["rotate", &new.id, "--finish", "--force"],
        5,
        "confirmation_needed",
    );
    bench.refused(&["rotate", &new.id, "--finish", "--yes"], 4, "not_proven");
    bench.ok(&["rotate", &new.id, "--finish", "--force", "--yes"]);
    assert_eq!(bench.check(&old.secret, &[]).status, 12);
}

#[test]
fn finishing_what_is_not_a_rotation_is_refused_and_what_ended_by_itself_is_done() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let error = bench.refused(&["rotate", &old.id, "--finish"], 4, "not_rotated");
    assert_eq!(
        error["message"],
        format!("'ERP' ({}) is not being rotated", old.id)
    );
    bench.rotate(&old.id, &["--overlap", "1d"]);
    bench.later(DAY);
    bench.ok(&["rotate", &old.id, "--finish"]);
}

#[test]
fn the_new_key_goes_to_a_file_or_to_a_reader_or_is_not_made() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let out = bench.path("secret");
    fs::write(&out, "precious").unwrap();
    bench.refused(
        &["rotate", &old.id, "--out", out.to_str().unwrap()],
        1,
        "out_file",
    );
    fs::remove_file(&out).unwrap();
    bench.streams.set(Streams {
        stdout_is_lost: true,
        ..Streams::default()
    });
    bench.refused(&["rotate", &old.id], 2, "stdout_unusable");
    assert!(bench.json(&["rotate", &old.id, "--out", out.to_str().unwrap()])["api_key"].is_null());
    assert_eq!(
        bench
            .run(&["check", "--key-file", out.to_str().unwrap()])
            .status,
        0
    );
}

#[test]
fn the_new_key_stands_alone_and_the_two_steps_that_remain_are_told() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let outcome = bench.ok(&["rotate", &old.id]);
    assert_eq!((outcome.lines().len(), outcome.stdout.len()), (1, 63));
    assert!(
        outcome.stderr.contains("update the application") && outcome.stderr.contains("verify"),
        "{outcome:?}"
    );
}

#[test]
fn either_key_of_a_rotation_is_revoked_by_its_id() {
    let (bench, old, new) = rotated();
    bench.ok(&["revoke", &new.id, "--yes"]);
    assert_eq!(
        (
            bench.check(&old.secret, &[]).status,
            bench.check(&new.secret, &[]).status
        ),
        (0, 12)
    );
    bench.ok(&["revoke", &old.id, "--yes"]);
    assert_eq!(bench.check(&old.secret, &[]).status, 12);
}

#[test]
fn an_overlap_in_the_past_or_without_end_is_wrong_usage() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    for overlap in ["2025-01-01", "never", "soon"] {
        let error = bench.refused(&["rotate", &old.id, "--overlap", overlap], 2, "usage");
        assert!(
            error["message"].as_str().unwrap().contains(overlap),
            "{error}"
        );
    }
    bench.refused(&["rotate", &old.id, "--expires", "2025-01-01"], 2, "usage");
}

#[test]
fn a_key_without_end_has_a_successor_without_end() {
    let (bench, _, new) = rotated();
    assert!(bench.key(&new.id)["expires_at"].is_null());
}
