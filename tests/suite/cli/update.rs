//! `update`.

use serde_json::json;

use crate::support::in_process::{Bench, DAY};

#[test]
fn every_setting_changes_in_one_event() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let args = [
        "--name",
        "New",
        "--owner",
        "it",
        "--note",
        "x",
        "--expires",
        "1y",
        "--add-scope",
        "write:orders",
        "--remove-scope",
        "read:orders",
    ];
    let after = bench.json(&[&["update", &key.id], &args[..]].concat())["key"].clone();
    assert_eq!(
        (&after["name"], &after["owner"], &after["note"]),
        (&json!("New"), &json!("it"), &json!("x"))
    );
    assert_eq!(after["expires_at"], "2027-01-01T00:00:00Z");
    assert_eq!(after["scopes"], json!(["write:orders"]));
    assert_eq!(bench.key(&key.id), after);
    assert_eq!(bench.actions(), ["update", "create"]);
}

#[test]
fn each_change_is_told_with_the_warnings_of_create() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1y", "--note", "x"]);
    let told = |args: &[&str]| bench.ok(&[&["update", &key.id], args].concat()).stderr;
    let id = &key.id;
    assert_eq!(
        told(&["--add-scope", "admin", "--note", "", "--owner", "it"]),
        format!(
            "Updated 'ERP' ({id})\n  owner: none -> 'it'\n  note: 'x' -> none\n  scopes: + admin\nnote: 'admin' is full access; request only the scopes that are needed\n"
        )
    );
    assert_eq!(
        told(&["--name", "New", "--expires", "never"]),
        format!(
            "Updated 'ERP' ({id})\n  name: 'ERP' -> 'New'\n  expires: 2027-01-01T00:00:00Z (in 1y) -> never\nnote: the key never expires; rotate it periodically, or let it expire: zenflow-keys update {id} --expires 90d\n"
        ),
        "'admin' is no news"
    );
    assert_eq!(
        told(&["--name", "New"]),
        format!("'New' ({id}): no change needed\n")
    );
    bench.ok(&["revoke", id, "--in", "7d"]);
    assert!(
        told(&["--expires", "90d"])
            .ends_with("note: the key will be revoked before that, at 2026-01-08T00:00:00Z\n")
    );
}

#[test]
fn an_empty_text_and_never_clear() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--owner", "it", "--note", "x", "--expires", "1d"]);
    let after = bench.json(&[
        "update",
        &key.id,
        "--owner",
        "",
        "--note",
        "",
        "--expires",
        "never",
    ])["key"]
        .clone();
    assert!(after["owner"].is_null() && after["note"].is_null() && after["expires_at"].is_null());
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let before = bench.bytes();
    bench.ok(&[
        "update",
        &key.id,
        "--name",
        "ERP",
        "--add-scope",
        "read:orders",
    ]);
    assert!(bench.bytes() == before);
}

#[test]
fn both_keys_of_a_rotation_get_the_new_name() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate(&old.id, &[]);
    bench.ok(&["update", &new.id, "--name", "New"]);
    assert_eq!(
        (
            bench.key(&old.id)["name"].clone(),
            bench.key(&new.id)["name"].clone()
        ),
        (json!("New"), json!("New"))
    );
    bench.ok(&["update", &old.id, "--name", "Newer"]);
    assert_eq!(bench.key(&new.id)["name"], "Newer");
}

#[test]
fn an_expired_key_may_be_extended_unless_its_name_went_to_another() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.later(2 * DAY);
    assert_eq!(
        bench.json(&["update", &key.id, "--expires", "1d"])["key"]["status"],
        "active"
    );
    bench.later(2 * DAY);
    bench.create("ERP", &[]);
    bench.refused(&["update", &key.id, "--expires", "1d"], 4, "name_taken");
}

#[test]
fn of_a_revoked_key_only_the_note_changes() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["revoke", &key.id, "--yes"]);
    assert_eq!(
        bench.json(&["update", &key.id, "--note", "leaked"])["key"]["note"],
        "leaked"
    );
    for change in [
        ["--name", "New"],
        ["--owner", "it"],
        ["--expires", "1d"],
        ["--add-scope", "admin"],
    ] {
        bench.refused(
            &["update", &key.id, change[0], change[1], "--note", "x"],
            4,
            "key_revoked",
        );
    }
}

#[test]
fn what_the_state_forbids_is_refused() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.create("Other", &[]);
    bench.refused(&["update", &key.id, "--name", "OTHER"], 4, "name_taken");
    bench.refused(
        &["update", &key.id, "--remove-scope", "read:orders"],
        4,
        "no_scope_left",
    );
    bench.refused(
        &["update", &key.id, "--remove-scope", "admin"],
        4,
        "not_there",
    );
    bench.refused(&["update", &key.id, "--expires", "2025-01-01"], 2, "usage");
    bench.refused(&["update", &key.id], 2, "usage");
}
