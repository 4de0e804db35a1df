//! Which times of uses are believed, and a key that is pruned while its uses are imported.

use std::io::{self, Read};

use rusqlite::Connection;

use crate::cli::usage_import::{bench, line, lines};
use crate::support::in_process::{Bench, DAY, HOUR, Made};

/// A log that somebody looks at, and acts, between its two halves.
struct Halves<'b> {
    first: &'b [u8],
    between: Option<Box<dyn FnOnce() + 'b>>,
    second: &'b [u8],
}

impl Read for Halves<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.first.is_empty() {
            return self.first.read(buffer);
        }
        if let Some(between) = self.between.take() {
            between();
        }
        self.second.read(buffer)
    }
}

#[test]
fn a_key_that_is_pruned_during_the_import_is_an_unknown_key() {
    let bench = Bench::new();
    let (old, other) = (bench.create("Old", &[]), bench.create("Other", &[]));
    bench.ok(&["revoke", &old.id, "--yes"]);
    bench.later(400 * DAY);
    let text = lines(&old.id, 0..3) + &lines(&other.id, 3..5);
    let prune = || {
        bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    };
    let mut log = Halves {
        first: text.as_bytes(),
        between: Some(Box::new(prune)),
        second: b"",
    };
    let outcome = bench.run_reading(&["usage", "import", "-", "--json"], &mut log);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    let total = outcome.json()["total"].clone();
    assert_eq!(
        (&total["lines"], &total["counted"], &total["unknown_key"]),
        (&5.into(), &2.into(), &3.into())
    );
    assert_eq!(bench.total(), 2);
    let since = bench.json(&["usage", "report"])["recorded_since"].clone();
    assert_eq!(
        since, "2026-01-01T00:00:03Z",
        "what was skipped began nothing"
    );
    let again = bench.run_with_stdin(&["usage", "import", "-", "--json"], &text);
    assert_eq!(again.json()["total"]["lines"], 0);
}

/// The same line, of another day.
fn on(day: &str, line: &str) -> String {
    line.replace("01/Jan/2026", day)
}

#[test]
fn a_line_of_a_time_that_cannot_be_is_not_understood() {
    let (bench, key) = bench();
    let used = line(&key.id, 1, "GET /orders", 200);
    let log = [
        on("31/Dec/2019", &used),
        on("01/Jan/2020", &used),
        used.clone(),
        on("02/Jan/2026", &used.replace("00:00:01", "00:00:00")),
        on("02/Jan/2026", &used),
        on("31/Dec/9999", &used),
        on("01/Jan/1971", &line("-", 1, "GET /orders", 401)),
    ]
    .concat();
    let log = bench.write("access.log", log);
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(
        outcome.stdout.contains("3 uses counted, 4 not understood")
            && outcome
                .stderr
                .contains("line 1: the time is before 2020 or more than a day ahead of the clock"),
        "{outcome:?}"
    );
    assert_eq!(bench.key(&key.id)["last_used_at"], "2026-01-02T00:00:00Z");
    let report = bench.json(&["usage", "report"]);
    assert_eq!(report["recorded_since"], "2020-01-01T00:00:01Z");
}

#[test]
fn a_check_is_not_recorded_by_a_clock_that_is_not_set() {
    let (bench, key) = bench();
    bench.later(-56 * 365 * DAY);
    for args in [
        &["check", "--record"][..],
        &["check", "--record", "--batch"],
    ] {
        let stdin = format!("{{\"key\":\"{}\"}}\n", key.secret);
        let stdin = if args.len() == 3 { &stdin } else { &key.secret };
        let outcome = bench.run_with_stdin(args, stdin);
        assert_eq!(
            (outcome.status, outcome.stdout.as_str()),
            (1, ""),
            "{outcome:?}"
        );
        assert!(
            outcome
                .stderr
                .contains("the clock says 1970-01-15T00:00:00Z"),
            "{outcome:?}"
        );
    }
    assert_eq!(bench.total(), 0);
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
}

/// Puts an allowed use of the year 9999 into the store, as earlier versions did.
fn use_in_9999(bench: &Bench, key: &Made) {
    let conn = Connection::open(bench.db()).unwrap();
    let at = 253_402_297_200_i64;
    let add = "INSERT INTO usage SELECT seq, ?2, '192.0.2.9', '', '', 'allowed', 1, ?2, ?2 FROM keys WHERE id = ?1";
    conn.execute(add, (&key.id, at)).unwrap();
    let update = "UPDATE keys SET last_used_at = ?2, last_used_ip = '192.0.2.9' WHERE id = ?1";
    conn.execute(update, (&key.id, at)).unwrap();
    let since = "UPDATE store SET usage_since = coalesce(usage_since, unixepoch('2026-01-01'))";
    conn.execute(since, []).unwrap();
}

