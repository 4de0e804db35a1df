//! What a scan says: for people, and in each form for programs.

use std::fs;

use serde_json::{Value, json};

use crate::scan::place::{Place, document, stranger};
use crate::support::in_process::{Bench, DAY};
use crate::support::process::id;
use crate::support::schema::SCHEMAS;

#[test]
fn people_see_the_key_its_places_and_what_to_do() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--owner", "Ana"]);
    bench.use_it(&key);
    bench.later(DAY);
    let text = format!("{}\n", key.secret).repeat(7);
    let outcome = bench.run_with_stdin(&["scan", "-"], &text);
    let expected = format!(
        "error    ERP ({id}) is active, owner Ana; last used 2026-01-01T00:00:00Z (1d ago)
         standard input:1:1
         standard input:2:1
         standard input:3:1
         standard input:4:1
         standard input:5:1
         and 2 more places
         zenflow-keys rotate {id} --overlap 0
Looked at 1 file, 441 bytes: 1 key in 7 places; 0 seconds
",
        id = key.id
    );
    assert_eq!((outcome.stdout, outcome.status), (expected, 7));
    let document = bench.run_with_stdin(&["scan", "-", "--json"], &text).json();
    assert_eq!(
        document["findings"][0]["places"].as_array().unwrap().len(),
        7
    );
    assert_eq!(
        document["findings"][0]["key"]["last_used_at"],
        "2026-01-01T00:00:00Z"
    );
}

#[test]
fn a_pruned_key_is_told_by_its_id() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.later(9 * DAY);
    bench.ok(&["prune", "--older-than", "1d", "--yes"]);
    let outcome = bench.run_with_stdin(&["scan", "-"], &key.secret);
    let told = format!(
        "note     its id is that of ERP ({}), which was pruned at 2026-01-10T00:00:00Z",
        key.id
    );
    assert!(outcome.stdout.starts_with(&told), "{outcome:?}");
    assert_eq!(outcome.status, 0);
}

#[test]
fn the_worst_come_first_then_the_first_in_place() {
    let (place, key) = Place::with_key();
    place.write("a", stranger());
    place.write("b", stranger().replace("live", "test"));
    place.write(
        "b",
        crate::scan::place::whole("zenflow_test_zzzzzzzzzy_abcdefghijabcdefghijabcdefghij01"),
    );
    place.write("c", &key);
    assert_eq!(place.places(&[]), ["c:1:1", "a:1:1", "b:1:1"]);
}

#[test]
fn lines_of_json_and_csv_have_one_place_each() {
    let (place, key) = Place::with_key();
    place.write("a", format!("{key}\n {key}"));
    place.write("=b", stranger());
    let lines = place.scan(&["--format", "jsonl"]).exits(7);
    let lines: Vec<Value> = lines
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(SCHEMAS.fault("scan-line", line), None);
    }
    assert_eq!(
        (&lines[1]["path"], &lines[1]["line"], &lines[1]["column"]),
        (&json!("a"), &json!(2), &json!(2))
    );
    let csv = place.scan(&["--format", "csv"]).exits(7);
    let rows: Vec<&str> = csv.stdout.lines().collect();
    assert_eq!(
        rows[0],
        "severity,status,key_id,key_name,path,line,column,blob,commit,author_date,fingerprint"
    );
    assert!(
        rows[1].starts_with(&format!("error,active,{},ERP,a,1,1,,,,", id(&key))),
        "{rows:?}"
    );
    assert!(
        rows[3].starts_with(&format!("warning,unknown,{},,'=b,1,1,", id(&stranger()))),
        "{rows:?}"
    );
    assert_eq!(rows.len(), 4);
    place.write("a", "");
    fs::remove_file(place.path("=b")).unwrap();
    assert_eq!(place.scan(&["--format", "jsonl"]).exits(0).stdout, "");
    assert_eq!(
        place
            .scan(&["--format", "csv"])
            .exits(0)
            .stdout
            .lines()
            .count(),
        1
    );
}

#[test]
fn with_json_only_the_document_is_printed_findings_or_not() {
    let (place, key) = Place::with_key();
    for content in ["", &key] {
        place.write("a", content);
        for format in ["json", "jsonl", "sarif"] {
            let outcome = place.scan(&[".", "missing", "--format", format]);
            assert_eq!(outcome.stderr, "", "{format}");
            assert!(
                outcome
                    .stdout
                    .lines()
                    .all(|line| serde_json::from_str::<Value>(line).is_ok())
            );
        }
        document(&place.scan(&["--json"]));
    }
}

#[test]
fn other_commands_do_not_speak_sarif() {
    let (place, _) = Place::with_key();
    for command in ["list", "log", "review"] {
        let outcome = place.bench.run(&[command, "--format", "sarif"]).exits(2);
        assert_eq!(outcome.code(), "usage");
    }
}

#[test]
fn control_characters_of_a_path_do_not_reach_the_terminal() {
    let (place, key) = Place::with_key();
    place.write("a\u{1b}[2J\nb", &key);
    for args in [
        &[][..],
        &["--json"],
        &["--format", "csv"],
        &["--format", "sarif"],
        &["--format", "jsonl"],
    ] {
        let outcome = place.scan(args).exits(7);
        let shown = outcome.stdout + &outcome.stderr;
        assert!(
            !shown.contains('\u{1b}') && !shown.contains("2J\nb"),
            "{args:?}: {shown}"
        );
    }
    place.scan(&["--write-baseline", "../base"]).exits(7);
    assert_eq!(
        fs::read_to_string(place.bench.path("base"))
            .unwrap()
            .lines()
            .count(),
        2
    );
}

#[test]
fn progress_is_shown_at_a_terminal_for_what_takes_long_and_nowhere_else() {
    use zenflow_keys::context::Streams;
    let bench = Bench::new();
    bench.create("ERP", &[]);
    // Standard input that takes an hour.
    struct Slow<'b>(&'b Bench, usize);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.later(600);
            self.1 = self.1.saturating_sub(1);
            let length = buffer.len().min(1000) * usize::from(self.1 > 0);
            buffer[..length].fill(b'.');
            Ok(length)
        }
    }
    let at_terminal = |args: &[&str]| {
        bench.streams.set(Streams {
            stderr_is_terminal: true,
            ..Streams::default()
        });
        let outcome = bench.run_reading(&[&["scan", "-"], args].concat(), &mut Slow(&bench, 6));
        bench.streams.set(Streams::default());
        outcome
    };
    let outcome = at_terminal(&[]);
    assert!(
        outcome.stderr.contains("searched") && outcome.stderr.ends_with("\r\u{1b}[K"),
        "{outcome:?}"
    );
    assert!(
        outcome.stdout.contains("3.9 KiB: no keys; 3,600 seconds"),
        "{outcome:?}"
    );
    for args in [&["--quiet"][..], &["--json"]] {
        assert_eq!(at_terminal(args).stderr, "");
    }
    let elsewhere = bench.run_reading(&["scan", "-"], &mut Slow(&bench, 6));
    assert_eq!(elsewhere.stderr, "");
}
