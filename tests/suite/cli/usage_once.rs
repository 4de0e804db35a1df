//! `usage import`: each line of a log counts once, whatever the log is called, however it is
//! packed, and however often it comes.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::cli::usage_import::{bench, line, lines, row};
use crate::support::in_process::DAY;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_log_that_is_imported_again_grown_rotated_or_compressed_counts_each_line_once() {
    let (bench, key) = bench();
    let log = bench.write("access.log", lines(&key.id, 0..10));
    assert_eq!(bench.import(&[&log])["total"]["counted"], 10);
    let again = bench.import(&[&log, &log]);
    assert_eq!(
        (&again["total"]["lines"], &again["logs"][0]["lines_before"]),
        (&0.into(), &10.into())
    );
    bench.write("access.log", lines(&key.id, 0..15));
    let grown = bench.import(&[&log]);
    assert_eq!(
        (
            &grown["total"]["counted"],
            &grown["logs"][0]["lines_before"]
        ),
        (&5.into(), &10.into())
    );
    bench.write("access.log.1", lines(&key.id, 0..20));
    bench.write("access.log", lines(&key.id, 20..22));
    let rotated = bench.import(&[&log, bench.path("access.log.1").to_str().unwrap()]);
    assert_eq!(
        (
            &rotated["logs"][0]["counted"],
            &rotated["logs"][1]["counted"]
        ),
        (&2.into(), &5.into())
    );
    let packed = bench.write("access.log.2.gz", gzip(lines(&key.id, 0..21).as_bytes()));
    assert_eq!(bench.import(&[&packed])["total"]["counted"], 1);
    let older = bench.write("older", lines(&key.id, 0..15));
    assert_eq!(bench.import(&[&older])["total"]["counted"], 0);
    let members = [
        gzip(lines(&key.id, 0..21).as_bytes()),
        gzip(lines(&key.id, 21..30).as_bytes()),
    ]
    .concat();
    let joined = bench.write("joined", members);
    assert_eq!(bench.import(&[&joined])["total"]["counted"], 9);
    assert_eq!(bench.total(), 30 + 2);
}

#[test]
fn standard_input_is_recognised_as_well() {
    let (bench, key) = bench();
    let import = |text: &str| {
        let outcome = bench.run_with_stdin(&["usage", "import", "-", "--json"], text);
        assert_eq!(outcome.status, 0, "{outcome:?}");
        outcome.json()["total"]["counted"].as_u64().unwrap()
    };
    assert_eq!(import(&lines(&key.id, 0..10)), 10);
    assert_eq!(import(&lines(&key.id, 0..10)), 0);
    assert_eq!(import(&lines(&key.id, 0..12)), 2);
    let other = lines(&key.id, 0..1) + &lines(&key.id, 50..55);
    assert_eq!(
        import(&other),
        6,
        "it begins with the same line and is another log"
    );
    assert_eq!(import(&other), 0);
    assert_eq!(import(&lines(&key.id, 0..13)), 1);
    bench.refused(&["usage", "import", "-", "-"], 2, "usage");
}

/// Logs of several megabytes, which are read in many parts.
#[test]
fn a_long_log_is_recognised_as_a_file_and_as_a_stream() {
    let (bench, key) = bench();
    let lines = |seconds: std::ops::Range<u32>| {
        lines(&key.id, seconds).replace("curl/8.5", &"x".repeat(10_000))
    };
    let import = |text: &str, streamed: bool| {
        let log = bench.write("access.log", text);
        let args = [
            "usage",
            "import",
            if streamed { "-" } else { &log },
            "--json",
        ];
        let outcome = bench.run_with_stdin(&args, text);
        assert_eq!(outcome.status, 0, "{outcome:?}");
        outcome.json()["total"]["counted"].as_u64().unwrap()
    };
    assert_eq!(import(&lines(0..300), true), 300);
    for streamed in [true, false] {
        assert_eq!(import(&lines(0..300), streamed), 0);
        let (grown, other) = if streamed {
            (400, 410..450)
        } else {
            (500, 510..560)
        };
        assert_eq!(import(&lines(0..grown), streamed), 100);
        assert_eq!(
            import(&(lines(0..250) + &lines(other.clone())), streamed),
            250 + other.len() as u64,
            "it differs from there on"
        );
        assert_eq!(import(&(lines(0..250) + &lines(other)), streamed), 0);
    }
}

#[test]
fn logs_that_begin_with_the_same_line_are_told_apart() {
    let (bench, key) = bench();
    let first = line(&key.id, 0, "GET /orders", 200);
    let (a, b) = (
        first.clone() + &lines(&key.id, 1..30),
        first.clone() + &lines(&key.id, 31..50),
    );
    let longest = first.clone() + &lines(&key.id, 60..150);
    for (text, counted) in [
        (&a, 30),
        (&b, 20),
        (&longest, 91),
        (&a, 0),
        (&b, 0),
        (&(b.clone() + &a), 30),
        (&first, 1),
        (&first, 0),
    ] {
        assert_eq!(bench.import_text(text)["counted"], counted);
    }
    assert_eq!(bench.import_text(a + &first)["counted"], 1);
    assert_eq!(bench.import_text(b + &first + &first)["counted"], 2);
}

