//! `usage import`: what lines count for.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use zenflow_keys::context::Streams;

use crate::support::in_process::{Bench, Made, Outcome};

/// A line of nginx, at this minute and second of the first hour of 2026.
pub(super) fn line(id: &str, second: u32, request: &str, status: u16) -> String {
    let time = format!(
        "01/Jan/2026:00:{:02}:{:02} +0000",
        second / 60 % 60,
        second % 60
    );
    format!("203.0.113.7 - - [{time}] \"{request} HTTP/1.1\" {status} 17 \"-\" \"curl/8.5\" {id}\n")
}

pub(super) fn lines(id: &str, seconds: std::ops::Range<u32>) -> String {
    seconds
        .map(|second| line(id, second, "GET /orders", 200))
        .collect()
}

pub(super) fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    (bench, key)
}

impl Bench {
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Imports; the document.
    pub(super) fn import(&self, args: &[&str]) -> Value {
        self.json(&[&["usage", "import"], args].concat())
    }

    /// Writes a log and imports it; the numbers of all lines.
    pub(super) fn import_text(&self, text: impl AsRef<[u8]>) -> Value {
        let log = self.write("access.log", text);
        self.import(&[&log])["total"].clone()
    }

    /// Endpoint, outcome and count of what is recorded.
    pub(super) fn recorded(&self) -> Vec<(String, String, i64)> {
        self.rows("SELECT endpoint, outcome, sum(count) FROM usage GROUP BY 1, 2 ORDER BY 1, 2")
    }

    fn addresses(&self) -> Vec<(String, String, i64)> {
        self.rows("SELECT ip, scopes, sum(count) FROM usage GROUP BY 1, 2 ORDER BY 1, 2")
    }

