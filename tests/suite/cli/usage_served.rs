//! `usage import` beside `serve`, which counts uses as they happen: what it counted is not counted
//! again from a log.

use std::sync::Arc;

use zenflow_keys::domain::usage::{IpPrefix, UsageBucket};
use zenflow_keys::domain::{Text, Timestamp};
use zenflow_keys::store::Serving;

use crate::cli::usage_import::{bench, line, lines};
use crate::support::in_process::Bench;

/// So many seconds after the hour began in which all lines are.
fn at(second: i64) -> Timestamp {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    Timestamp::from_unix(start.unix() + second).unwrap()
}

fn serve(bench: &Bench, counts: bool, second: i64) -> Arc<Serving> {
    let actor: Text = "tester".parse().unwrap();
    Arc::new(Serving::begin(&bench.db(), counts, &|| at(second), &actor).unwrap())
}

/// Has a `serve` count from one second to another.
fn served(bench: &Bench, from: i64, to: i64) {
    serve(bench, true, from).end(&|| at(to)).unwrap();
}

fn refused(bench: &Bench, log: &str) -> String {
    let document = bench.refused(&["usage", "import", log], 4, "counted_by_serve");
    document["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_log_with_a_line_of_a_time_that_was_counted_is_refused_and_nothing_of_it_is_counted() {
    let (bench, key) = bench();
    served(&bench, 20, 30);
    let apart = bench.write("apart", lines(&key.id, 0..20) + &lines(&key.id, 31..40));
    assert_eq!(bench.import(&[&apart])["total"]["counted"], 29);
    for (name, second) in [("first", 20), ("last", 30)] {
        let log = lines(&key.id, 100..110) + &line(&key.id, second, "GET /orders", 200);
        let log = bench.write(name, log);
        let message = refused(&bench, &log);
        assert!(
            message.ends_with(
                "line 11: 'serve' counted the uses from 2026-01-01T00:00:20Z to 2026-01-01T00:00:30Z itself"
            ),
            "{message}"
        );
    }
    assert_eq!(bench.total(), 29);
    // A line that names no key is counted by nobody.
    let without = bench.write("without", line("-", 25, "GET /orders", 401));
    assert_eq!(bench.import(&[&without])["total"]["counted"], 0);
}

#[test]
fn requests_that_went_another_way_are_counted_if_that_is_said() {
    let (bench, key) = bench();
    served(&bench, 0, 30);
    let log = bench.write("access.log", lines(&key.id, 0..10));
    refused(&bench, &log);
    let counted = bench.import(&[&log, "--also-served"]);
    assert_eq!(counted["total"]["counted"], 10);
    // What was counted before is not looked at again, from a file or a stream.
    let grown = lines(&key.id, 0..10) + &lines(&key.id, 40..45);
    let log = bench.write("access.log", &grown);
    assert_eq!(bench.import(&[&log])["total"]["counted"], 5);
    let outcome = bench.run_with_stdin(&["usage", "import", "-", "--json"], &grown);
    assert_eq!(outcome.json()["total"]["counted"], 0);
}

#[test]
fn one_that_serves_still_has_no_end_and_one_that_counts_nothing_no_beginning() {
    let (bench, key) = bench();
    let counting_nothing = serve(&bench, false, 0);
    let log = bench.write("access.log", lines(&key.id, 0..10));
    assert_eq!(bench.import(&[&log])["total"]["counted"], 10);
    counting_nothing.end(&|| at(50)).unwrap();
    let serving = serve(&bench, true, 20);
    let log = bench.write("later", lines(&key.id, 3000..3001));
    let message = refused(&bench, &log);
    assert!(
        message.ends_with("since 2026-01-01T00:00:20Z itself"),
        "{message}"
    );
    let before = bench.write("before", lines(&key.id, 11..19));
    assert_eq!(bench.import(&[&before])["total"]["counted"], 8);
    serving.end(&|| at(60)).unwrap();
    assert_eq!(bench.import(&[&log])["total"]["counted"], 1);
}

#[test]
fn what_was_recorded_is_in_the_store_and_goes_on_in_rate_limits() {
    let (bench, key) = bench();
    let serving = serve(&bench, true, 10);
    let id = key.id.parse().unwrap();
    let bucket = |second, count, outcome: &str| UsageBucket {
        key: id,
        ip: Some(IpPrefix::WHOLE.truncate("192.0.2.1".parse().unwrap())),
        endpoint: None,
        scopes: Default::default(),
        outcome: outcome.parse().unwrap(),
        count,
        first_at: at(second),
        last_at: at(second),
    };
    let clock = || at(3 * 3600);
    let uses = [
        bucket(10, 3, "allowed"),
        bucket(2 * 3600, 4, "allowed"),
        bucket(3 * 3600 - 1, 5, "allowed"),
        bucket(3 * 3600, 6, "allowed"),
        bucket(3 * 3600, 7, "rate_limited"),
    ];
    let unrecorded = serving.record(&uses, &clock).unwrap();
    assert_eq!(unrecorded, Default::default());
    assert_eq!(bench.total(), 25);
    let recent = |second| {
        let recent = serving
            .reader()
            .read(at(second), |view, _| view.recent_uses(at(second)));
        let recent = recent.unwrap();
        recent
            .iter()
            .map(|recent| {
                assert_eq!(recent.key, id);
                (recent.hour, recent.day)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(recent(3 * 3600 + 59), [(6, 18)]);
    assert_eq!(recent(5 * 3600), [(0, 18)]);
    assert_eq!(recent(24 * 3600), []);
    serving.end(&clock).unwrap();
}
