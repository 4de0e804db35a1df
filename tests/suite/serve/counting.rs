//! Uses that are counted, numbers, and the end.

use std::fs;
use std::time::Duration;

use crate::serve::bench::{Connection, Served, config, head, nginx, with_key};
use zenflow_keys::internals::Config;

const ORDERS: &str = "GET /api/v1/orders";

#[test]
fn uses_are_counted_by_key_hour_address_endpoint_and_outcome() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let from = [("X-Real-IP", "203.0.113.7")];
    for _ in 0..3 {
        served.nginx("GET /api/v1/orders/17", Some(&key.secret), &from);
    }
    served.nginx(
        "GET /api/v1/orders/18?secret=hush",
        Some(&key.secret),
        &from,
    );
    served.nginx(ORDERS, Some(&key.secret), &[]);
    served.nginx("POST /api/v1/orders", Some(&key.secret), &from);
    served.nginx("GET /nowhere", Some(&key.secret), &from);
    served.later(3_600);
    served.nginx(ORDERS, Some(&key.secret), &[]);
    served.nginx(ORDERS, None, &[]);
    served.nginx(ORDERS, Some("zenflow_live_unknown"), &[]);
    let bench = served.stop();
    let conn = rusqlite::Connection::open(bench.db()).unwrap();
    let rows: Vec<String> = conn
        .prepare("SELECT (hour % 86400 / 3600) || '|' || ip || '|' || endpoint || '|' || scopes || '|' || outcome || '|' || count FROM usage ORDER BY 1")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        rows,
        [
            "0|203.0.113.7|GET /orders/:id|read:orders|allowed|4",
            "0|203.0.113.7|POST /orders|write:orders|insufficient_scope|1",
            "0|203.0.113.7||admin|insufficient_scope|1",
            "0||GET /orders|read:orders|allowed|1",
            "1||GET /orders|read:orders|allowed|1",
        ]
    );
    let whole = fs::read(bench.db()).unwrap();
    assert!(!whole.windows(4).any(|part| part == b"hush"));
}

#[test]
fn nothing_is_counted_that_should_not_be() {
    let (bench, key) = with_key();
    let counts_none = Config {
        counts: false,
        ..config()
    };
    let served = Served::with(bench, counts_none);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    let bench = served.stop();
    assert_eq!(bench.key(&key.id)["last_used_at"], serde_json::Value::Null);
    let networks = Config {
        ip_prefix: "24,48".parse().unwrap(),
        ..config()
    };
    let served = Served::with(bench, networks);
    served.nginx(ORDERS, Some(&key.secret), &[("X-Real-IP", "203.0.113.7")]);
    let bench = served.stop();
    assert_eq!(bench.key(&key.id)["last_used_ip"], "203.0.113.0/24");
}

#[test]
fn many_rows_are_stored_without_waiting() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let mut connection = served.connect();
    let mut ask = |n: u32| {
        let address = format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
        let headers = nginx(ORDERS, Some(&key.secret), &[("X-Real-IP", &address)]);
        assert_eq!(connection.ask("GET", "/auth/nginx", &headers).status, 200);
    };
    (0..5_000).for_each(&mut ask);
    // The next ones are answered while these are stored.
    let mut n = 5_000;
    while served.metric("zenflow_keys_uses_stored_total") < 5_000.0 {
        n += 1;
        ask(n);
        assert!(n < 100_000, "they are not stored");
    }
    let bench = served.stop();
    let report = bench.json(&["usage", "report"]);
    assert_eq!(report["total"]["allowed"], n, "{report}");
}

#[test]
fn a_use_that_cannot_be_stored_waits() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    served.nginx(ORDERS, Some(&key.secret), &[]);
    let away = served.bench.path("away");
    fs::rename(served.bench.db(), &away).unwrap();
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 503);
    assert_eq!(served.metric("zenflow_keys_uses_waiting"), 1.0);
    fs::rename(&away, served.bench.db()).unwrap();
    let bench = served.stop();
    assert_eq!(bench.key(&key.id)["last_used_at"], "2026-01-01T00:00:00Z");
}

