//! A store that is replaced, moved or removed while `check --batch` uses it.

use std::fs;

use serde_json::{Value, json};

use crate::cli::batch::answers;
use crate::cli::batch_bursts::{Burst, Paused};
use crate::support::in_process::{Bench, Made, Outcome};

/// So many questions for a key, a line each.
fn questions(key: &Made, count: usize) -> String {
    format!("{}\n", json!({ "key": key.secret })).repeat(count)
}

/// Puts a copy of the store in its place, in which the key is revoked.
fn replace(bench: &Bench, key: &Made) {
    let next = bench.path("next.db");
    fs::copy(bench.db(), &next).unwrap();
    bench.ok(&["revoke", &key.id, "--yes", "--db", next.to_str().unwrap()]);
    fs::rename(next, bench.db()).unwrap();
}

fn stream(bench: &Bench, args: &[&str], bursts: Vec<Burst<'_>>) -> Outcome {
    let args = [&["check", "--batch"], args].concat();
    bench.run_reading(&args, &mut Paused(bursts.into()))
}

fn verdicts(outcome: &Outcome) -> Vec<Value> {
    let mut verdicts: Vec<_> = answers(outcome)
        .iter()
        .map(|answer| answer["verdict"].clone())
        .collect();
    verdicts.dedup();
    verdicts
}

#[test]
fn a_stream_goes_on_with_the_store_that_took_the_place_of_its_own() {
    // Enough for several threads, and several transactions of each; or one line.
    for count in [1, 3000] {
        for args in [&[][..], &["--record"]] {
            let bench = Bench::new();
            let key = bench.create("Shop", &[]);
            let asked = questions(&key, count);
            let bursts: Vec<Burst<'_>> = vec![
                (Box::new(|| {}), asked.clone()),
                (Box::new(|| replace(&bench, &key)), asked.clone()),
                (Box::new(|| {}), asked),
            ];
            let outcome = stream(&bench, args, bursts);
            assert_eq!(outcome.status, 0, "{args:?} {outcome:?}");
            assert_eq!(answers(&outcome).len(), 3 * count, "{args:?}");
            assert_eq!(
                verdicts(&outcome),
                ["allowed", "revoked_api_key"],
                "{args:?} {count}"
            );
            let report = bench.json(&["show", &key.id]);
            let is_used = report["key"]["last_used_at"].is_string();
            assert_eq!(is_used, !args.is_empty(), "{report}");
        }
    }
}

#[test]
fn a_stream_ends_when_its_store_is_gone_or_not_safe() {
    type Deed = fn(&Bench);
    let deeds: [(Deed, &str); 3] = [
        (
            |bench| fs::remove_file(bench.db()).unwrap(),
            "there is no store",
        ),
        (
            |bench| fs::rename(bench.db(), bench.path("elsewhere")).unwrap(),
            "there is no store",
        ),
        (
            |bench| {
                fs::remove_file(bench.db()).unwrap();
                fs::write(bench.db(), "no store").unwrap();
            },
            "this file is not a store",
        ),
    ];
    for (deed, told) in deeds {
        for args in [&[][..], &["--record"]] {
            let bench = Bench::new();
            let key = bench.create("Shop", &[]);
            let bursts: Vec<Burst<'_>> = vec![
                (Box::new(|| {}), questions(&key, 1)),
                (Box::new(|| deed(&bench)), questions(&key, 1)),
            ];
            let outcome = stream(&bench, args, bursts);
            assert_eq!(outcome.status, 6, "{told} {args:?} {outcome:?}");
            assert_eq!(outcome.lines().len(), 1);
            assert!(outcome.stderr.contains(told), "{args:?} {outcome:?}");
        }
    }
}
