//! `check --batch`: the same verdicts as one at a time, in order, and what is not a question.

use std::collections::VecDeque;
use std::io::{self, Read};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::support::in_process::{Bench, DAY, Made, Outcome};

const UNKNOWN: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

fn batch(bench: &Bench, args: &[&str], lines: &[String]) -> Outcome {
    bench.run_with_stdin(
        &[&["check", "--batch"], args].concat(),
        &lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
}

pub fn answers(outcome: &Outcome) -> Vec<Value> {
    outcome
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The answer to one line.
fn answer(bench: &Bench, args: &[&str], line: &str) -> Value {
    let mut answers = answers(&batch(bench, args, &[line.into()]));
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    (bench, key)
}

/// Keys of every kind, and what is none.
fn presented(bench: &Bench) -> Vec<String> {
    let good = bench.create("good", &[]).secret;
    let inside = bench
        .create(
            "inside",
            &["--allow-ip", "203.0.113.0/24", "--scope", "write:stock"],
        )
        .secret;
    let admin = bench
        .create("admin", &["--scope", "admin", "--env", "test"])
        .secret;
    let expired = bench
        .create("expired", &["--expires", "1d", "--allow-ip", "10.0.0.0/8"])
        .secret;
    let [disabled, revoked, ending] =
        ["disabled", "revoked", "ending"].map(|name| bench.create(name, &[]).secret);
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "revoked", "--yes"]);
    bench.ok(&["revoke", "ending", "--in", "7d"]);
    bench.later(2 * DAY);
    let mistyped =
        format!("{}!", &good[..61]).replace('!', if good.ends_with('0') { "1" } else { "0" });
    let others = [
        UNKNOWN,
        "zenflow_live_short",
        "hello",
        "",
        " \t",
        "two\nlines",
        "é",
    ]
    .map(str::to_owned);
    [
        good.clone(),
        format!("{good}\r\n"),
        format!(" {good}"),
        inside,
        admin,
        expired,
        disabled,
        revoked,
        ending,
        mistyped,
    ]
    .into_iter()
    .chain(others)
    .collect()
}

/// What can be asked: the options of a single check, and the fields of a line.
#[derive(Debug, Clone, Default)]
struct Query {
    scopes: Vec<&'static str>,
    request: Option<&'static str>,
    ip: Option<&'static str>,
    env: Option<&'static str>,
    at: Option<&'static str>,
}

impl Query {
    fn strategy() -> impl Strategy<Value = Query> {
        let scopes = subsequence(vec!["read:orders", "write:stock", "admin"], 0..=2);
        let request = select(vec![
            None,
            None,
            Some("GET /orders/17?x=1"),
            Some("POST https://api.zenflow.com.ar/api/v1/products/bulk/"),
        ]);
        let ip = select(vec![
            None,
            Some("203.0.113.9"),
            Some("::ffff:203.0.113.9"),
            Some("10.1.1.1"),
            Some("::1"),
        ]);
        let env = select(vec![None, Some("live"), Some("test")]);
        let at = select(vec![
            None,
            None,
            Some("6d"),
            Some("2026-01-01"),
            Some("2026-01-08T00:00:00Z"),
        ]);
        (scopes, request, ip, env, at).prop_map(|(scopes, request, ip, env, at)| Query {
            scopes,
            request,
            ip,
            env,
            at,
        })
    }

