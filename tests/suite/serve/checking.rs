//! `POST /v1/check`: one question of `check --batch`, and the same verdict.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::serve::bench::{Served, head, nginx, with_key};
use crate::support::in_process::{Bench, DAY};

#[test]
fn a_question_gets_the_object_of_a_batch() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let ask = |question: Value| served.check(&question.to_string());
    let allowed = ask(json!({"key": key.secret, "request": "GET /orders/17", "ref": {"n": [1]}}));
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("content-type"), Some("application/json"));
    assert_eq!(allowed.header("cache-control"), Some("no-store"));
    assert_eq!(
        allowed.body,
        format!(
            "{{\"ref\":{{\"n\":[1]}},\"allowed\":true,\"verdict\":\"allowed\",\"reason\":null,\"key_id\":\"{}\",\"message\":null}}\n",
            key.id
        )
    );
    let refused = ask(json!({"key": key.secret, "scope": ["read:orders", "write:orders"]}));
    assert_eq!(refused.status, 200);
    assert_eq!(refused.json()["verdict"], "insufficient_scope");
    assert_eq!(refused.header("x-zenflow-reason"), None);
    assert_eq!(ask(json!({})).json()["reason"], "missing");
    // Written over several lines it is the same question.
    let pretty = format!("{:#}\n", json!({"key": key.secret}));
    assert_eq!(served.check(&pretty).json()["allowed"], true);
    let later = ask(json!({"key": key.secret, "at": "2020-01-01T00:00:00Z"}));
    assert_eq!(later.status, 200);
}

