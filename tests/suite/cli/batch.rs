//! `check --batch`: its questions and answers, and what is not a question.

use serde_json::{Value, json};

use crate::support::in_process::{Bench, Made, Outcome};

pub(super) const UNKNOWN: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

pub(super) fn batch(bench: &Bench, args: &[&str], lines: &[String]) -> Outcome {
    bench.run_with_stdin(
        &[&["check", "--batch"], args].concat(),
        &lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
}

pub(super) fn answers(outcome: &Outcome) -> Vec<Value> {
    outcome
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The answer to one line.
pub(super) fn answer(bench: &Bench, args: &[&str], line: &str) -> Value {
    let mut answers = answers(&batch(bench, args, &[line.into()]));
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    (bench, key)
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
