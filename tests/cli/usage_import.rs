//! `usage import`: each line of a log counts once, and nothing of a key is shown.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;
use serde_json::Value;

use zenflow_keys::context::Streams;

use super::bench::{Bench, Made, Outcome};

/// A line of nginx, at this minute and second of the first hour of 2026.
fn line(id: &str, second: u32, request: &str, status: u16) -> String {
    let time = format!("01/Jan/2026:00:{:02}:{:02} +0000", second / 60 % 60, second % 60);
    format!("203.0.113.7 - - [{time}] \"{request} HTTP/1.1\" {status} 17 \"-\" \"curl/8.5\" {id}\n")
}

fn lines(id: &str, seconds: std::ops::Range<u32>) -> String {
    seconds.map(|second| line(id, second, "GET /orders", 200)).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    (bench, key)
}

impl Bench {
    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Imports; the document.
    fn import(&self, args: &[&str]) -> Value {
        self.json(&[&["usage", "import"], args].concat())
    }

    /// Writes a log and imports it; the numbers of all lines.
    fn import_text(&self, text: impl AsRef<[u8]>) -> Value {
        let log = self.write("access.log", text);
        self.import(&[&log])["total"].clone()
    }

    /// Endpoint, outcome and count of what is recorded.
    fn recorded(&self) -> Vec<(String, String, i64)> {
        self.rows("SELECT endpoint, outcome, sum(count) FROM usage GROUP BY 1, 2 ORDER BY 1, 2")
    }

    fn addresses(&self) -> Vec<(String, String, i64)> {
        self.rows("SELECT ip, scopes, sum(count) FROM usage GROUP BY 1, 2 ORDER BY 1, 2")
    }

