//! Processes that are killed at random while many of them work on one store: what was acknowledged
//! is there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use zenflow_keys::domain::usage::{Outcome, UsageBucket};
use zenflow_keys::domain::{KeyId, Presented, ScopeSet, Timestamp};
use zenflow_keys::store::Unrecorded;

use crate::fault::extent;
use crate::fault::judge::keys_in;
use crate::fault::random::Random;
use crate::fault::state::State;
use crate::process::served::serve;
use crate::support::process::{Bench, id};
use crate::support::tools;

const WORKERS: u64 = 16;

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It was shown by a process that succeeded.
    Made,
    /// It was shown by a process that was killed.
    KeyReportBody,
    /// Its revocation was acknowledged.
    Revoked,
    /// A process that was revoking it was killed.
    PerhapsRevoked,
}

#[derive(Default)]
struct Ledger {
    keys: BTreeMap<String, Known>,
    killed: usize,
    acknowledged: usize,
}

#[allow(clippy::disallowed_methods, reason = "it goes on for a while")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn what_was_acknowledged_outlives_kills() {
    outlives_kills(&Bench::new(), Mutex::default());
}

/// In one store with the processes that are killed, somebody answers and counts.
#[test]
fn what_was_acknowledged_beside_one_who_serves_outlives_kills() {
    let (bench, key) = Bench::with_key("served");
    let uses = Cell::new(0);
    let serving = serve(&bench);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let ledger = Mutex::new(Ledger {
            keys: BTreeMap::from([(key.clone(), Known::Made)]),
            ..Ledger::default()
        });
        let killed = scope.spawn(|| {
            kill_at_work(&bench, &ledger);
            is_over.store(true, Ordering::Release);
            ledger
        });
        let reader = serving.reader();
        while !is_over.load(Ordering::Acquire) {
            let presented = Presented::from_bytes(key.as_bytes());
            let found = reader.read(clock(), |view, _| view.key_presented(&presented));
            let found = found.unwrap().unwrap();
            serving.look_after(&clock).unwrap();
            let unrecorded = serving.record(&[one_use(found.id)], &clock).unwrap();
            assert_eq!(unrecorded, Unrecorded::default());
            uses.set(uses.get() + 1);
        }
        judge(&bench, killed.join().unwrap().into_inner().unwrap());
    });
    assert_eq!(bench.keys()[0]["name"], "served");
    serving.end(&clock).unwrap();
    nothing_is_left(&bench);
    let counted: i64 = Connection::open(bench.db())
        .unwrap()
        .query_row("SELECT sum(count) FROM usage", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, uses.get());
}

fn clock() -> Timestamp {
    Timestamp::from_unix(1_750_000_000).unwrap()
}

fn one_use(key: KeyId) -> UsageBucket {
    UsageBucket {
        key,
        ip: None,
        endpoint: None,
        scopes: ScopeSet::EMPTY,
        outcome: Outcome::Allowed,
        count: 1,
        first_at: clock(),
        last_at: clock(),
    }
}

fn outlives_kills(bench: &Bench, ledger: Mutex<Ledger>) {
    kill_at_work(bench, &ledger);
    judge(bench, ledger.into_inner().unwrap());
    nothing_is_left(bench);
}

fn kill_at_work(bench: &Bench, ledger: &Mutex<Ledger>) {
    let ends = now() + Duration::from_secs(if extent::all() { 60 } else { 3 });
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || work(bench, ledger, worker, ends));
        }
    });
}

