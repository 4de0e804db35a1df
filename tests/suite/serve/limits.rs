//! Limits: of a key, of a connection, and of a request.

use crate::serve::bench::{Connection, Response, Served, config, head, nginx, with_key};

const ORDERS: &str = "GET /api/v1/orders";

fn quota(response: &Response) -> [Option<&str>; 3] {
    ["limit", "remaining", "reset"].map(|name| response.header(&format!("x-ratelimit-{name}")))
}

fn limited(limits: &str) -> zenflow_keys::internals::Config {
    zenflow_keys::internals::Config {
        rate_limits: Some(limits.parse().unwrap()),
        ..config()
    }
}

#[test]
fn a_key_may_ask_as_often_as_it_is_said() {
    let (bench, key) = with_key();
    let served = Served::with(bench, limited("2/m,1000/h"));
    // 2026-01-01T00:01:00Z
    let reset = "1767225660";
    served.later(30);
    let ask = || served.nginx(ORDERS, Some(&key.secret), &[]);
    let first = ask();
    assert_eq!(first.status, 200);
    assert_eq!(quota(&first), [Some("2"), Some("1"), Some(reset)]);
    assert_eq!(quota(&ask()), [Some("2"), Some("0"), Some(reset)]);
    let exceeded = ask();
    assert_eq!(exceeded.status, 429);
    assert_eq!(
        exceeded.body,
        r#"{"success":false,"error":{"code":"rate_limit_exceeded","message":"Rate limit exceeded. Try again in 30 seconds."}}"#
    );
    assert_eq!(
        exceeded.header("x-zenflow-error"),
        Some(exceeded.body.as_str())
    );
    assert_eq!(exceeded.reason(), "rate_limited");
    assert_eq!(exceeded.header("retry-after"), Some("30"));
    assert_eq!(exceeded.header("x-zenflow-key-id"), Some(key.id.as_str()));
    assert_eq!(exceeded.header("www-authenticate"), None);
    assert_eq!(quota(&exceeded), [Some("2"), Some("0"), Some(reset)]);
    served.later(30);
    assert_eq!(quota(&ask()), [Some("2"), Some("1"), Some("1767225720")]);
    let bench = served.stop();
    let report = bench.json(&["usage", "report", "--by", "outcome"]);
    let text = report.to_string();
    assert!(text.contains(r#""rate_limited""#), "{text}");
    assert_eq!(
        (&report["total"]["allowed"], &report["total"]["refused"]),
        (&3.into(), &1.into())
    );
}

#[test]
fn what_is_refused_or_checked_does_not_count_and_comes_first() {
    let (bench, key) = with_key();
    let served = Served::with(bench, limited("1/m"));
    let post = "POST /api/v1/orders";
    for _ in 0..3 {
        let refused = served.nginx(post, Some(&key.secret), &[]);
        assert_eq!(refused.status, 403);
        assert_eq!(quota(&refused)[1], Some("1"));
        let checked = served.check(&format!(r#"{{"key":"{}"}}"#, key.secret));
        assert_eq!((checked.status, quota(&checked)), (200, [None; 3]));
        let missing = served.nginx(ORDERS, None, &[]);
        assert_eq!((missing.status, quota(&missing)), (401, [None; 3]));
    }
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 429);
    assert_eq!(served.nginx(post, Some(&key.secret), &[]).status, 403);
    served.bench.ok(&["revoke", &key.id, "--yes"]);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 401);
}

#[test]
fn each_key_has_limits_of_its_own() {
    let (bench, key) = with_key();
    let other = bench.create("other", &[]);
    let served = Served::with(bench, limited("1/d"));
    for key in [&key, &other] {
        assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
        assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 429);
    }
}

#[test]
fn hour_and_day_go_on_after_a_restart() {
    let (bench, key) = with_key();
    let served = Served::with(bench, limited("3/h,4/d"));
    for _ in 0..3 {
        assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    }
    let served = Served::with(served.stop(), limited("3/h,4/d"));
    let exceeded = served.nginx(ORDERS, Some(&key.secret), &[]);
    assert_eq!((exceeded.status, quota(&exceeded)[0]), (429, Some("3")));
    served.later(3_600);
    let allowed = served.nginx(ORDERS, Some(&key.secret), &[]);
    assert_eq!(
        (allowed.status, &quota(&allowed)[..2]),
        (200, &[Some("4"), Some("0")][..])
    );
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 429);
}

#[test]
fn without_limits_no_header_speaks_of_them() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let response = served.nginx(ORDERS, Some(&key.secret), &[]);
    assert_eq!(quota(&response), [None; 3]);
}