    fn rows(&self, sql: &str) -> Vec<(String, String, i64)> {
        let conn = Connection::open(self.db()).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn total(&self) -> i64 {
        self.recorded().iter().map(|(_, _, count)| count).sum()
    }
}

fn row(endpoint: &str, outcome: &str, count: i64) -> (String, String, i64) {
    (endpoint.into(), outcome.into(), count)
}

#[test]
fn uses_are_counted_by_endpoint_and_outcome_and_the_last_one_is_known() {
    let (bench, key) = bench();
    let log = [
        line(&key.id, 10, "GET /api/v1/orders/17?full=1", 200),
        line(&key.id, 30, "GET /orders/18/", 200),
        line(&key.id, 20, "POST /orders", 403),
        line(&key.id, 40, "GET /orders", 429),
        line(&key.id, 50, "GET /elsewhere", 404),
        line("-", 55, "GET /orders", 401),
        line("zzzzzzzzzz", 56, "GET /orders", 401),
        "garbage\n".into(),
    ]
    .concat();
    let total = bench.import_text(&log);
    let expected = serde_json::json!({"lines": 8, "counted": 5, "without_key": 1, "unknown_key": 1, "bad": 1, "leaking": 0});
    assert_eq!(total, expected);
    assert_eq!(
        bench.recorded(),
        [
            row("", "other", 1),
            row("GET /orders", "rate_limited", 1),
            row("GET /orders/:id", "allowed", 2),
            row("POST /orders", "insufficient_scope", 1)
        ]
    );
    let shown = bench.key(&key.id);
    assert_eq!((&shown["last_used_at"], &shown["last_used_ip"]), (&"2026-01-01T00:00:30Z".into(), &"203.0.113.7".into()));
    assert!(!String::from_utf8_lossy(&bench.bytes().unwrap()).contains("full=1"), "a query is not stored");
    assert_eq!(bench.actions(), ["create"], "use is no event");
}

#[test]
fn a_log_that_is_imported_again_grown_rotated_or_compressed_counts_each_line_once() {
    let (bench, key) = bench();
    let log = bench.write("access.log", lines(&key.id, 0..10));
    assert_eq!(bench.import(&[&log])["total"]["counted"], 10);
    let again = bench.import(&[&log, &log]);
    assert_eq!((&again["total"]["lines"], &again["logs"][0]["lines_before"]), (&0.into(), &10.into()));
    bench.write("access.log", lines(&key.id, 0..15));
    let grown = bench.import(&[&log]);
    assert_eq!((&grown["total"]["counted"], &grown["logs"][0]["lines_before"]), (&5.into(), &10.into()));
    bench.write("access.log.1", lines(&key.id, 0..20));
    bench.write("access.log", lines(&key.id, 20..22));
    let rotated = bench.import(&[&log, bench.path("access.log.1").to_str().unwrap()]);
    assert_eq!((&rotated["logs"][0]["counted"], &rotated["logs"][1]["counted"]), (&2.into(), &5.into()));
    let packed = bench.write("access.log.2.gz", gzip(lines(&key.id, 0..21).as_bytes()));
    assert_eq!(bench.import(&[&packed])["total"]["counted"], 1);
    let older = bench.write("older", lines(&key.id, 0..15));
    assert_eq!(bench.import(&[&older])["total"]["counted"], 0);
    let members = [gzip(lines(&key.id, 0..21).as_bytes()), gzip(lines(&key.id, 21..30).as_bytes())].concat();
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
    assert_eq!(import(&other), 6, "it begins with the same line and is another log");
    assert_eq!(import(&other), 0);
    assert_eq!(import(&lines(&key.id, 0..13)), 1);
    bench.refused(&["usage", "import", "-", "-"], 2, "usage");
}

/// Logs of several megabytes, which are read in many parts.
#[test]
fn a_long_log_is_recognised_as_a_file_and_as_a_stream() {
    let (bench, key) = bench();
    let lines = |seconds: std::ops::Range<u32>| lines(&key.id, seconds).replace("curl/8.5", &"x".repeat(10_000));
    let import = |text: &str, streamed: bool| {
        let log = bench.write("access.log", text);
        let args = ["usage", "import", if streamed { "-" } else { &log }, "--json"];
        let outcome = bench.run_with_stdin(&args, text);
        assert_eq!(outcome.status, 0, "{outcome:?}");
        outcome.json()["total"]["counted"].as_u64().unwrap()
    };
    assert_eq!(import(&lines(0..300), true), 300);
    for streamed in [true, false] {
        assert_eq!(import(&lines(0..300), streamed), 0);
        let (grown, other) = if streamed { (400, 410..450) } else { (500, 510..560) };
        assert_eq!(import(&lines(0..grown), streamed), 100);
        assert_eq!(import(&(lines(0..250) + &lines(other.clone())), streamed), 250 + other.len() as u64, "it differs from there on");
        assert_eq!(import(&(lines(0..250) + &lines(other)), streamed), 0);
    }
}

#[test]
fn logs_that_begin_with_the_same_line_are_told_apart() {
    let (bench, key) = bench();
    let first = line(&key.id, 0, "GET /orders", 200);
    let (a, b) = (first.clone() + &lines(&key.id, 1..30), first.clone() + &lines(&key.id, 31..50));
    let longest = first.clone() + &lines(&key.id, 60..150);
    for (text, counted) in [(&a, 30), (&b, 20), (&longest, 91), (&a, 0), (&b, 0), (&(b.clone() + &a), 30), (&first, 1), (&first, 0)] {
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
    assert_eq!((&cut["total"]["counted"], &cut["logs"][0]["incomplete_line"]), (&2.into(), &true.into()));
    assert!(bench.ok(&["usage", "import", &log]).stderr.contains("left for the next time"));
    bench.write("access.log", &whole);
    let rest = bench.import(&[&log]);
    assert_eq!((&rest["total"]["counted"], &rest["logs"][0]["incomplete_line"]), (&1.into(), &false.into()));
    for nothing in ["", "no line end"] {
        bench.write("access.log", nothing);
        assert_eq!(bench.import(&[&log])["total"]["lines"], 0);
    }
}

#[test]
fn bad_lines_are_counted_and_the_first_three_shown_with_nothing_hidden_and_no_key() {
    let (bench, key) = bench();
    let bad = format!("bad \u{1b}[31m one\nbad {}\nbad three {}\nbad four\n", key.secret, key.secret.to_uppercase());
    let log = bench.write("access.log", line(&key.id, 0, "GET /orders", 200) + &bad + &line(&key.id, 1, "GET /orders", 200));
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(outcome.stderr.contains("line 2: ") && outcome.stderr.contains("bad \\u{1b}[31m one"), "{outcome:?}");
    assert!(outcome.stderr.contains("line 4: ") && !outcome.stderr.contains("line 5: "), "{outcome:?}");
    assert!(outcome.stdout.contains("2 uses counted") && outcome.stdout.contains("4 not understood"), "{outcome:?}");
    assert_no_secret(&outcome, &key);
    let other = bench.write("other.log", line(&key.id, 3, "GET /orders", 200) + &bad);
    let document = bench.import(&[&other]);
    assert_eq!((&document["total"]["bad"], document["bad_lines"].as_array().unwrap().len()), (&4.into(), 3));
    assert_eq!((&document["bad_lines"][0]["line"], &document["bad_lines"][1]["text"]), (&2.into(), &"bad zenflow_live_…".into()));
}

fn assert_no_secret(outcome: &Outcome, key: &Made) {
    let said = (outcome.stdout.clone() + &outcome.stderr).to_lowercase();
    assert!(!said.contains(&key.secret[24..34].to_lowercase()), "{said}");
}

#[test]
fn a_line_that_holds_a_whole_key_counts_for_it_and_is_reported_and_not_shown() {
    let (bench, key) = bench();
    let old = bench.create("Old", &[]);
    bench.ok(&["revoke", &old.id, "--yes"]);
    let in_query = |secret: &str, second| line("-", second, &format!("GET /orders?api_key={secret}"), 200);
    let stranger = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    let text = in_query(&key.secret, 1) + &in_query(&key.secret, 2) + &in_query(&old.secret, 3) + &in_query(stranger, 4);
    let log = bench.write("access.log", text);
    let leak = bench.run(&["usage", "import", &log, "--fail-on-leak"]);
    assert_eq!(leak.status, 7, "{leak:?}");
    assert!(leak.stderr.contains("4 lines hold whole keys in clear"), "{leak:?}");
    assert!(leak.stderr.contains(&format!("ERP ({}), in 2 lines: zenflow-keys rotate {}", key.id, key.id)), "{leak:?}");
    assert!(leak.stderr.contains(&format!("Old ({}), in 1 line: it is revoked already", old.id)), "{leak:?}");
    for made in [&key, &old] {
        assert_no_secret(&leak, made);
        assert!(!String::from_utf8_lossy(&bench.bytes().unwrap()).contains(&made.secret[24..34]));
    }
    assert_eq!(bench.recorded(), [row("GET /orders", "allowed", 3)]);
    fs::write(bench.path("access.log"), in_query(&key.secret, 9)).unwrap();
    let document = bench.import(&[&log]);
    assert_eq!((&document["total"]["leaking"], &document["leaked_keys"][0]["id"]), (&1.into(), &key.id.as_str().into()));
    assert_eq!(bench.run(&["usage", "import", &log, "--fail-on-leak"]).status, 0, "it was told once");
}

#[test]
fn an_id_with_a_wrong_secret_is_an_unknown_key_and_no_leak_of_that_key() {
    let (bench, key) = bench();
    let forged = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO".replace("k3m9x2q7vd", &key.id);
    let wrong = forged[..56].to_owned();
    let sum = zenflow_keys::domain::api_key::checksum(&wrong);
    let forged = wrong + std::str::from_utf8(&sum).unwrap();
    let log = bench.write("access.log", line("-", 1, &format!("GET /orders?key={forged}"), 401) + &line(&key.id, 2, "GET /orders", 401));
    let document = bench.import(&[&log]);
    assert_eq!((&document["total"]["counted"], &document["leaked_keys"]), (&2.into(), &serde_json::json!([])));
    assert_eq!(bench.recorded(), [row("GET /orders", "unknown", 2)]);
}

#[test]
fn addresses_are_the_peers_unless_a_field_is_trusted_and_can_be_cut_to_networks() {
    let (bench, key) = bench();
    let caddy = |second: u32, more: &str| {
        format!(
            "{{\"level\":\"info\",\"ts\":{},\"logger\":\"http.log.access\",\"request\":{{\"remote_ip\":\"2001:db8:1:2::3\",\"client_ip\":\"198.51.100.9\",\"method\":\"GET\",\"uri\":\"/stock\",\"headers\":{{\"X-Api-Key\":[\"{}\"]{more}}}}},\"status\":200}}\n",
            1_767_225_600 + second,
            key.id
        )
    };
    let import = |second, more: &str, args: &[&str]| {
        let log = bench.write("caddy.log", caddy(second, more));
        assert_eq!(bench.import(&[&[log.as_str()], args].concat())["total"]["counted"], 1);
    };
    import(1, "", &[]);
    import(2, "", &["--client-ip-from", "client_ip", "--ip-prefix", "24,48"]);
    import(3, ",\"X-Forwarded-For\":[\"192.0.2.1, 192.0.2.2\"]", &["--client-ip-from", "X-Forwarded-For"]);
    import(4, "", &["--ip-prefix", "24,48", "--log-format", "caddy"]);
    let place = |ip: &str| (ip.to_owned(), "read:stock".to_owned(), 1);
    assert_eq!(bench.addresses(), [place("192.0.2.2"), place("198.51.100.0/24"), place("2001:db8:1:2::3"), place("2001:db8:1::/48")]);
    assert_eq!(bench.key(&key.id)["last_used_ip"], "2001:db8:1::/48");
    let nginx = bench.write("access.log", line(&key.id, 1, "GET /orders", 200));
    bench.refused(&["usage", "import", &nginx, "--client-ip-from", "x"], 2, "usage");
    bench.refused(&["usage", "import", &nginx, "--ip-prefix", "24"], 2, "usage");
    bench.refused(&["usage", "import", &nginx, "--log-format", "nginy"], 2, "usage");
}

#[test]
fn a_recorded_check_keeps_only_the_network_if_told_so() {
    let (bench, key) = bench();
    bench.check(&key.secret, &["--record", "--ip", "203.0.113.77", "--ip-prefix", "24,48"]);
    assert_eq!(bench.key(&key.id)["last_used_ip"], "203.0.113.0/24");
    bench.refused(&["check", "--ip-prefix", "24,48"], 2, "usage");
}

#[test]
fn json_lines_give_their_outcome_themselves() {
    let (bench, key) = bench();
    let one = |rest: &str| format!("{{\"at\":\"2026-01-01T00:00:01Z\",\"key_id\":\"{}\",{rest}}}\n", key.id);
    let log = [
        one(r#""request":"GET /orders/17?x=1","status":200"#),
        one(r#""scope":["read:orders"],"outcome":"disabled","ip":"203.0.113.9""#),
        one(r#""scope":"read:nothing","outcome":"allowed""#),
        one(r#""request":"GET /orders""#),
    ]
    .concat();
    let total = bench.import_text(log);
    assert_eq!((&total["counted"], &total["bad"]), (&2.into(), &2.into()));
    assert_eq!(bench.recorded(), [row("", "disabled", 1), row("GET /orders/:id", "allowed", 1)]);
}

#[test]
fn what_is_no_access_log_is_refused_and_a_missing_one_before_anything_is_counted() {
    let (bench, key) = bench();
    let good = bench.write("access.log", lines(&key.id, 0..2));
    bench.refused(&["usage", "import", &good, "/nonexistent/log"], 1, "io");
    bench.refused(&["usage", "import", bench.path("").to_str().unwrap()], 1, "io");
    let text = bench.write("text", "hello\nworld\n");
    let error = bench.refused(&["usage", "import", &text], 1, "io");
    assert!(error["hint"].as_str().unwrap().contains("--log-format"), "{error}");
    assert_eq!(bench.import(&["--log-format", "nginx", &text])["total"]["bad"], 2);
    let without_field = bench.write("plain.log", lines("", 0..2).replace(" \n", "\n"));
    assert_eq!(bench.import(&[&without_field])["total"]["bad"], 2);
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
    assert_eq!(bench.import(&[&log])["total"]["counted"].as_i64(), Some(3000 - before));
}

#[test]
fn an_answer_is_judged_by_what_the_key_was_at_that_time() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d", "--allow-ip", "203.0.113.7"]);
    bench.later(30);
    bench.ok(&["revoke", &key.id, "--yes"]);
    let log = [
        line(&key.id, 10, "GET /orders", 401),
        line(&key.id, 30, "GET /orders", 401),
        line(&key.id, 40, "GET /orders", 200),
        line(&key.id, 5, "GET /orders", 403).replace("203.0.113.7", "203.0.113.8"),
    ]
    .concat();
    bench.import_text(log);
    let outcomes = ["allowed", "ip_not_allowed", "revoked", "unknown"].map(|outcome| row("GET /orders", outcome, 1));
    assert_eq!(bench.recorded(), outcomes);
}

#[test]
fn a_long_file_shows_its_progress_at_a_terminal_and_nowhere_else() {
    let (bench, key) = bench();
    let long = line(&key.id, 1, "GET /orders", 200).replace("curl/8.5", &"x".repeat(100_000)).repeat(170);
    let log = bench.write("access.log", &long);
    bench.streams.set(Streams { stderr_is_terminal: true, ..Streams::default() });
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(outcome.stderr.contains("###") && outcome.stderr.contains('%'), "{outcome:?}");
    assert!(outcome.stderr.ends_with("\r\u{1b}[K"), "it is taken away at the end: {outcome:?}");
    assert_eq!(bench.ok(&["usage", "import", &log, "--quiet"]).stderr, "");
    assert_eq!(bench.ok(&["usage", "import", &log, "--json"]).stderr, "");
    bench.streams.set(Streams::default());
    assert_eq!(bench.ok(&["usage", "import", &log]).stderr, "");
}

#[test]
fn a_line_that_is_too_long_is_one_bad_line() {
    let (bench, key) = bench();
    let good = line(&key.id, 1, "GET /orders", 200);
    let long = format!("{}\n", key.secret.repeat(3_000_000 / 62));
    let text = good.clone() + &long + &good;
    assert_eq!(bench.import_text(&text)["counted"], 2);
    assert_eq!(bench.import_text(&text)["lines"], 0);
    let first = bench.write("long", long.clone() + &good);
    let outcome = bench.ok(&["usage", "import", &first, "--log-format", "nginx"]);
    assert!(outcome.stderr.contains("line 1: the line is too long") && outcome.stdout.contains("1 use counted"), "{outcome:?}");
    assert_no_secret(&outcome, &key);
    assert!(bench.ok(&["usage", "import", &first, "--log-format", "nginx"]).stdout.contains("nothing new; 2 lines"));
}

#[test]
fn the_same_request_in_two_logs_is_two_uses() {
    let (bench, key) = bench();
    let one = line(&key.id, 1, "GET /orders", 200);
    assert_eq!(bench.import_text(one.clone() + &line(&key.id, 2, "GET /stock", 200))["counted"], 2);
    assert_eq!(bench.import_text(line(&key.id, 0, "GET /stock", 200) + &one)["counted"], 2);
    assert_eq!(bench.recorded(), [row("GET /orders", "allowed", 2), row("GET /stock", "allowed", 2)]);
}