    fn rows(&self, sql: &str) -> Vec<(String, String, i64)> {
        let conn = Connection::open(self.db()).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn total(&self) -> i64 {
        self.recorded().iter().map(|(_, _, count)| count).sum()
    }
}

pub(super) fn row(endpoint: &str, outcome: &str, count: i64) -> (String, String, i64) {
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
    let expected = serde_json::json!({"lines": 8, "counted": 5, "without_key": 1, "without_key_allowed": 0, "unknown_key": 1, "bad": 1, "leaking": 0});
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
    assert_eq!(
        (&shown["last_used_at"], &shown["last_used_ip"]),
        (&"2026-01-01T00:00:30Z".into(), &"203.0.113.7".into())
    );
    assert!(
        !String::from_utf8_lossy(&bench.bytes().unwrap()).contains("full=1"),
        "a query is not stored"
    );
    assert_eq!(bench.actions(), ["create"], "use is no event");
}

#[test]
fn bad_lines_are_counted_and_the_first_three_shown_with_nothing_hidden_and_no_key() {
    let (bench, key) = bench();
    let bad = format!(
        "bad \u{1b}[31m one\nbad {}\nbad three {}\nbad four\n",
        key.secret,
        key.secret.to_uppercase()
    );
    let log = bench.write(
        "access.log",
        line(&key.id, 0, "GET /orders", 200) + &bad + &line(&key.id, 1, "GET /orders", 200),
    );
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(
        outcome.stderr.contains("line 2: ") && outcome.stderr.contains("bad \\u{1b}[31m one"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("line 4: ") && !outcome.stderr.contains("line 5: "),
        "{outcome:?}"
    );
    assert!(
        outcome.stdout.contains("2 uses counted") && outcome.stdout.contains("4 not understood"),
        "{outcome:?}"
    );
    assert_no_secret(&outcome, &key);
    let other = bench.write("other.log", line(&key.id, 3, "GET /orders", 200) + &bad);
    let document = bench.import(&[&other]);
    assert_eq!(
        (
            &document["total"]["bad"],
            document["bad_lines"].as_array().unwrap().len()
        ),
        (&4.into(), 3)
    );
    assert_eq!(
        (
            &document["bad_lines"][0]["line"],
            &document["bad_lines"][1]["text"]
        ),
        (&2.into(), &"bad zenflow_live_…".into())
    );
}

pub(super) fn assert_no_secret(outcome: &Outcome, key: &Made) {
    let said = (outcome.stdout.clone() + &outcome.stderr).to_lowercase();
    assert!(!said.contains(&key.secret[24..34].to_lowercase()), "{said}");
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
        assert_eq!(
            bench.import(&[&[log.as_str()], args].concat())["total"]["counted"],
            1
        );
    };
    import(1, "", &[]);
    import(
        2,
        "",
        &["--client-ip-from", "client_ip", "--ip-prefix", "24,48"],
    );
    import(
        3,
        ",\"X-Forwarded-For\":[\"192.0.2.1, 192.0.2.2\"]",
        &["--client-ip-from", "X-Forwarded-For"],
    );
    import(4, "", &["--ip-prefix", "24,48", "--log-format", "caddy"]);
    let place = |ip: &str| (ip.to_owned(), "read:stock".to_owned(), 1);
    assert_eq!(
        bench.addresses(),
        [
            place("192.0.2.2"),
            place("198.51.100.0/24"),
            place("2001:db8:1:2::3"),
            place("2001:db8:1::/48")
        ]
    );
    assert_eq!(bench.key(&key.id)["last_used_ip"], "2001:db8:1::/48");
    let nginx = bench.write("access.log", line(&key.id, 1, "GET /orders", 200));
    bench.refused(
        &["usage", "import", &nginx, "--client-ip-from", "x"],
        2,
        "usage",
    );
    bench.refused(
        &["usage", "import", &nginx, "--ip-prefix", "24"],
        2,
        "usage",
    );
    bench.refused(
        &["usage", "import", &nginx, "--log-format", "nginy"],
        2,
        "usage",
    );
}

#[test]
fn a_recorded_check_keeps_only_the_network_if_told_so() {
    let (bench, key) = bench();
    bench
        .check(
            &key.secret,
            &["--record", "--ip", "203.0.113.77", "--ip-prefix", "24,48"],
        )
        .exits(0);
    assert_eq!(bench.key(&key.id)["last_used_ip"], "203.0.113.0/24");
    bench.refused(&["check", "--ip-prefix", "24,48"], 2, "usage");
}

#[test]
fn json_lines_give_their_outcome_themselves() {
    let (bench, key) = bench();
    let one = |rest: &str| {
        format!(
            "{{\"at\":\"2026-01-01T00:00:01Z\",\"key_id\":\"{}\",{rest}}}\n",
            key.id
        )
    };
    let log = [
        one(r#""request":"GET /orders/17?x=1","status":200"#),
        one(r#""scope":["read:orders"],"outcome":"disabled","ip":"203.0.113.9""#),
        one(r#""scope":"read:nothing","outcome":"allowed""#),
        one(r#""request":"GET /orders""#),
    ]
    .concat();
    let total = bench.import_text(log);
    assert_eq!((&total["counted"], &total["bad"]), (&2.into(), &2.into()));
    assert_eq!(
        bench.recorded(),
        [row("", "disabled", 1), row("GET /orders/:id", "allowed", 1)]
    );
}

#[test]
fn a_log_that_cannot_be_read_keeps_no_other_from_being_counted() {
    let (bench, key) = bench();
    let live = bench.write("access.log", lines(&key.id, 0..2));
    let text = bench.write("text", "hello\nworld\n");
    let broken = bench.write("access.log.2.gz", &b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff"[..]);
    let missing = bench.path("access.log.1").to_str().unwrap().to_owned();
    let outcome = bench.run(&["usage", "import", &missing, &live]).exits(1);
    assert!(outcome.stdout.contains("2 uses counted"), "{outcome:?}");
    assert!(
        outcome
            .stderr
            .contains(&format!("could not read {missing}")),
        "{outcome:?}"
    );
    assert_eq!(bench.recorded().len(), 1);

    let live = bench.write("access.log", lines(&key.id, 0..3));
    let all = ["usage", "import", &text, &broken, &missing, &live, "--json"];
    let outcome = bench.run(&all).exits(1);
    assert_eq!(outcome.stdout, "");
    let failure: serde_json::Value = serde_json::from_str(&outcome.stderr).unwrap();
    let message = failure["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("3 of 4 logs could not be counted: ")
            && [&text, &broken, &missing]
                .iter()
                .all(|log| message.contains(*log)),
        "{message}"
    );
    assert!(
        bench
            .ok(&["usage", "report", &key.id])
            .stdout
            .contains("requests    3:")
    );
}

#[test]
fn what_is_no_access_log_is_refused() {
    let (bench, _) = bench();
    bench.refused(&["usage", "import", "/nonexistent/log"], 1, "io");
    bench.refused(
        &["usage", "import", bench.path("").to_str().unwrap()],
        1,
        "io",
    );
    let text = bench.write("text", "hello\nworld\n");
    let error = bench.refused(&["usage", "import", &text], 1, "io");
    assert!(
        error["hint"].as_str().unwrap().contains("--log-format"),
        "{error}"
    );
    assert_eq!(
        bench.import(&["--log-format", "nginx", &text])["total"]["bad"],
        2
    );
    let without_field = bench.write("plain.log", lines("", 0..2).replace(" \n", "\n"));
    assert_eq!(bench.import(&[&without_field])["total"]["bad"], 2);
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
    let outcomes = ["allowed", "ip_not_allowed", "revoked", "unknown"]
        .map(|outcome| row("GET /orders", outcome, 1));
    assert_eq!(bench.recorded(), outcomes);
}

#[test]
fn a_long_file_shows_its_progress_at_a_terminal_and_nowhere_else() {
    let (bench, key) = bench();
    let long = line(&key.id, 1, "GET /orders", 200)
        .replace("curl/8.5", &"x".repeat(100_000))
        .repeat(170);
    let log = bench.write("access.log", &long);
    bench.streams.set(Streams {
        stderr_is_terminal: true,
        ..Streams::default()
    });
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(
        outcome.stderr.contains("###") && outcome.stderr.contains('%'),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.ends_with("\r\u{1b}[K"),
        "it is taken away at the end: {outcome:?}"
    );
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
    assert!(
        outcome.stderr.contains("line 1: the line is too long")
            && outcome.stdout.contains("1 use counted"),
        "{outcome:?}"
    );
    assert_no_secret(&outcome, &key);
    assert!(
        bench
            .ok(&["usage", "import", &first, "--log-format", "nginx"])
            .stdout
            .contains("nothing new; 2 lines")
    );
}

#[test]
fn requests_without_a_key_that_were_served_are_told() {
    let (bench, key) = bench();
    let log = [
        line("-", 1, "GET /orders", 200),
        line("-", 2, "POST /orders", 201),
        line("-", 3, "GET /orders", 304),
        line("-", 4, "GET /orders", 401),
        line("zzzzzzzzzz", 5, "GET /orders", 200),
        line(&key.id, 6, "GET /orders", 200),
    ]
    .concat();
    let log = bench.write("access.log", log);
    let outcome = bench.ok(&["usage", "import", &log]);
    assert!(
        outcome
            .stdout
            .contains("4 without a key (2 of them answered 2xx), 1 of unknown keys"),
        "{outcome:?}"
    );
    let own = r#"{"at":"2026-01-01T00:00:01Z","outcome":"allowed"}"#.to_owned() + "\n";
    let own = bench.write("own.log", own);
    let document = bench.import(&[&own]);
    let of_log = &document["logs"][0];
    assert_eq!(
        (
            &of_log["without_key_allowed"],
            &document["total"]["without_key_allowed"]
        ),
        (&1.into(), &1.into())
    );
    assert!(
        bench
            .ok(&["usage", "import", &own])
            .stdout
            .contains("nothing new; 1 line was counted before")
    );
}

#[test]
fn a_field_for_the_address_that_no_line_has_is_told() {
    let (bench, key) = bench();
    let own = |second: u32, field: &str| {
        format!(
            "{{\"at\":\"2026-01-01T00:00:0{second}Z\",\"key_id\":\"{}\",\"{field}\":\"192.0.2.9\",\"status\":200}}\n",
            key.id
        )
    };
    let import = |name: &str, text: String| {
        let log = bench.write(name, text);
        let outcome = bench.ok(&["usage", "import", &log, "--client-ip-from", "via"]);
        outcome.stderr
    };
    let told = import("one.log", own(1, "ip") + &own(2, "ip"));
    assert!(
        told.contains("no line of ") && told.contains("has the field 'via'"),
        "{told}"
    );
    assert_eq!(
        import("one.log", own(1, "ip") + &own(2, "ip")),
        "",
        "it was told once"
    );
    assert_eq!(import("two.log", own(3, "ip") + &own(4, "via")), "");
    let without = "{\"at\":\"2026-01-01T00:00:09Z\",\"status\":404}\n";
    assert_eq!(import("three.log", without.into()), "");
}
