//! Backups: whole, private, exclusive, and made while others write.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::process::{Bench, feed, finish, id, mode, set_mode};

fn keys_of(bench: &Bench, db: &str) -> Vec<Value> {
    bench
        .run(&["list", "--all", "--json", "--db", db])
        .exits(0)
        .json()["keys"]
        .as_array()
        .unwrap()
        .clone()
}

fn log_of(bench: &Bench, db: &str) -> Value {
    bench.run(&["log", "--json", "--db", db]).exits(0).json()
}

#[test]
fn a_backup_is_a_store_that_holds_the_same() {
    let (bench, key) = Bench::with_key("shop");
    bench
        .run(&["allowlist", "add", "shop", "192.0.2.0/24"])
        .exits(0);
    let new = bench.run(&["rotate", "shop"]).exits(0).stdout;
    bench
        .feed(&["check", "--record", "--ip", "192.0.2.7"], new.as_bytes())
        .exits(0);
    let document = bench.run(&["backup", "copy.db", "--json"]).exits(0).json();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(
        (&document["keys"], &document["events"]),
        (&2.into(), &4.into())
    );
    assert_eq!(
        document["head"],
        bench.run(&["log", "--verify", "--json"]).exits(0).json()["head"]
    );
    assert_eq!(
        document["bytes"],
        bench.path("copy.db").metadata().unwrap().len()
    );
    assert!(document["file"].as_str().unwrap().ends_with("/copy.db"));
    assert_eq!(keys_of(&bench, "copy.db"), bench.keys());
    assert_eq!(log_of(&bench, "copy.db"), log_of(&bench, "keys.db"));
    bench.run(&["doctor", "--deep", "--db", "copy.db"]).exits(0);
    bench
        .feed(
            &["check", "--ip", "192.0.2.7", "--db", "copy.db"],
            key.as_bytes(),
        )
        .exits(0);
    // It is a store of its own from now on.
    bench
        .run(&["revoke", id(&key), "--yes", "--db", "copy.db"])
        .exits(0);
    assert_ne!(keys_of(&bench, "copy.db"), bench.keys());
}

#[test]
fn a_backup_is_told_of_on_standard_error_and_leaves_nothing_but_itself() {
    let (bench, _) = Bench::with_key("shop");
    let outcome = finish(bench.shell("umask 0; exec \"$@\"", &["backup", "copy.db"])).exits(0);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("1 key, 1 event") && outcome.stderr.contains("head 1:"),
        "{outcome:?}"
    );
    assert_eq!(mode(&bench.path("copy.db")), 0o600);
    assert_eq!(bench.files(), ["copy.db", "keys.db"]);
    assert_eq!(bench.run(&["backup", "other.db", "-q"]).exits(0).stderr, "");
}

#[test]
fn what_is_there_is_never_written_over() {
    let (bench, _) = Bench::with_key("shop");
    fs::write(bench.path("file"), "mine").unwrap();
    symlink("nowhere", bench.path("dangling")).unwrap();
    symlink("keys.db", bench.path("link-to-the-store")).unwrap();
    let before = fs::read(bench.db()).unwrap();
    for taken in [
        "file",
        "dangling",
        "link-to-the-store",
        "keys.db",
        "./keys.db",
        ".",
        "..",
        "/",
    ] {
        let outcome = bench.run(&["backup", taken, "--json"]).exits(1);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            ("out_file", ""),
            "{taken}"
        );
    }
    assert!(
        bench
            .run(&["backup", "keys.db"])
            .exits(1)
            .stderr
            .contains("is the store itself")
    );
    assert_eq!(fs::read(bench.path("file")).unwrap(), b"mine");
    assert_eq!(fs::read(bench.db()).unwrap(), before);
    assert_eq!(
        bench.files(),
        ["dangling", "file", "keys.db", "link-to-the-store"]
    );
}

#[test]
fn a_backup_that_fails_leaves_nothing() {
    let (bench, _) = Bench::with_key("shop");
    assert_eq!(
        bench
            .run(&["backup", "missing/copy.db", "--json"])
            .exits(1)
            .code(),
        "out_file"
    );
    // The file grows too large: a full disk, as far as the program can see.
    let script = "trap '' XFSZ; ulimit -f 20; exec \"$@\"";
    assert_eq!(
        finish(bench.shell(script, &["backup", "copy.db", "--json"]))
            .exits(1)
            .code(),
        "out_file"
    );
    // Others could put another file in its place.
    fs::create_dir(bench.path("shared")).unwrap();
    for unsafe_mode in [0o777, 0o1777, 0o770] {
        set_mode(&bench.path("shared"), unsafe_mode);
        assert_eq!(
            bench
                .run(&["backup", "shared/copy.db", "--json"])
                .exits(1)
                .code(),
            "out_file"
        );
    }
    assert_eq!(fs::read_dir(bench.path("shared")).unwrap().count(), 0);
    assert_eq!(bench.files(), ["keys.db", "shared"]);
}