#[test]
fn a_log_that_was_truncated_and_begun_anew_is_counted_from_its_beginning() {
    let (bench, key) = bench();
    assert_eq!(bench.import_text(lines(&key.id, 0..100))["counted"], 100);
    assert_eq!(bench.import_text(lines(&key.id, 100..103))["counted"], 3);
    assert_eq!(bench.import_text(lines(&key.id, 100..400))["counted"], 297);
    assert_eq!(bench.total(), 400);
}

#[test]
fn a_line_without_its_end_waits_for_it() {
    let (bench, key) = bench();
    let whole = lines(&key.id, 0..3);
    let log = bench.write("access.log", &whole[..whole.len() - 1]);
    let cut = bench.import(&[&log]);
    assert_eq!(
        (&cut["total"]["counted"], &cut["logs"][0]["incomplete_line"]),
        (&2.into(), &true.into())
    );
    assert!(
        bench
            .ok(&["usage", "import", &log])
            .stderr
            .contains("left for the next import")
    );
    bench.write("access.log", &whole);
    let rest = bench.import(&[&log]);
    assert_eq!(
        (
            &rest["total"]["counted"],
            &rest["logs"][0]["incomplete_line"]
        ),
        (&1.into(), &false.into())
    );
    for nothing in ["", "no line end"] {
        bench.write("access.log", nothing);
        assert_eq!(bench.import(&[&log])["total"]["lines"], 0);
    }
}

#[test]
fn a_damaged_archive_counts_what_could_be_read_once() {
    let (bench, key) = bench();
    let text = lines(&key.id, 0..3000);
    let packed = gzip(text.as_bytes());
    let log = bench.write("access.log.gz", &packed[..packed.len() - packed.len() / 3]);
    let outcome = bench.run(&["usage", "import", &log]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let before = bench.total();
    assert!(before > 0 && before < 3000, "{before}");
    bench.write("access.log.gz", packed);
    assert_eq!(
        bench.import(&[&log])["total"]["counted"].as_i64(),
        Some(3000 - before)
    );
}

#[test]
fn the_gap_that_copytruncate_leaves_at_the_beginning_is_skipped() {
    let (bench, key) = bench();
    let gap = vec![0; 300_000];
    let text = lines(&key.id, 0..3).into_bytes();
    let log = bench.write("access.log", [&gap[..], &text].concat());
    assert_eq!(bench.import(&[&log])["total"]["counted"], 3);
    let grown = [&gap[..], &text, lines(&key.id, 3..5).as_bytes()].concat();
    bench.write("access.log", &grown);
    assert_eq!(bench.import(&[&log])["total"]["counted"], 2);
    let packed = bench.write("access.log.1.gz", gzip(&grown));
    assert_eq!(bench.import(&[&packed])["total"]["lines"], 0);
    let empty = bench.write("empty.log", &gap);
    assert_eq!(bench.import(&[&empty])["total"]["lines"], 0);
    let outcome = bench.run_reading(&["usage", "import", "-", "--json"], &mut &grown[..]);
    assert_eq!(outcome.json()["total"]["lines"], 0);
}

#[test]
fn the_same_request_in_two_logs_is_two_uses() {
    let (bench, key) = bench();
    let one = line(&key.id, 1, "GET /orders", 200);
    assert_eq!(
        bench.import_text(one.clone() + &line(&key.id, 2, "GET /stock", 200))["counted"],
        2
    );
    assert_eq!(
        bench.import_text(line(&key.id, 0, "GET /stock", 200) + &one)["counted"],
        2
    );
    assert_eq!(
        bench.recorded(),
        [
            row("GET /orders", "allowed", 2),
            row("GET /stock", "allowed", 2)
        ]
    );
}

#[test]
fn what_was_counted_of_logs_is_forgotten_with_the_use_that_it_was() {
    let (bench, key) = bench();
    let notes = || -> i64 {
        let store = rusqlite::Connection::open(bench.db()).unwrap();
        let sql = "SELECT count(*) FROM imports";
        store.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let log = bench.write("access.log", lines(&key.id, 0..10));
    bench.import(&[&log]);
    bench.later(400 * DAY);
    bench.use_it(&key);
    let recent = bench.write("recent.log", lines(&key.id, 1..12));
    bench.import(&[&recent]);
    assert_eq!(notes(), 2);
    let prune = |age: &str| bench.ok(&["prune", "--usage-older-than", age, "--yes"]);
    prune("500d");
    assert_eq!(notes(), 2);
    prune("300d");
    assert_eq!(notes(), 1);
    // What is kept is recognised as before.
    assert_eq!(bench.import(&[&recent])["total"]["lines"], 0);
}