#[test]
fn headers_have_an_end() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let long = "x".repeat(20 * 1024);
    let fits = served.nginx(ORDERS, Some(&key.secret), &[("Cookie", &long)]);
    assert_eq!(fits.status, 200);
    let longer = "x".repeat(33 * 1024);
    let too_long = served.nginx(ORDERS, Some(&key.secret), &[("Cookie", &longer)]);
    assert_eq!(
        (too_long.status, too_long.code()),
        (431, "headers_too_large".into())
    );
    let path = format!("GET /api/v1/orders?{longer}");
    assert_eq!(served.nginx(&path, Some(&key.secret), &[]).status, 431);
    let envoy = format!("/auth/envoy/api/v1/orders?{longer}");
    assert_eq!(
        served
            .ask("GET", &envoy, &[("X-API-Key", &key.secret)])
            .status,
        431
    );
    let names: Vec<String> = (0..101).map(|n| format!("X-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &many).status, 431);
    assert_eq!(
        served.nginx(ORDERS, Some(&key.secret), &many[..90]).status,
        200
    );
    let key_of_8_kib = "zenflow_live_".repeat(600);
    let malformed = served.nginx(ORDERS, Some(&key_of_8_kib), &[]);
    assert_eq!(malformed.reason(), "malformed");
}

#[test]
fn a_length_beside_chunks_ends_the_connection() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let key = ("X-API-Key", key.secret.as_str());
    let smuggled = head("GET", "/auth/nginx", &nginx(ORDERS, Some(key.1), &[]));
    for (path, body) in [("/auth/nginx", ""), ("/v1/check", "{}")] {
        for names in [
            ["Content-Length", "Transfer-Encoding"],
            ["Transfer-Encoding", "Content-Length"],
        ] {
            let length = smuggled.len().to_string();
            let value = |name| {
                if name == "Content-Length" {
                    length.as_str()
                } else {
                    "chunked"
                }
            };
            let headers = [
                nginx(ORDERS, Some(key.1), &[]),
                names.map(|name| (name, value(name))).into(),
            ]
            .concat();
            let mut connection = served.connect();
            connection.send(&head("POST", path, &headers));
            if !body.is_empty() {
                connection.send(&format!("{:x}\r\n{body}\r\n", body.len()));
            }
            connection.send(&format!("0\r\n\r\n{smuggled}"));
            let first = connection.response("POST");
            assert!(matches!(first.status, 200 | 400), "{first:?}");
            assert_eq!(first.header("connection"), Some("close"));
            assert!(
                connection.try_response("GET").is_none(),
                "what was smuggled is answered"
            );
        }
    }
    for wrong in [
        [("Content-Length", "1"), ("Content-Length", "2")],
        [("Content-Length", "-1"), ("X-A", "1")],
        [("Content-Length", "1x"), ("X-A", "1")],
        [("Transfer-Encoding", "gzip"), ("X-A", "1")],
    ] {
        let response = served.nginx(ORDERS, Some(key.1), &wrong);
        assert_eq!(response.status, 400, "{wrong:?}");
    }
}

#[test]
fn an_answer_comes_at_once_after_the_headers() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let mut connection = served.connect();
    let body = nginx(
        ORDERS,
        Some(&key.secret),
        &[("Content-Length", "1000000000")],
    );
    assert_eq!(connection.ask("POST", "/auth/nginx", &body).status, 200);
    let mut connection = served.connect();
    let expects = [&body[..], &[("Expect", "100-continue")]].concat();
    assert_eq!(connection.ask("POST", "/auth/nginx", &expects).status, 200);
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let mut connection = served.connect();
    let headers = nginx(ORDERS, Some(&key.secret), &[]);
    for _ in 0..100 {
        assert_eq!(connection.ask("GET", "/auth/nginx", &headers).status, 200);
        assert_eq!(connection.ask("GET", "/nowhere", &[]).status, 404);
    }
    // All at once.
    connection.send(&head("GET", "/auth/nginx", &headers).repeat(100));
    for _ in 0..100 {
        assert_eq!(connection.response("GET").status, 200);
    }
}

#[test]
fn whoever_comes_when_there_is_no_room_waits() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let headers = nginx(ORDERS, Some(&key.secret), &[]);
    let mut open: Vec<Connection> = (0..1024).map(|_| served.connect()).collect();
    for connection in [0, 1023] {
        assert_eq!(
            open[connection].ask("GET", "/auth/nginx", &headers).status,
            200
        );
    }
    // By one connection: another could be counted before the one before it is gone.
    let mut admin = Connection::to(&served.admin);
    let mut is_full = || {
        let metrics = admin.ask("GET", "/metrics", &[]).body;
        metrics
            .lines()
            .any(|line| line == "zenflow_keys_connections 1025")
    };
    assert!(is_full());
    let mut late = served.connect();
    late.send(&head("GET", "/auth/nginx", &headers));
    // Health is there all the same, and nobody has taken the late one.
    assert!(is_full());
    drop(open.pop());
    assert_eq!(late.response("GET").status, 200);
}