#[test]
fn what_is_no_question_is_answered_400_and_repeats_no_key() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let secret = &key.secret;
    for question in [
        "".to_owned(),
        "null".into(),
        "[]".into(),
        "{".into(),
        format!(r#"{{"key":"{secret}""#),
        format!(r#"{{"key":"{secret}","request":"GET /nowhere"}}"#),
        format!(r#"{{"key":"{secret}","scope":"read:everything"}}"#),
        format!(r#"{{"key":"{secret}","more":1}}"#),
        format!(r#"{{"key":"{secret}","ref":"{secret}"}}"#),
        format!(r#"{{"key":"{secret}"}}{{"key":"{secret}"}}"#),
        format!(r#"{{"key":"{secret}","ref":"{}"}}"#, "x".repeat(64 * 1024)),
    ] {
        let response = served.check(&question);
        let shown = question.chars().take(80).collect::<String>();
        assert_eq!(response.status, 400, "{shown}: {response:?}");
        assert_eq!(response.json()["verdict"], "bad_request", "{shown}");
        assert_eq!(response.json()["allowed"], false, "{shown}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(!format!("{response:?}").contains(&secret[24..]), "{shown}");
    }
    let mut connection = served.connect();
    connection.send(&head("POST", "/v1/check", &[("Content-Length", "3")]));
    connection.send_bytes(b"\"\xff\"");
    assert_eq!(connection.response("POST").status, 400);
}

#[test]
fn a_question_counts_as_a_use_unless_it_is_about_another_time() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let secret = &key.secret;
    served.check(&format!(
        r#"{{"key":"{secret}","request":"GET /orders","ip":"203.0.113.7"}}"#
    ));
    served.check(&format!(r#"{{"key":"{secret}","at":"2027-01-01"}}"#));
    served.check(&format!(r#"{{"key":"{secret}","at":null}}"#));
    let bench = served.stop();
    let report = bench.json(&["usage", "report", "--by", "endpoint"]);
    assert_eq!(report["total"]["allowed"], 2, "{report}");
    assert_eq!(bench.key(&key.id)["last_used_at"], "2026-01-01T00:00:00Z");
}

/// A question in the words of both: of a gateway, and of `check`.
#[derive(Debug, Clone)]
struct Question {
    key: usize,
    request: (&'static str, &'static str),
    ip: Option<&'static str>,
    seconds: i64,
}

fn questions(keys: usize) -> impl Strategy<Value = Vec<Question>> {
    let request = select(vec![
        ("GET", "/orders"),
        ("GET", "/orders/17"),
        ("POST", "/orders"),
        ("PUT", "/stock/product/3"),
        ("GET", "/products/sku/A-1"),
        ("DELETE", "/products/9"),
        ("GET", "/webhooks"),
    ]);
    let ip = select(vec![
        None,
        Some("203.0.113.7"),
        Some("198.51.100.1"),
        Some("2001:db8::1"),
    ]);
    let one = (0..keys, request, ip, 0..2 * DAY).prop_map(|(key, request, ip, seconds)| Question {
        key,
        request,
        ip,
        seconds,
    });
    prop::collection::vec(one, 2_000)
}

/// Keys of every kind, and what is none.
fn presented(bench: &Bench) -> Vec<String> {
    let mut all: Vec<String> = [
        ("good", &[][..]),
        ("admin", &["--scope", "admin"]),
        ("test", &["--env", "test"]),
        (
            "inside",
            &["--allow-ip", "203.0.113.0/24", "--scope", "write:stock"],
        ),
        ("expiring", &["--expires", "1d"]),
        ("ending", &[]),
        ("disabled", &[]),
        ("revoked", &[]),
    ]
    .map(|(name, more)| bench.create(name, more).secret)
    .into();
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "revoked", "--yes"]);
    bench.ok(&["revoke", "ending", "--in", "12h"]);
    let first = all[0].clone();
    all.extend([
        String::new(),
        "hello".into(),
        format!("{}x", &first[..61]),
        "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO".into(),
        "zenflow_live_fromTheDashboard".into(),
    ]);
    all
}

/// The same thousands of questions to `serve`, in two ways, and to `check --batch`.
#[test]
fn serve_and_check_say_the_same() {
    let bench = Bench::new();
    let keys = presented(&bench);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Cases::with_cases(1), rng);
    let mut questions = questions(keys.len())
        .new_tree(&mut runner)
        .unwrap()
        .current();
    questions.sort_by_key(|question| question.seconds);
    let lines: String = questions
        .iter()
        .map(|question| {
            let Question {
                key,
                request: (method, path),
                ip,
                seconds,
            } = question.clone();
            let at =
                zenflow_keys::domain::Timestamp::parse(crate::support::in_process::START).unwrap();
            let at = zenflow_keys::domain::Timestamp::from_unix(at.unix() + seconds).unwrap();
            let request = format!("{method} {path}");
            let mut line = json!({"key": keys[key], "request": request, "at": at.to_string()});
            if let Some(ip) = ip {
                line["ip"] = ip.into();
            }
            format!("{line}\n")
        })
        .collect();
    let batch = bench.run_with_stdin(&["check", "--batch"], &lines);
    assert_eq!(batch.status, 0, "{}", batch.stderr);
    let served = Served::start(bench);
    let mut gateway = served.connect();
    let mut now = 0;
    for (question, expected) in questions.iter().zip(batch.lines()) {
        let expected: Value = serde_json::from_str(expected).unwrap();
        served.later(question.seconds - now);
        now = question.seconds;
        let (method, path) = question.request;
        let request = format!("{method} /api/v1{path}");
        let ip: Vec<_> = question
            .ip
            .map(|ip| ("X-Real-IP", ip))
            .into_iter()
            .collect();
        let headers = nginx(&request, Some(&keys[question.key]), &ip);
        let answer = gateway.ask("GET", "/auth/nginx", &headers);
        assert_eq!(
            answer.status == 200,
            expected["allowed"] == true,
            "{question:?}"
        );
        if answer.status == 200 {
            assert_eq!(
                answer.header("x-zenflow-key-id"),
                expected["key_id"].as_str()
            );
        } else {
            assert_eq!(
                answer.reason(),
                expected["reason"].as_str().unwrap(),
                "{question:?}"
            );
            assert_eq!(
                answer.code(),
                expected["verdict"].as_str().unwrap(),
                "{question:?}"
            );
            assert_eq!(
                answer.json()["error"]["message"],
                expected["message"],
                "{question:?}"
            );
        }
        let body = json!({"key": keys[question.key], "request": format!("{method} {path}"), "ip": question.ip});
        let body = body.to_string();
        gateway.send(&head(
            "POST",
            "/v1/check",
            &[("Content-Length", &body.len().to_string())],
        ));
        gateway.send(&body);
        assert_eq!(gateway.response("POST").json(), expected, "{question:?}");
    }
}
