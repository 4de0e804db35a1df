//! What other commands do beside a store that is being served, which this process does.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rustix::fs::{OFlags, fcntl_setfl};
use serde_json::Value;
use zenflow_keys::domain::{Presented, Text, Timestamp};
use zenflow_keys::store::Serving;

use crate::process::owners;
use crate::support::process::{Bench, finish, set_mode, wait};
use crate::support::tools;

/// When serving begins.
fn begun() -> Timestamp {
    Timestamp::from_unix(1_750_000_000).unwrap()
}

fn after(second: i64) -> Timestamp {
    Timestamp::from_unix(begun().unix() + second).unwrap()
}

pub fn serve(bench: &Bench) -> Arc<Serving> {
    let actor: Text = "tester".parse().unwrap();
    Arc::new(Serving::begin(&bench.db(), true, &begun, &actor).unwrap())
}

/// What is left of `bench` when whoever serves it is killed. Copied by another process: this one
/// would lose its locks.
fn killed(bench: &Bench) -> Bench {
    let left = Bench::new();
    for file in bench.files() {
        let mut copy = std::process::Command::new("cp");
        copy.arg("-p").arg(bench.path(&file));
        finish(left.prepared(copy, &["."])).exits(0);
    }
    left
}

fn findings(bench: &Bench) -> Vec<Value> {
    let document = bench.run(&["doctor", "--deep", "--json"]).exits(0).json();
    document["findings"].as_array().unwrap().clone()
}

fn id_and_message(finding: &Value) -> (&str, &str) {
    (
        finding["id"].as_str().unwrap(),
        finding["message"].as_str().unwrap(),
    )
}

#[test]
fn every_command_works_beside_a_served_store_and_is_seen_at_once() {
    let (bench, key) = Bench::with_key("shop");
    let serving = serve(&bench);
    let reader = serving.reader();
    let is_revoked = |key: &str| {
        let presented = Presented::from_bytes(key.as_bytes());
        let found = reader.read(begun(), |view, _| view.key_presented(&presented));
        found.unwrap().map(|key| key.revocation.is_some())
    };
    assert_eq!(is_revoked(&key), Some(false));
    let other = bench.create("erp");
    assert_eq!(is_revoked(&other), Some(false));
    bench.run(&["revoke", "erp", "--yes"]).exits(0);
    assert_eq!(is_revoked(&other), Some(true));
    bench.feed(&["check", "--record"], key.as_bytes()).exits(0);
    bench.feed(&["check"], other.as_bytes()).exits(12);
    let question = format!("{{\"key\":\"{key}\"}}\n");
    let batch = bench.feed(&["check", "--batch", "--record"], question.as_bytes());
    assert!(batch.exits(0).stdout.contains("\"allowed\":true"));
    bench.run(&["rotate", "shop"]).exits(0);
    bench
        .run(&["allowlist", "add", "shop", "192.0.2.0/24"])
        .exits(0);
    bench.run(&["log", "--verify"]).exits(0);
    bench.run(&["backup", "copy.db"]).exits(0);
    assert_eq!(
        bench
            .run(&["list", "--all", "--ids", "--db", "copy.db"])
            .exits(0)
            .stdout
            .lines()
            .count(),
        3
    );
    assert_eq!(bench.keys().len(), 3);
    serving.end(&begun).unwrap();
    bench.run(&["doctor", "--deep"]).exits(0);
    assert!(findings(&bench).is_empty());
}

/// Another process then makes an index of its own, and each of the two knows a part of the log only.
#[test]
fn a_revocation_is_not_lost_with_the_index_of_the_log() {
    for lost in ["keys.db-shm", "keys.db-wal"] {
        let (bench, key) = Bench::with_key("shop");
        let serving = serve(&bench);
        let reader = serving.reader();
        let is_revoked = || {
            let presented = Presented::from_bytes(key.as_bytes());
            let found = reader.read(begun(), |view, _| view.key_presented(&presented));
            found.unwrap().unwrap().revocation.is_some()
        };
        bench.run(&["update", "shop", "--note", "n"]).exits(0);
        assert!(!is_revoked());
        std::fs::remove_file(bench.path(lost)).unwrap();
        if lost == "keys.db-wal" {
            // Who comes next finds an index of what is gone, until it is noticed.
            serving.look_after(&begun).unwrap();
        }
        bench.run(&["revoke", "shop", "--yes"]).exits(0);
        serving.look_after(&begun).unwrap();
        assert!(is_revoked(), "{lost}");
        let _ = serving.record(&[], &|| after(1)).unwrap();
        serving.end(&begun).unwrap();
        bench.feed(&["check"], key.as_bytes()).exits(12);
        bench.run(&["doctor", "--deep"]).exits(0);
        assert_eq!(bench.keys()[0]["note"], "n");
        assert_eq!(bench.files(), ["keys.db"]);
    }
}