/// Holds what the store says against what is known.
fn judge(bench: &Bench, ledger: Ledger) {
    let Ledger {
        keys,
        killed,
        acknowledged,
    } = ledger;
    assert!(killed > 0 && acknowledged > 0, "{killed} {acknowledged}");
    let listed: BTreeMap<String, String> = bench
        .keys()
        .iter()
        .map(|key| {
            (
                key["id"].as_str().unwrap().to_owned(),
                key["status"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    State::of(&bench.db());
    bench.run(&["log", "--verify"]).exits(0);
    bench.run(&["doctor", "--deep"]).exits(0);
    for (key, known) in &keys {
        let status = listed.get(id(key)).map(String::as_str);
        let fits = match known {
            Known::Made => status == Some("active"),
            Known::KeyReportBody => matches!(status, None | Some("active")),
            Known::Revoked => status == Some("revoked"),
            Known::PerhapsRevoked => matches!(status, None | Some("active" | "revoked")),
        };
        assert!(fits, "{known:?}, but it is {status:?}");
    }
    for listed in listed.keys() {
        assert!(
            keys.keys().any(|key| id(key) == listed),
            "{listed} was shown to nobody"
        );
    }
    for key in keys
        .iter()
        .filter(|(_, known)| **known == Known::Made)
        .map(|(key, _)| key)
        .take(200)
    {
        bench.feed(&["check", "--quiet"], key.as_bytes()).exits(0);
    }
    tools::say(&format!(
        "killed at random, 16 at once: {killed} processes killed, {acknowledged} changes acknowledged, none lost"
    ));
    extent::count("random kills", 0, killed);
}

/// The next change leaves the store alone in its directory.
fn nothing_is_left(bench: &Bench) {
    bench.create("something else");
    let files = bench.files();
    let files: Vec<_> = files
        .iter()
        .filter(|file| !file.starts_with("out-"))
        .collect();
    assert_eq!(files, ["keys.db"]);
}

fn work(bench: &Bench, ledger: &Mutex<Ledger>, worker: u64, ends: Instant) {
    let mut random = Random::new(worker);
    for turn in 0.. {
        if now() > ends {
            return;
        }
        let name = format!("{worker}-{turn}");
        let file = format!("out-{worker}-{turn}");
        let mine: Vec<String> = ledger
            .lock()
            .unwrap()
            .keys
            .iter()
            .filter(|(_, known)| **known == Known::Made)
            .map(|(key, _)| key.clone())
            .collect();
        let some = random.below(mine.len().max(1));
        let target = mine.get(some).map(|key| id(key)).unwrap_or("none");
        let (args, revoked) = match random.below(8) {
            0..=2 => (vec!["create", &name, "--preset", "read-only"], None),
            3 => (
                vec!["create", &name, "--preset", "read-only", "--out", &file],
                None,
            ),
            4 => (vec!["rotate", target], None),
            5 => (vec!["revoke", target, "--yes"], mine.get(some)),
            6 => (vec!["update", target, "--note", &name], None),
            _ => (vec!["list"], None),
        };
        let wait =
            (random.below(2) == 0).then(|| Duration::from_micros(random.below(60_000) as u64));
        if let Some(key) = revoked {
            ledger
                .lock()
                .unwrap()
                .keys
                .insert(key.clone(), Known::PerhapsRevoked);
        }
        let (stdout, was_killed, succeeded) = run(bench.command(&args), wait);
        let mut ledger = ledger.lock().unwrap();
        ledger.killed += usize::from(was_killed);
        ledger.acknowledged += usize::from(succeeded);
        let shown = keys_in(&stdout).into_iter().chain(keys_in(
            &fs::read_to_string(bench.path(&file)).unwrap_or_default(),
        ));
        let known = if succeeded {
            Known::Made
        } else {
            Known::KeyReportBody
        };
        ledger.keys.extend(shown.map(|key| (key, known)));
        if let Some(key) = revoked.filter(|_| succeeded) {
            ledger.keys.insert(key.clone(), Known::Revoked);
        }
    }
}

/// Runs a process, which is killed after a while if it still runs; what it printed, whether it was
/// killed, whether it succeeded.
fn run(mut command: Command, wait: Option<Duration>) -> (String, bool, bool) {
    let mut child: Child = command.spawn().unwrap();
    if let Some(wait) = wait {
        thread::sleep(wait);
        let _ = child.kill();
    }
    let output = child.wait_with_output().unwrap();
    let was_killed = output.status.signal() == Some(9);
    (
        String::from_utf8(output.stdout).unwrap(),
        was_killed,
        output.status.success(),
    )
}