#[test]
fn a_use_of_the_year_9999_is_no_last_use_and_hides_no_other() {
    let (bench, key) = bench();
    use_in_9999(&bench, &key);
    assert_eq!(bench.key(&key.id)["last_used_at"], serde_json::Value::Null);
    bench.ok(&["doctor", "--deep"]);
    let conn = Connection::open(bench.db()).unwrap();
    conn.execute(
        "INSERT INTO usage SELECT key, ?1, '192.0.2.1', '', '', 'allowed', 1, ?1, ?1 FROM usage",
        [1_767_225_600],
    )
    .unwrap();
    let last = |document: &serde_json::Value| {
        (
            document["last_used_at"].as_str().map(str::to_owned),
            document["last_used_ip"].as_str().map(str::to_owned),
        )
    };
    let used = |at: &str, ip: &str| (Some(at.to_owned()), Some(ip.to_owned()));
    let expected = used("2026-01-01T00:00:00Z", "192.0.2.1");
    assert_eq!(last(&bench.key(&key.id)), expected);
    assert_eq!(last(&bench.json(&["list"])["keys"][0]), expected);
    let revoke = bench.ok(&["revoke", &key.id, "--dry-run"]);
    assert!(!revoke.stderr.contains("9999"), "{revoke:?}");
    bench.ok(&["doctor", "--deep"]);
    // An older log does not become the last use, and a newer use does.
    bench.later(HOUR);
    bench.import_text(on("01/Jan/2025", &line(&key.id, 1, "GET /orders", 200)));
    assert_eq!(last(&bench.key(&key.id)), expected);
    bench.ok(&["doctor", "--deep"]);
    bench
        .check(&key.secret, &["--record", "--ip", "192.0.2.2"])
        .exits(0);
    assert_eq!(
        last(&bench.key(&key.id)),
        used("2026-01-01T01:00:00Z", "192.0.2.2")
    );
    bench.ok(&["doctor", "--deep"]);
}

#[test]
fn a_use_of_the_year_9999_neither_proves_a_rotation_nor_prevents_its_end() {
    let (bench, old) = bench();
    let new = bench.rotate(&old.id, &[]);
    use_in_9999(&bench, &new);
    bench.refused(&["rotate", &old.id, "--finish"], 4, "not_proven");
    bench.use_it(&new);
    bench.use_it(&old);
    use_in_9999(&bench, &old);
    bench.refused(&["rotate", &old.id, "--finish"], 4, "still_in_use");
    bench.later(2 * HOUR);
    bench.ok(&["rotate", &old.id, "--finish"]);
}

#[test]
fn a_use_of_the_year_9999_keeps_no_key_from_being_pruned() {
    let (bench, key) = bench();
    bench.use_it(&key);
    use_in_9999(&bench, &key);
    bench.ok(&["revoke", &key.id, "--yes"]);
    bench.later(400 * DAY);
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(
        (
            &document["pruned"][0]["id"],
            &document["pruned"][0]["last_used_at"]
        ),
        (&key.id.as_str().into(), &"2026-01-01T00:00:00Z".into())
    );
    bench.ok(&["doctor", "--deep"]);
}

/// Puts allowed uses of 1970 into the store, and of 9999, as earlier versions did.
fn use_at_impossible_times(bench: &Bench, key: &Made) {
    use_in_9999(bench, key);
    let conn = Connection::open(bench.db()).unwrap();
    let add = "INSERT INTO usage SELECT seq, 0, '198.51.100.1', 'GET /stock', 'read:stock', 'allowed', 5, 0, 9 FROM keys WHERE id = ?1";
    conn.execute(add, [&key.id]).unwrap();
    conn.execute("UPDATE store SET usage_since = 0", [])
        .unwrap();
}

#[test]
fn no_report_and_no_suggestion_tells_of_a_use_of_1970_or_9999() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--preset", "full-access"]);
    bench.later(HOUR);
    let args = ["--record", "--scope", "read:orders", "--ip", "192.0.2.1"];
    assert_eq!(bench.check(&key.secret, &args).status, 0);
    use_at_impossible_times(&bench, &key);
    let began = "2026-01-01T01:00:00Z";

    let suggested = bench.json(&["suggest", "ERP"]);
    assert_eq!(
        (&suggested["requests"], &suggested["usage_since"]),
        (&1.into(), &began.into())
    );
    assert_eq!(
        (&suggested["first_at"], &suggested["last_at"]),
        (&began.into(), &began.into())
    );
    assert_eq!(
        (
            &suggested["scopes"]["scopes"],
            &suggested["allowlist"]["allowed_ips"]
        ),
        (
            &serde_json::json!(["read:orders"]),
            &serde_json::json!(["192.0.2.1"])
        )
    );

    let report = bench.json(&["usage", "report", "--by", "hour"]);
    assert_eq!(report["rows"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["recorded_since"], began);

    let restricted = bench.ok(&["allowlist", "set", "ERP", "203.0.113.0/24", "--yes"]);
    assert!(
        restricted.stderr.contains("1 of its 1 requests")
            || restricted.stderr.contains("1 of its 1 request"),
        "{restricted:?}"
    );
}

#[test]
fn a_use_of_the_year_9999_makes_no_key_a_used_one() {
    let (bench, key) = bench();
    let other = bench.create("Other", &[]);
    use_in_9999(&bench, &key);
    bench.later(50 * DAY);
    bench.use_it(&other);
    let unused = |more: &[&str]| bench.names(&[&["--unused-for", "30d"], more].concat());
    assert_eq!(unused(&[]), ["ERP"]);
    for sort in ["used", "name", "created", "expires"] {
        assert_eq!(unused(&["--sort", sort]), ["ERP"], "{sort}");
    }
    // Its last use that is believed still counts.
    bench.use_it(&key);
    let conn = Connection::open(bench.db()).unwrap();
    conn.execute(
        "UPDATE keys SET last_used_at = 253402297200 WHERE id = ?1",
        [&key.id],
    )
    .unwrap();
    assert!(unused(&[]).is_empty());
}
