//! What is answered, header by header.

use serde_json::json;

use crate::serve::bench::{Response, Served, config, with_key};
use crate::support::in_process::{Bench, DAY};

const ORDERS: &str = "GET /api/v1/orders";
/// A well-formed key that no store has.
const UNKNOWN: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
const IDENTITY: [&str; 4] = [
    "x-zenflow-key-id",
    "x-zenflow-key-name",
    "x-zenflow-env",
    "x-zenflow-scopes",
];

#[track_caller]
fn identity(response: &Response) -> [&str; 4] {
    IDENTITY.map(|name| response.header(name).unwrap())
}

#[test]
fn an_allowed_request_is_answered_with_the_whole_identity_and_no_body() {
    let bench = Bench::new();
    let key = bench.create("Integración, 50+", &["--scope", "write:stock"]);
    let served = Served::start(bench);
    let response = served.nginx(ORDERS, Some(&key.secret), &[]);
    assert_eq!((response.status, response.body.as_str()), (200, ""));
    assert_eq!(
        identity(&response),
        [
            key.id.as_str(),
            "Integraci%C3%B3n%2C%2050%2B",
            "live",
            "read:orders write:stock"
        ]
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("content-length"), Some("0"));
    let names: Vec<_> = response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut expected = [&IDENTITY[..], &["cache-control", "content-length", "date"]].concat();
    expected.sort_unstable();
    let mut found = names.clone();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn every_refusal_has_the_apis_body_twice_and_says_why() {
    let bench = Bench::new();
    let key = |name: &str, more: &[&str]| bench.create(name, more);
    let [good, disabled, revoked] = ["good", "disabled", "revoked"].map(|name| key(name, &[]));
    let expired = key("expired", &["--expires", "1d"]);
    let inside = key("inside", &["--allow-ip", "203.0.113.0/24"]);
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "revoked", "--yes"]);
    bench.later(2 * DAY);
    let served = Served::start(bench);
    let mistyped = format!("{}!", &good.secret[..61])
        .replace('!', if good.secret.ends_with('0') { "1" } else { "0" });
    let invalid = (
        "invalid_api_key",
        "The API key provided is invalid or has been revoked",
    );
    let lacks = "This API key does not have the required scope: write:orders";
    let post = "POST /api/v1/orders";
    for (request, presented, ip, status, reason, (code, message), id) in [
        (
            ORDERS,
            None,
            "",
            401,
            "missing",
            ("missing_api_key", "API key is required"),
            "",
        ),
        (
            ORDERS,
            Some(""),
            "",
            401,
            "missing",
            ("missing_api_key", "API key is required"),
            "",
        ),
        (ORDERS, Some("hello"), "", 401, "malformed", invalid, ""),
        (
            ORDERS,
            Some(mistyped.as_str()),
            "",
            401,
            "bad_checksum",
            invalid,
            "",
        ),
        (ORDERS, Some(UNKNOWN), "", 401, "unknown", invalid, ""),
        (
            ORDERS,
            Some(&revoked.secret),
            "",
            401,
            "revoked",
            ("revoked_api_key", "API key was revoked"),
            &revoked.id,
        ),
        (
            ORDERS,
            Some(&disabled.secret),
            "",
            401,
            "disabled",
            invalid,
            &disabled.id,
        ),
        (
            ORDERS,
            Some(&expired.secret),
            "",
            401,
            "expired",
            ("expired_api_key", "API key has expired"),
            &expired.id,
        ),
        (
            ORDERS,
            Some(&inside.secret),
            "198.51.100.1",
            403,
            "ip_not_allowed",
            ("ip_not_allowed", "IP not in whitelist"),
            &inside.id,
        ),
        (
            ORDERS,
            Some(&inside.secret),
            "",
            403,
            "ip_unknown",
            ("ip_not_allowed", "IP not in whitelist"),
            &inside.id,
        ),
        (
            post,
            Some(&good.secret),
            "",
            403,
            "insufficient_scope",
            ("insufficient_scope", lacks),
            &good.id,
        ),
    ] {
        let more = [("X-Real-IP", ip)];
        let response = served.nginx(request, presented, if ip.is_empty() { &[] } else { &more });
        assert_eq!(response.status, status, "{reason}: {response:?}");
        let body = json!({"success": false, "error": {"code": code, "message": message}});
        assert_eq!(response.body, body_text(code, message), "{reason}");
        assert_eq!(response.json(), body, "{reason}");
        assert_eq!(
            response.header("x-zenflow-error"),
            Some(response.body.as_str())
        );
        assert_eq!(response.reason(), reason);
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(
            response.header("www-authenticate").is_some(),
            status == 401,
            "{reason}"
        );
        assert_eq!(identity(&response)[0], id, "{reason}");
        let has_identity = identity(&response)
            .iter()
            .all(|value| value.is_empty() == id.is_empty());
        assert!(has_identity, "{reason}: {response:?}");
        let text = format!("{response:?}");
        for secret in [&good, &disabled, &revoked, &expired, &inside] {
            assert!(!text.contains(&secret.secret[24..]), "{text}");
        }
    }
}

