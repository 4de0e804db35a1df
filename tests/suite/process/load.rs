//! Many processes at once on one store.

use crate::support::process::{Bench, Outcome, id, wait};

const PROCESSES: usize = 16;

/// Runs them all at once.
fn at_once(bench: &Bench, args: impl Fn(usize) -> Vec<String>) -> Vec<Outcome> {
    let spawn = |n| {
        let args = args(n);
        bench
            .command(&args.iter().map(String::as_str).collect::<Vec<_>>())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(spawn).collect();
    children.into_iter().map(wait).collect()
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// One succeeded, all others came too late.
fn one_wins(outcomes: &[Outcome]) -> &Outcome {
    let winners: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.status == 0)
        .collect();
    let losers: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.status == 4 && outcome.stdout.is_empty())
        .collect();
    assert_eq!(
        (winners.len(), losers.len()),
        (1, PROCESSES - 1),
        "{outcomes:?}"
    );
    winners[0]
}

#[test]
fn keys_with_different_names_are_all_made_though_there_was_no_store() {
    let bench = Bench::new();
    let outcomes = at_once(&bench, |n| {
        words(&format!("create shop-{n} --preset read-only"))
    });
    for outcome in outcomes {
        let key = outcome.exits(0).stdout;
        bench
            .feed(&["check", "--scope", "read:orders"], key.as_bytes())
            .exits(0);
    }
    assert_eq!(bench.keys().len(), PROCESSES);
    assert_eq!(bench.files(), ["keys.db"]);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn of_keys_with_the_same_name_one_is_made() {
    let bench = Bench::new();
    let outcomes = at_once(&bench, |_| words("create shop --preset read-only"));
    bench
        .feed(&["check"], one_wins(&outcomes).stdout.as_bytes())
        .exits(0);
    assert_eq!(bench.actions(), ["create"]);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn with_if_absent_one_is_made_and_all_succeed() {
    let bench = Bench::new();
    let outcomes = at_once(&bench, |_| {
        words("create shop --preset read-only --if-absent")
    });
    assert!(
        outcomes.iter().all(|outcome| outcome.status == 0),
        "{outcomes:?}"
    );
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| outcome.stdout.contains("zenflow_live_"))
            .count(),
        1
    );
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn a_key_has_one_successor_however_many_rotate_it() {
    let (bench, old) = Bench::with_key("shop");
    let outcomes = at_once(&bench, |_| words(&format!("rotate {}", id(&old))));
    let new = &one_wins(&outcomes).stdout;
    bench.feed(&["check"], new.as_bytes()).exits(0);
    bench.feed(&["check"], old.as_bytes()).exits(0);
    assert_eq!(bench.keys().len(), 2);
    assert_eq!(bench.actions(), ["schedule_revocation", "rotate", "create"]);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn a_key_is_revoked_once_however_many_do_it() {
    let (bench, _) = Bench::with_key("shop");
    let outcomes = at_once(&bench, |_| words("revoke shop --yes"));
    assert!(
        outcomes.iter().all(|outcome| outcome.status == 0),
        "{outcomes:?}"
    );
    assert_eq!(bench.actions(), ["revoke", "create"]);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn readers_and_writers_do_not_fail_each_other() {
    let (bench, _) = Bench::with_key("shop");
    let outcomes = at_once(&bench, |n| {
        words(if n % 2 == 0 {
            "list --json"
        } else {
            "allowlist list shop"
        })
    });
    assert!(
        outcomes.iter().all(|outcome| outcome.status == 0),
        "{outcomes:?}"
    );
    let outcomes = at_once(&bench, |n| match n % 3 {
        0 => words("list --json"),
        1 => words(&format!("update shop --note {n}")),
        _ => words("log --verify"),
    });
    assert!(
        outcomes.iter().all(|outcome| outcome.status == 0),
        "{outcomes:?}"
    );
    bench.run(&["log", "--verify"]).exits(0);
}
