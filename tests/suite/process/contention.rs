//! One process must not keep another waiting, or not for long; and a store that changes its form
//! meanwhile.

use std::io::{BufRead, BufReader, Read};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::earlier;
use crate::support::process::{Bench, Outcome, finish, wait};

/// More than a pipe and the program's own buffer hold, and many pages.
const MANY: usize = 30_000;

/// A writer that has to wait tries again after at most a tenth of a second; one that is kept
/// waiting gives up after ten.
const SOON: Duration = Duration::from_secs(5);

fn with_many_keys() -> Bench {
    let (bench, _) = Bench::with_key("shop");
    let store = Connection::open(bench.db()).unwrap();
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
         SELECT 'a' || printf('%09d', i), randomblob(32), 'n' || i, 'n' || i, 'live', 'read:orders', 1750000000 FROM n"
    );
    store.execute_batch(&fill).unwrap();
    bench
}

#[allow(clippy::disallowed_methods, reason = "a duration is measured")]
fn timed(bench: &Bench, args: &[&str], input: &str) -> (Outcome, Duration) {
    let started = Instant::now();
    let outcome = bench.feed(args, input.as_bytes());
    (outcome, started.elapsed())
}

#[test]
fn a_list_that_nobody_reads_does_not_keep_a_revocation_waiting() {
    let bench = with_many_keys();
    for (turn, format) in ["jsonl", "csv"].into_iter().enumerate() {
        let mut list = bench
            .command(&["list", "--format", format])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(list.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        // The first lines are there, so it is in the middle of the list, and stuck.
        let (outcome, waited) = timed(&bench, &["revoke", &format!("n{}", turn + 7), "--yes"], "");
        assert!(
            outcome.status == 0 && waited < SOON,
            "{waited:?} {outcome:?}"
        );
        assert_eq!(list.try_wait().unwrap(), None, "it was to be stuck");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        wait(list).exits(0);
        let header = usize::from(format == "csv");
        assert_eq!(rest.lines().count(), MANY - turn + header - 1);
    }
}

#[test]
fn a_long_list_does_not_keep_a_revocation_waiting() {
    let bench = with_many_keys();
    let mut changes = 0;
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--sort", "name", "--format", "csv"],
        &["list", "--ids"],
    ] {
        let list = bench.command(args).spawn().unwrap();
        let list = thread::spawn(move || wait(list));
        loop {
            changes += 1;
            let (outcome, waited) = timed(
                &bench,
                &["revoke", &format!("n{}", MANY - changes), "--yes"],
                "",
            );
            assert!(
                outcome.status == 0 && waited < SOON,
                "{args:?} {waited:?} {outcome:?}"
            );
            if list.is_finished() {
                break;
            }
        }
        list.join().unwrap().exits(0);
    }
}

#[test]
fn a_store_that_is_held_too_long_is_named_and_nothing_is_done() {
    let (bench, key) = Bench::with_key("shop");
    let before = std::fs::read(bench.db()).unwrap();
    let holder = Connection::open(bench.db()).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    thread::scope(|scope| {
        for args in [
            &["create", "other", "--preset", "read-only", "--json"][..],
            &[
                "create",
                "other",
                "--preset",
                "read-only",
                "--json",
                "--out",
                "key",
            ],
            &["revoke", "shop", "--yes", "--json"],
            &["rotate", "shop", "--json"],
            &["list", "--json"],
            &["show", "shop", "--json"],
            &["log", "--verify", "--json"],
            &["check", "--json"],
            &["check", "--record", "--json"],
        ] {
            let (bench, key) = (&bench, &key);
            scope.spawn(move || {
                let (outcome, waited) = timed(bench, args, key);
                let outcome = outcome.exits(6);
                assert!(waited.as_secs() >= 8, "{args:?} {waited:?}");
                assert_eq!(
                    (outcome.code().as_str(), outcome.stdout.as_str()),
                    ("store_locked", ""),
                    "{args:?}"
                );
                assert!(
                    outcome.stderr.contains(bench.db().to_str().unwrap()),
                    "{outcome:?}"
                );
            });
        }
    });
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    assert!(std::fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn a_store_that_is_held_for_a_while_is_waited_for() {
    let (bench, _) = Bench::with_key("shop");
    let holder = Connection::open(bench.db()).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let commands = [
        &["list"][..],
        &["revoke", "shop", "--yes"],
        &["log", "--verify"],
    ];
    let children: Vec<_> = commands
        .into_iter()
        .map(|args| bench.command(args).spawn().unwrap())
        .collect();
    thread::sleep(Duration::from_secs(2));
    holder.execute_batch("ROLLBACK").unwrap();
    for child in children {
        wait(child).exits(0);
    }
    assert_eq!(bench.actions(), ["revoke", "create"]);
}

#[test]
fn a_store_is_migrated_once_however_many_do_it() {
    if !earlier::is_there_one() {
        return;
    }
    let (bench, key) = Bench::with_key("shop");
    earlier::make_first_version(&bench.db());
    let spawn = |n: usize| {
        let name = format!("new {n}");
        let create = ["create", &name, "--preset", "read-only"];
        let args = match n % 4 {
            0 => &create[..],
            1 => &["list"],
            2 => &["revoke", "shop", "--in", "7d", "--yes"],
            _ => &["log", "--verify"],
        };
        bench.command(args).spawn().unwrap()
    };
    let children: Vec<_> = (0..16).map(spawn).collect();
    for child in children {
        wait(child).exits(0);
    }
    bench.feed(&["check"], key.as_bytes()).exits(0);
    assert_eq!(bench.keys().len(), 5);
    finish(bench.command(&["log", "--verify"])).exits(0);
}

#[test]
fn streams_that_record_without_a_pause_let_other_writers_in() {
    let (bench, key) = Bench::with_key("shop");
    let question = format!("{{\"key\":\"{key}\"}}\n");
    let input = question.repeat(40_000);
    let waited: Vec<Duration> = thread::scope(|scope| {
        let streams: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| bench.feed(&["check", "--batch", "--record"], input.as_bytes()))
            })
            .collect();
        let waited = ["disable", "enable", "disable"].map(|change| {
            let (outcome, waited) = timed(&bench, &[change, "shop"], "");
            outcome.exits(0);
            waited
        });
        for stream in streams {
            stream.join().unwrap().exits(0);
        }
        waited.into()
    });
    assert!(waited.iter().sum::<Duration>() < SOON, "{waited:?}");
}