#[test]
fn health_and_metrics_are_for_the_administrator_alone() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    served.nginx(ORDERS, Some(&key.secret), &[("X-Real-IP", "203.0.113.7")]);
    served.nginx(ORDERS, None, &[]);
    for (path, body) in [("/health/live", "live\n"), ("/health/ready", "ready\n")] {
        let response = served.admin(path);
        assert_eq!((response.status, response.body.as_str()), (200, body));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    let metrics = served.admin("/metrics");
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    for private in [&key.id[..], "ERP", "203.0.113", &key.secret[24..]] {
        assert!(!metrics.body.contains(private), "{private}");
    }
    for line in metrics.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("zenflow_keys_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    assert_eq!(
        served.metric("zenflow_keys_requests_total{outcome=\"allowed\"}"),
        1.0
    );
    assert_eq!(
        served.metric("zenflow_keys_requests_total{outcome=\"missing\"}"),
        1.0
    );
    assert_eq!(
        served.metric("zenflow_keys_request_duration_seconds_count"),
        2.0
    );
    let version = format!(
        "zenflow_keys_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(served.metric(&version), 1.0);
    for path in ["/auth/nginx", "/v1/check", "/", "/metrics/"] {
        assert_eq!(served.admin(path).status, 404, "{path}");
    }
    let mut admin = Connection::to(&served.admin);
    let refused = admin.ask("DELETE", "/metrics", &[]);
    assert_eq!(
        (refused.status, refused.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[test]
fn at_the_end_what_is_under_way_is_answered() {
    let (bench, key) = with_key();
    let mut served = Served::start(bench);
    let question = format!(r#"{{"key":"{}"}}"#, key.secret);
    let length = question.len().to_string();
    let mut under_way = served.connect();
    under_way.send(&head("POST", "/v1/check", &[("Content-Length", &length)]));
    let mut idle = served.connect();
    let headers = nginx(ORDERS, Some(&key.secret), &[]);
    assert_eq!(idle.ask("GET", "/auth/nginx", &headers).status, 200);
    under_way.send(&question[..10]);
    // It was accepted before the other one.
    served.ask_to_stop();
    served.event("Stopping");
    assert!(idle.is_closed());
    under_way.send(&question[10..]);
    let response = under_way.response("POST");
    assert_eq!(
        (response.status, response.header("connection")),
        (200, Some("close"))
    );
    assert!(under_way.is_closed());
    assert!(served.event("Ended").contains("stored: 2"));
    let sockets = ["serve.sock", "admin.sock"].map(|name| served.bench.path(name));
    let bench = served.stop();
    assert!(sockets.iter().all(|path| !path.exists()));
    let report = bench.json(&["usage", "report"]);
    assert_eq!(report["total"]["allowed"], 2);
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let (bench, _) = with_key();
    let served = Served::start(bench);
    let mut slow = served.connect();
    slow.send("GET /auth/nginx HTTP/1.1\r\nX-Slow");
    let mut body = served.connect();
    body.send(&head("POST", "/v1/check", &[("Content-Length", "10")]));
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(served.stop().age()));
    end.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(slow.is_closed());
}

#[test]
fn every_use_that_was_answered_is_counted_when_it_ends_under_load() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (mut connection, secret) = (served.connect(), key.secret.clone());
            std::thread::spawn(move || {
                let headers = nginx(ORDERS, Some(&secret), &[]);
                let mut allowed = 0;
                loop {
                    connection.send(&head("GET", "/auth/nginx", &headers));
                    match connection.try_response("GET") {
                        Some(response) => allowed += u64::from(response.status == 200),
                        None => return allowed,
                    }
                }
            })
        })
        .collect();
    while served.metric("zenflow_keys_requests_total{outcome=\"allowed\"}") < 1_000.0 {}
    let bench = served.stop();
    let allowed: u64 = clients
        .into_iter()
        .map(|client| client.join().unwrap())
        .sum();
    let counted = bench.json(&["usage", "report"])["total"]["allowed"]
        .as_u64()
        .unwrap();
    // Of an answer that was cut off nobody knows.
    assert!(
        counted >= allowed && counted <= allowed + 8,
        "{counted} of {allowed}"
    );
}
