//! Logs that lie beside a store and are not its own: SQLite would lay them over it.

use std::fs;
use std::process::Command;

use crate::support::process::{Bench, Outcome, finish};
use crate::support::tools;

/// A store that was put in the place of one with a write-ahead log, in which a key was not revoked
/// that is revoked here; and this key.
fn restored() -> (Bench, String) {
    let (bench, key) = Bench::with_key("shop");
    bench.sql("PRAGMA journal_mode = WAL");
    // As long as it is open the log is not written back.
    let open = rusqlite::Connection::open(bench.db()).unwrap();
    open.execute_batch("SELECT * FROM store").unwrap();
    bench.run(&["update", "shop", "--note", "n"]).exits(0);
    let log = fs::read(bench.path("keys.db-wal")).unwrap();
    bench.run(&["revoke", "shop", "--yes"]).exits(0);
    bench.run(&["backup", "copy.db"]).exits(0);
    drop(open);
    fs::rename(bench.path("copy.db"), bench.db()).unwrap();
    fs::write(bench.path("keys.db-wal"), log).unwrap();
    (bench, key)
}

/// What hints name.
const FOLLOWED_WITH: &[&str] = &["mv"];

/// Does what the hint of a failure says.
fn follow(bench: &Bench, outcome: &Outcome) {
    let error: serde_json::Value = serde_json::from_str(&outcome.stderr).unwrap();
    let hint = error["error"]["hint"].as_str().unwrap();
    let command = hint.split_once(": ").unwrap().1;
    let mut shell = Command::new("sh");
    shell.arg("-c");
    finish(bench.prepared(shell, &[command])).exits(0);
}

#[test]
fn a_key_that_was_revoked_is_not_allowed_again_by_the_log_of_another_store() {
    if !tools::are_there(FOLLOWED_WITH) {
        return;
    }
    let (bench, key) = restored();
    let before = fs::read(bench.db()).unwrap();
    for command in [
        &["check", "--json"][..],
        &["list", "--json"],
        &["create", "erp", "--preset", "read-only", "--json"],
        &["backup", "copy.db", "--json"],
        &["check", "--batch", "--json"],
    ] {
        let refused = bench.feed(command, key.as_bytes()).exits(6);
        assert_eq!(refused.code(), "store_unsafe", "{command:?}");
    }
    let found = bench.run(&["doctor", "--json"]).exits(7).json();
    assert_eq!(found["findings"][0]["id"], "stray_journal");
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db", "keys.db-wal"]);
    follow(&bench, &bench.run(&["list", "--json"]));
    bench.feed(&["check"], key.as_bytes()).exits(12);
    bench.run(&["doctor", "--deep"]).exits(0);
    assert_eq!(bench.files(), ["keys.db", "keys.db-wal.old"]);
}

#[test]
fn no_store_is_made_where_the_log_of_another_one_lies() {
    if !tools::are_there(FOLLOWED_WITH) {
        return;
    }
    let create = ["create", "shop", "--preset", "read-only", "--json"];
    for log in ["keys.db-wal", "keys.db-journal"] {
        let bench = Bench::new();
        fs::write(bench.path(log), "left").unwrap();
        let refused = bench.run(&create).exits(6);
        assert_eq!(refused.code(), "store_unsafe");
        assert_eq!(bench.files(), [log]);
        follow(&bench, &refused);
        bench.run(&create).exits(0);
        // SQLite takes no empty file for a log.
        fs::write(bench.path("keys.db-wal"), "").unwrap();
        bench.run(&["list"]).exits(0);
    }
}

#[test]
fn no_backup_is_made_where_the_log_of_another_store_lies() {
    if !tools::are_there(FOLLOWED_WITH) {
        return;
    }
    let (bench, _) = Bench::with_key("shop");
    fs::write(bench.path("copy.db-wal"), "left").unwrap();
    let refused = bench.run(&["backup", "copy.db", "--json"]).exits(1);
    assert_eq!(refused.code(), "out_file");
    assert!(!bench.path("copy.db").exists());
    follow(&bench, &refused);
    bench.run(&["backup", "copy.db"]).exits(0);
}