/// A key that nobody takes is not made, and no answer waits for that to come out.
#[test]
fn a_key_that_nobody_takes_holds_up_no_answer() {
    let (bench, key) = Bench::with_key("shop");
    let serving = serve(&bench);
    let reader = serving.reader();
    let (_nobody, mut full) = std::io::pipe().unwrap();
    fcntl_setfl(&full, OFlags::NONBLOCK).unwrap();
    while full.write(&[0; 512]).is_ok() {}
    fcntl_setfl(&full, OFlags::empty()).unwrap();
    let create = ["create", "erp", "--preset", "read-only", "--json"];
    let mut command = bench.command(&create);
    let child = command.stdout(full).spawn().unwrap();
    let other = Connection::open(bench.db()).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    while other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
        std::thread::yield_now();
    }
    let presented = Presented::from_bytes(key.as_bytes());
    let found = reader.read(begun(), |view, _| view.key_presented(&presented));
    assert!(found.unwrap().is_some());
    assert!(other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err());
    drop(other);
    assert_eq!(wait(child).exits(1).code(), "delivery_failed");
    assert_eq!(bench.keys().len(), 1);
    serving.end(&begun).unwrap();
}

#[test]
fn doctor_says_that_a_store_is_served_and_what_a_killed_one_has_left() {
    if !tools::are_there(&["cp"]) {
        return;
    }
    let (bench, _) = Bench::with_key("shop");
    let serving = serve(&bench);
    bench.create("erp");
    let found = findings(&bench);
    let (id, message) = id_and_message(&found[0]);
    assert_eq!((id, found.len()), ("journal_mode", 1));
    assert!(message.contains("'serve' is using"), "{message}");
    let left = killed(&bench);
    let found = findings(&left);
    assert!(found[0]["remedy"].as_str().unwrap().contains("was killed"));
    left.create("next");
    assert!(findings(&left).is_empty());
    assert_eq!(left.files(), ["keys.db"]);
    assert_eq!(left.keys().len(), 3);
    drop(serving);
}

#[test]
fn the_log_that_an_owner_has_turned_on_stays_whatever_is_done() {
    let (bench, _) = Bench::with_key("shop");
    bench.sql("PRAGMA journal_mode = WAL");
    serve(&bench).end(&begun).unwrap();
    bench.create("erp");
    bench.run(&["doctor"]).exits(0);
    let found = findings(&bench);
    let (id, message) = id_and_message(&found[0]);
    assert_eq!(id, "journal_mode");
    assert!(message.starts_with("the store uses"), "{message}");
}

#[test]
fn a_reader_that_never_ends_is_found_by_the_log_that_it_lets_grow() {
    let (bench, _) = Bench::with_key("shop");
    let serving = serve(&bench);
    let reader = Connection::open(bench.db()).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM keys")
        .unwrap();
    bench.sql(
        "INSERT INTO usage SELECT 1, 0, printf('%.*c', 70000000, 'x'), '', '', '', 1, 0, 0; DELETE FROM usage",
    );
    let document = bench.run(&["doctor", "--json"]).exits(7).json();
    assert_eq!(document["findings"][1]["id"], "large_log");
    reader.execute_batch("ROLLBACK").unwrap();
    drop(reader);
    // It is written back by what is recorded next, and cut off by what is recorded after that.
    for second in 1..3 {
        let _ = serving.record(&[], &|| after(second)).unwrap();
    }
    bench.run(&["doctor"]).exits(0);
    serving.end(&begun).unwrap();
}

#[test]
fn another_user_reads_a_served_store_or_is_told_why_not() {
    if !tools::are_there(&["cp"]) {
        return;
    }
    let (bench, _) = Bench::with_key("shop");
    set_mode(bench.directory(), 0o755);
    set_mode(&bench.db(), 0o644);
    let Some(list) = owners::as_nobody(&bench, &["list", "--ids"]) else {
        return;
    };
    let serving = serve(&bench);
    bench.create("erp");
    let outcome = finish(list);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 2);
    let left = killed(&bench);
    set_mode(left.directory(), 0o755);
    let list = |bench| finish(owners::as_nobody(bench, &["list", "--json"]).unwrap());
    let keys = list(&left).exits(0).json()["keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    // Where the log must be made first, it cannot be read.
    serving.end(&begun).unwrap();
    bench.sql("PRAGMA journal_mode = WAL");
    let outcome = list(&bench).exits(6);
    assert_eq!(outcome.code(), "store_unreadable");
    assert!(outcome.stderr.contains("let its owner"), "{outcome:?}");
}