/// As ZenFlow's documentation writes it, without blanks.
fn body_text(code: &str, message: &str) -> String {
    format!(r#"{{"success":false,"error":{{"code":"{code}","message":"{message}"}}}}"#)
}

#[test]
fn keys_must_be_for_the_environment_that_is_served() {
    let bench = Bench::new();
    let live = bench.create("live", &[]);
    let test = bench.create("test", &["--env", "test"]);
    let mut config = config();
    config.auth.environment = Some("live".parse().unwrap());
    let served = Served::with(bench, config);
    assert_eq!(served.nginx(ORDERS, Some(&live.secret), &[]).status, 200);
    let refused = served.nginx(ORDERS, Some(&test.secret), &[]);
    assert_eq!(
        (refused.status, refused.reason()),
        (401, "wrong_environment")
    );
    assert_eq!(identity(&refused)[2], "test");
    let question = format!(r#"{{"key":"{}"}}"#, test.secret);
    assert_eq!(
        served.check(&question).json()["reason"],
        "wrong_environment"
    );
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    let (bench, _) = with_key();
    let served = Served::start(bench);
    let headers = super::bench::nginx(ORDERS, None, &[]);
    let get = served.ask("GET", "/auth/nginx", &headers);
    let head = served.ask("HEAD", "/auth/nginx", &headers);
    assert_eq!((head.status, head.body.as_str()), (401, ""));
    assert_eq!(head.header("x-zenflow-error"), Some(get.body.as_str()));
}

#[test]
fn what_is_not_there_is_answered_in_the_same_shape() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let all = super::bench::nginx(ORDERS, Some(&key.secret), &[]);
    for (method, path, status, code) in [
        ("GET", "/", 404, "not_found"),
        ("GET", "/auth", 404, "not_found"),
        ("GET", "/auth/", 404, "not_found"),
        ("GET", "/auth/nginx/", 404, "not_found"),
        ("GET", "/auth/nginx/scope", 404, "not_found"),
        ("GET", "/auth/nginx/scopes/admin", 404, "not_found"),
        ("GET", "/auth/nginx2", 404, "not_found"),
        ("GET", "/auth/envoyage", 404, "not_found"),
        ("GET", "//auth/nginx", 404, "not_found"),
        ("GET", "/AUTH/nginx", 404, "not_found"),
        ("GET", "/v1/check/", 404, "not_found"),
        ("GET", "/health/live", 404, "not_found"),
        ("GET", "/health/ready", 404, "not_found"),
        ("GET", "/metrics", 404, "not_found"),
        ("GET", "/v1/check", 405, "method_not_allowed"),
        ("PUT", "/v1/check", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/check", 405, "method_not_allowed"),
    ] {
        let response = served.ask(method, path, &all);
        assert_eq!(
            (response.status, response.code()),
            (status, code.into()),
            "{method} {path}"
        );
        assert_eq!(response.json()["success"], false);
        assert_eq!(response.header("cache-control"), Some("no-store"));
        let allow = (status == 405).then_some("POST");
        assert_eq!(response.header("allow"), allow);
    }
}