#[test]
fn what_is_not_whole_is_not_backed_up() {
    for damage in [
        "DROP TRIGGER events_are_not_changed; UPDATE events SET actor = 'nobody'",
        "PRAGMA foreign_keys = OFF; UPDATE keys SET rotated_from = 'a000000000'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'keys_by_owner') \
         WHERE name = 'keys_by_creation'",
    ] {
        let (bench, _) = Bench::with_key("shop");
        bench.sql(damage);
        let outcome = bench.run(&["backup", "copy.db", "--json"]).exits(6);
        assert_eq!(outcome.code(), "store_damaged", "{damage}");
        assert_eq!(bench.files(), ["keys.db"]);
    }
}

#[test]
fn without_a_store_there_is_no_backup() {
    let bench = Bench::new();
    assert_eq!(
        bench.run(&["backup", "copy.db", "--json"]).exits(6).code(),
        "store_missing"
    );
    assert!(bench.files().is_empty());
}

#[test]
fn a_store_with_a_write_ahead_log_is_backed_up_to_one_file() {
    let (bench, _) = Bench::with_key("shop");
    bench.sql("PRAGMA journal_mode = WAL");
    bench.run(&["backup", "copy.db"]).exits(0);
    let header = fs::read(bench.path("copy.db")).unwrap();
    assert_eq!(header[18..20], [1, 1]);
    assert_eq!(keys_of(&bench, "copy.db").len(), 1);
    assert!(
        bench
            .files()
            .iter()
            .all(|name| !name.contains("copy.db-") && !name.contains(".new")),
        "{:?}",
        bench.files()
    );
}

#[test]
fn backups_beside_busy_writers_are_whole_and_each_a_state_that_there_was() {
    let (bench, _) = Bench::with_key("shop");
    let done = AtomicBool::new(false);
    let heads = thread::scope(|scope| {
        for writer in 0..3 {
            let (bench, done) = (&bench, &done);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    bench
                        .run(&[
                            "create",
                            &format!("key {writer}-{n}"),
                            "--preset",
                            "read-only",
                        ])
                        .exits(0);
                }
            });
        }
        let heads: Vec<String> = (0..6)
            .map(|n| {
                let name = format!("copy-{n}.db");
                let document = bench.run(&["backup", &name, "--json"]).json();
                assert_eq!(
                    keys_of(&bench, &name).len() as u64,
                    document["events"].as_u64().unwrap(),
                    "half of a change is in {name}"
                );
                document["head"].as_str().unwrap().to_owned()
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        heads
    });
    for (n, head) in heads.iter().enumerate() {
        bench
            .run(&["doctor", "--deep", "--db", &format!("copy-{n}.db")])
            .exits(0);
        bench.run(&["log", "--verify", "--expect", head]).exits(0);
    }
}

#[test]
fn an_interrupted_backup_leaves_nothing() {
    use rustix::process::{Pid, Signal, kill_process};

    let (bench, key) = Bench::with_key("shop");
    // A writer holds the store, so that the backup has to wait.
    let writer = rusqlite::Connection::open(bench.db()).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut child = bench
        .command(&["backup", "copy.db", "--json"])
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    while !bench.files().iter().any(|name| name.ends_with(".new")) {
        assert_eq!(child.try_wait().unwrap(), None);
        thread::sleep(std::time::Duration::from_millis(5));
    }
    // Give it time to be past what comes before the waiting.
    thread::sleep(std::time::Duration::from_millis(200));
    kill_process(pid, Signal::INT).unwrap();
    thread::sleep(std::time::Duration::from_millis(50));
    writer.execute_batch("ROLLBACK").unwrap();
    drop(writer);
    let outcome = crate::support::process::wait(child).exits(130);
    assert_eq!(outcome.code(), "interrupted");
    assert_eq!(bench.files(), ["keys.db"]);
    feed(bench.command(&["check"]), key.as_bytes()).exits(0);
}