    fn options(&self) -> Vec<&'static str> {
        let mut options = Vec::new();
        for scope in &self.scopes {
            options.extend(["--scope", scope]);
        }
        for (option, value) in [
            ("--request", self.request),
            ("--ip", self.ip),
            ("--env", self.env),
            ("--at", self.at),
        ] {
            options.extend(value.map(|value| [option, value]).into_iter().flatten());
        }
        options
    }

    fn fields(&self, key: &str) -> Value {
        let mut fields = json!({ "key": key });
        match self.scopes.as_slice() {
            [] => {}
            [one] => fields["scope"] = json!(one),
            several => fields["scope"] = json!(several),
        }
        for (field, value) in [
            ("request", self.request),
            ("ip", self.ip),
            ("env", self.env),
            ("at", self.at),
        ] {
            if let Some(value) = value {
                fields[field] = json!(value);
            }
        }
        fields
    }

    /// What holds where `self` says nothing.
    fn or(&self, defaults: &Query) -> Query {
        Query {
            scopes: if self.scopes.is_empty() {
                defaults.scopes.clone()
            } else {
                self.scopes.clone()
            },
            request: self.request.or(defaults.request),
            ip: self.ip.or(defaults.ip),
            env: self.env.or(defaults.env),
            at: self.at.or(defaults.at),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_says_of_each_key_what_a_single_check_says(
        defaults in Query::strategy(),
        asked in proptest::collection::vec((any::<prop::sample::Index>(), Query::strategy()), 1..30),
    ) {
        let bench = Bench::new();
        let keys = presented(&bench);
        let asked: Vec<_> = asked.iter().map(|(key, asked)| (key.get(&keys).as_str(), asked)).collect();
        let lines: Vec<_> = asked.iter().map(|(key, asked)| asked.fields(key).to_string()).collect();
        let outcome = batch(&bench, &defaults.options(), &lines);
        prop_assert_eq!(outcome.status, 0, "{:?}", outcome);
        let answers = answers(&outcome);
        prop_assert_eq!(answers.len(), lines.len());
        for ((key, asked), answer) in asked.iter().zip(answers) {
            let single = bench.check(key, &[&asked.or(&defaults).options()[..], &["--json"]].concat()).json();
            let expected = json!({
                "ref": null, "allowed": single["allowed"], "verdict": single["verdict"], "reason": single["reason"],
                "key_id": single["key"]["id"], "message": single["response"]["body"]["error"]["message"],
            });
            prop_assert_eq!(answer, expected, "{} {:?}", key, asked);
        }
    }
}

#[test]
fn an_answer_has_these_fields_in_this_order() {
    let (bench, key) = bench();
    let outcome = batch(
        &bench,
        &["--scope", "read:orders"],
        &[
            json!({ "key": key.secret, "ref": 1 }).to_string(),
            "{}".into(),
        ],
    );
    let first = format!(
        r#"{{"ref":1,"allowed":true,"verdict":"allowed","reason":null,"key_id":"{}","message":null}}"#,
        key.id
    );
    let second = r#"{"ref":null,"allowed":false,"verdict":"missing_api_key","reason":"missing","key_id":null,"message":"API key is required"}"#;
    assert_eq!(
        (outcome.status, outcome.lines()),
        (0, vec![first.as_str(), second])
    );
}

#[test]
fn a_ref_that_holds_a_key_in_any_spelling_is_not_repeated() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]).secret;
    for reference in [
        key.clone(),
        key.replace('_', "\\u005f"),
        key.replace('_', "%5F"),
        key[1..].to_owned(),
        format!("\\n{}", &key[24..]),
    ] {
        let outcome = batch(
            &bench,
            &[],
            &[format!(r#"{{"ref":"{reference}","key":"x"}}"#)],
        );
        assert!(
            outcome.stdout.starts_with(r#"{"ref":null,"#) && !outcome.stdout.contains(&key[34..44]),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_ref_with_line_ends_stays_on_one_line() {
    let (bench, _) = bench();
    let outcome = batch(
        &bench,
        &[],
        &["{\"ref\":{\r\"a\": [1,\t\r\"b \\r\"]},\"key\":\"x\"}".into()],
    );
    assert!(
        outcome
            .stdout
            .starts_with(r#"{"ref":{"a": [1,"b \r"]},"allowed":false"#),
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains(['\r', '\t']));
}

#[test]
fn a_ref_comes_back_as_it_was_whatever_it_is() {
    let (bench, _) = bench();
    for reference in [
        "0",
        "-1.50e3",
        "\"é\\u0000\\n\"",
        "[1, {\"a\":[]}]",
        "{\"key\":\"x\"}",
        "true",
        "null",
        "123456789012345678901234567890",
    ] {
        let outcome = batch(
            &bench,
            &[],
            &[format!(r#"{{"ref":{reference},"key":"x"}}"#)],
        );
        assert!(
            outcome
                .stdout
                .starts_with(&format!(r#"{{"ref":{reference},"#)),
            "{outcome:?}"
        );
    }
    let outcome = batch(&bench, &[], &["{\"ref\":[\t\"a\u{202e}b\u{7f}\"]}".into()]);
    assert!(
        outcome
            .stdout
            .starts_with("{\"ref\":[\"a\\u202eb\\u007f\"],"),
        "{outcome:?}"
    );
}

#[test]
fn what_is_no_question_is_answered_as_a_bad_request_and_the_others_all_the_same() {
    let (bench, key) = bench();
    let long = format!(r#"{{"ref":1,"key":"{}"}}"#, "x".repeat(64 * 1024));
    for (line, reference, told) in [
        ("", json!(null), "the line is empty"),
        ("  ", json!(null), "the line is empty"),
        ("{", json!(null), "not JSON"),
        ("{} {}", json!(null), "not JSON"),
        (r#"{"key":"a"}x"#, json!(null), "not JSON"),
        (r#"{'key':1}"#, json!(null), "not JSON"),
        ("[]", json!(null), "not a JSON object"),
        (r#""key""#, json!(null), "not a JSON object"),
        ("17", json!(null), "not a JSON object"),
        (
            r#"{"ref":1,"scpoe":"admin"}"#,
            json!(1),
            "unknown field 'scpoe'; did you mean 'scope'?",
        ),
        (
            r#"{"banana":{"a":[1]},"ref":1}"#,
            json!(1),
            "unknown field 'banana' (there are key, scope",
        ),
        (
            r#"{"ref":1,"key":"a","key":"b"}"#,
            json!(1),
            "field 'key' stands there twice",
        ),
        (
            r#"{"ref":1,"ref":2}"#,
            json!(2),
            "field 'ref' stands there twice",
        ),
        (r#"{"ref":1,"key":7}"#, json!(1), "key: not a string"),
        (r#"{"key":["a"],"ref":1}"#, json!(1), "key: not a string"),
        (r#"{"scope":{"a":1},"ref":1}"#, json!(1), "scope: neither"),
        (
            r#"{"scope":["admin",1],"ref":1}"#,
            json!(1),
            "scope: neither",
        ),
        (
            r#"{"scope":"read:order","ref":1}"#,
            json!(1),
            "unknown scope 'read:order'; did you mean 'read:orders'?",
        ),
        (
            r#"{"request":"GET /order","ref":1}"#,
            json!(1),
            "unknown endpoint 'GET /order'; did you mean 'GET /orders'?",
        ),
        (
            r#"{"ip":"10.0.0","ref":1}"#,
            json!(1),
            "ip: '10.0.0' is not an IP address",
        ),
        (
            r#"{"env":"prod","ref":1}"#,
            json!(1),
            "unknown environment 'prod'",
        ),
        (
            r#"{"at":"soon","ref":1}"#,
            json!(1),
            "at: 'soon' is not a point in time",
        ),
        (&long, json!(null), "longer than 64 KiB"),
    ] {
        let good = json!({ "key": key.secret }).to_string();
        let outcome = batch(&bench, &[], &[good.clone(), line.into(), good]);
        assert_eq!(outcome.status, 1, "{line}");
        assert_eq!(
            outcome.stderr,
            "1 line could not be read; its answer says why\n"
        );
        let answers = answers(&outcome);
        assert_eq!(
            (
                answers.len(),
                &answers[0]["allowed"],
                &answers[2]["allowed"]
            ),
            (3, &json!(true), &json!(true)),
            "{line}"
        );
        let bad = &answers[1];
        assert!(
            bad["message"].as_str().unwrap().contains(told),
            "{line}: {bad}"
        );
        assert_eq!(
            (
                &bad["ref"],
                &bad["allowed"],
                &bad["verdict"],
                &bad["reason"],
                &bad["key_id"]
            ),
            (
                &reference,
                &json!(false),
                &json!("bad_request"),
                &json!(null),
                &json!(null)
            ),
            "{line}"
        );
    }
}

#[test]
fn a_line_of_64_kib_is_read() {
    let (bench, key) = bench();
    let line = |length: usize| {
        let question = json!({ "key": key.secret }).to_string();
        format!("{question}{}", " ".repeat(length - question.len()))
    };
    assert_eq!(answer(&bench, &[], &line(64 * 1024))["verdict"], "allowed");
    assert_eq!(
        answer(&bench, &[], &line(64 * 1024 + 1))["verdict"],
        "bad_request"
    );
}

#[test]
fn a_field_that_is_null_is_absent() {
    let (bench, key) = bench();
    let line = json!({ "key": key.secret, "scope": null, "request": null, "ip": null, "env": null, "at": null, "ref": null }).to_string();
    assert_eq!(answer(&bench, &[], &line)["verdict"], "allowed");
    assert_eq!(
        answer(&bench, &["--scope", "admin"], &line)["reason"],
        "insufficient_scope"
    );
    assert_eq!(answer(&bench, &[], r#"{"key":null}"#)["reason"], "missing");
    let none = json!({ "key": key.secret, "scope": [] }).to_string();
    assert_eq!(
        answer(&bench, &["--scope", "admin"], &none)["verdict"],
        "allowed"
    );
}

#[test]
fn a_key_is_never_repeated_wherever_it_stands() {
    let (bench, key) = bench();
    let secret = &key.secret;
    for line in [
        format!(r#"{{"{secret}":1}}"#),
        format!(r#""{secret}""#),
        secret.clone(),
        format!(r#"{{"key":"{secret}""#),
        format!(r#"{{"key":"{secret}",}}"#),
        format!(r#"{{"key":"{secret}","key":"{secret}"}}"#),
        format!(r#"{{"scope":"{secret}"}}"#),
        format!(r#"{{"scope":["read:orders","{secret}"]}}"#),
        format!(r#"{{"request":"{secret}"}}"#),
        format!(r#"{{"request":"GET /orders/{secret}/x"}}"#),
        format!(r#"{{"ip":"{secret}"}}"#),
        format!(r#"{{"env":"{secret}"}}"#),
        format!(r#"{{"at":"{secret}"}}"#),
        format!(r#"{{"ref":"{secret}"}}"#),
        format!(
            r#"{{"ref":{{"line":["GET","{}"]}},"key":"{secret}"}}"#,
            secret.to_uppercase()
        ),
    ] {
        let outcome = batch(&bench, &[], std::slice::from_ref(&line));
        assert_eq!(outcome.status, 1, "{line}");
        let told = format!("{}{}", outcome.stdout, outcome.stderr).to_lowercase();
        assert!(
            !told.contains(&secret[24..].to_lowercase()),
            "{line}: {told}"
        );
    }
}

#[test]
fn escapes_do_not_change_a_key() {
    let (bench, key) = bench();
    let escaped: String = key
        .secret
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    assert_eq!(
        answer(&bench, &[], &format!(r#"{{"\u006bey":"{escaped}"}}"#))["verdict"],
        "allowed"
    );
}

/// An input that pauses: before each burst something happens.
pub struct Paused<'a>(pub VecDeque<Burst<'a>>);

pub type Burst<'a> = (Box<dyn Fn() + 'a>, String);

impl Read for Paused<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((before, burst)) = self.0.pop_front() else {
            return Ok(0);
        };
        before();
        buffer[..burst.len()].copy_from_slice(burst.as_bytes());
        Ok(burst.len())
    }
}

#[test]
fn each_burst_sees_the_time_and_the_store_as_they_are_by_then() {
    let bench = Bench::new();
    let [a, b] = ["a", "b"].map(|name| bench.create(name, &["--expires", "1d"]));
    let questions = format!(
        "{}\n{}\n",
        json!({ "key": a.secret }),
        json!({ "key": b.secret })
    );
    let events: [Box<dyn Fn() + '_>; 5] = [
        Box::new(|| {}),
        Box::new(|| drop(bench.ok(&["revoke", &a.id, "--yes"]))),
        Box::new(|| drop(bench.ok(&["update", &b.id, "--expires", "2d"]))),
        Box::new(|| bench.later(DAY)),
        Box::new(|| bench.later(DAY)),
    ];
    let mut input = Paused(
        events
            .into_iter()
            .map(|event| (event, questions.clone()))
            .collect(),
    );
    let outcome = bench.run_reading(&["check", "--batch"], &mut input);
    let verdicts: Vec<_> = answers(&outcome)
        .iter()
        .map(|answer| answer["verdict"].as_str().unwrap().to_owned())
        .collect();
    let revoked = "revoked_api_key";
    assert_eq!(
        verdicts,
        [
            "allowed",
            "allowed",
            revoked,
            "allowed",
            revoked,
            "allowed",
            revoked,
            "allowed",
            revoked,
            "expired_api_key"
        ]
    );
}

#[test]
fn a_recorded_batch_counts_each_use_of_a_known_key() {
    let (bench, key) = bench();
    let line =
        |ip: &str, scope: &str| json!({ "key": key.secret, "ip": ip, "scope": scope }).to_string();
    let lines = [
        line("203.0.113.7", "read:orders"),
        line("203.0.113.8", "read:orders"),
        line("203.0.113.9", "admin"),
        json!({ "key": UNKNOWN }).to_string(),
    ];
    let outcome = batch(&bench, &["--record"], &lines);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert_eq!(outcome.lines().len(), 4);
    assert_eq!(bench.key(&key.id)["last_used_ip"], "203.0.113.8");
    let count = |outcome: &str| {
        let store = rusqlite::Connection::open(bench.db()).unwrap();
        store
            .query_row(
                "SELECT sum(count) FROM usage WHERE outcome = ?1",
                [outcome],
                |row| row.get::<_, Option<i64>>(0),
            )
            .unwrap()
    };
    assert_eq!(
        ["allowed", "insufficient_scope", "unknown"].map(count),
        [Some(2), Some(1), None]
    );
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn what_is_counted_is_counted_now() {
    let (bench, key) = bench();
    let line = json!({ "key": key.secret, "at": "2027-01-01" }).to_string();
    assert!(
        answer(&bench, &["--record"], &line)["message"]
            .as_str()
            .unwrap()
            .starts_with("at: a use is counted when it happens")
    );
    assert!(bench.key(&key.id)["last_used_at"].is_null());
    bench.refused(
        &["check", "--batch", "--record", "--at", "2027-01-01"],
        2,
        "usage",
    );
}

#[test]
fn a_plain_batch_writes_nothing() {
    let (bench, key) = bench();
    let before = bench.bytes();
    batch(&bench, &[], &[json!({ "key": key.secret }).to_string()]);
    assert!(bench.bytes() == before);
}

#[test]
fn quiet_leaves_only_the_exit_status() {
    let (bench, key) = bench();
    let good = json!({ "key": key.secret }).to_string();
    for (line, status) in [(good, 0), ("{".into(), 1)] {
        let outcome = batch(&bench, &["--quiet"], &[line]);
        assert_eq!(
            (
                outcome.status,
                outcome.stdout.as_str(),
                outcome.stderr.as_str()
            ),
            (status, "", "")
        );
    }
}

#[test]
fn the_questions_come_on_standard_input_only() {
    let (bench, _) = bench();
    bench.refused(&["check", "--batch", "--key-file", "x"], 2, "usage");
    bench.refused(&["check", "--batch", "--key-env", "X"], 2, "usage");
    bench.refused(&["check", "--batch", "--format", "csv"], 2, "usage");
    let outcome = batch(&bench, &["--json"], &["{}".into(), "{".into()]);
    assert_eq!(
        (
            outcome.status,
            outcome.lines().len(),
            outcome.stderr.as_str()
        ),
        (1, 2, "")
    );
    assert_eq!(batch(&bench, &[], &[]).status, 0);
}

#[test]
fn without_a_store_nothing_is_answered() {
    let bench = Bench::new();
    bench.refused(&["check", "--batch"], 6, "store_missing");
}

#[test]
fn every_line_is_judged_by_the_instant_at_which_the_store_could_be_read() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.waits_for_the_store(2 * DAY);
    // Enough for several threads, and for several transactions of each.
    let lines = vec![json!({ "key": key.secret }).to_string(); 3000];
    for args in [&[][..], &["--record"]] {
        let answers = answers(&batch(&bench, args, &lines));
        assert_eq!(answers.len(), lines.len());
        for answer in answers {
            assert_eq!(answer["verdict"], "expired_api_key", "{args:?}");
        }
    }
}
