//! What happens to the store while it is served.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::serve::bench::{Response, Served, with_key};
use crate::support::in_process::{Bench, Made};

const ORDERS: &str = "GET /api/v1/orders";

#[track_caller]
fn assert_unavailable(response: &Response) {
    assert_eq!(response.status, 503, "{response:?}");
    assert_eq!(response.code(), "store_unavailable");
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(
        response.header("x-zenflow-error"),
        Some(response.body.as_str())
    );
    assert_eq!(response.json()["success"], false);
}

/// Whoever asks in whatever way is told the same.
#[track_caller]
fn assert_away(served: &Served, key: &Made) {
    served.later(1);
    for presented in [Some(key.secret.as_str()), None, Some("hello")] {
        assert_unavailable(&served.nginx(ORDERS, presented, &[]));
    }
    assert_unavailable(&served.check(r#"{"key":"hello"}"#));
    assert_unavailable(&served.admin("/health/ready"));
    assert_eq!(served.admin("/health/live").status, 200);
}

/// Asks until the store is there again: at the latest that is after it was looked after.
#[track_caller]
fn wait_for(served: &Served, status: u16, key: &Made) {
    let mut last = None;
    served.later(1);
    for _ in 0..100_000 {
        let response = served.nginx(ORDERS, Some(&key.secret), &[]);
        if response.status == status {
            return;
        }
        last = Some(response);
    }
    panic!("{last:?}");
}

#[test]
fn a_change_is_answered_from_the_next_request_on() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let mut connection = served.connect();
    let headers = super::bench::nginx(ORDERS, Some(&key.secret), &[]);
    let mut ask = || {
        let response = connection.ask("GET", "/auth/nginx", &headers);
        response.reason().to_owned()
    };
    for _ in 0..20 {
        assert_eq!(ask(), "");
        served.bench.ok(&["disable", &key.id]);
        assert_eq!(ask(), "disabled");
        served.bench.ok(&["enable", &key.id]);
    }
    assert_eq!(ask(), "");
    let more = served.bench.create("another", &[]);
    assert_eq!(served.nginx(ORDERS, Some(&more.secret), &[]).status, 200);
    served.bench.ok(&["revoke", &key.id, "--yes"]);
    assert_eq!(ask(), "revoked");
}

#[test]
fn a_key_ends_when_its_time_is_over_whatever_is_remembered() {
    let bench = Bench::new();
    let key = bench.create("key", &["--expires", "1h"]);
    let served = Served::start(bench);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    served.later(3_599);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    served.later(1);
    assert_eq!(
        served.nginx(ORDERS, Some(&key.secret), &[]).reason(),
        "expired"
    );
}

#[test]
fn a_store_that_is_gone_is_unavailable_until_it_is_back() {
    let (bench, key) = with_key();
    let mut served = Served::start(bench);
    let away = served.bench.path("away");
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    fs::rename(served.bench.db(), &away).unwrap();
    assert_away(&served, &key);
    assert!(served.event("Trouble").contains("Store"));
    fs::rename(&away, served.bench.db()).unwrap();
    wait_for(&served, 200, &key);
    assert!(served.metric("zenflow_keys_store_errors_total") >= 5.0);
}

#[test]
fn a_store_that_was_replaced_is_the_one_that_answers() {
    let (bench, key) = with_key();
    let copy = bench.path("copy");
    bench.ok(&["backup", copy.to_str().unwrap()]);
    bench.ok(&["revoke", &key.id, "--yes"]);
    let served = Served::start(bench);
    let newer = served.bench.create("newer", &[]);
    assert_eq!(
        served.nginx(ORDERS, Some(&key.secret), &[]).reason(),
        "revoked"
    );
    assert_eq!(served.nginx(ORDERS, Some(&newer.secret), &[]).status, 200);
    fs::rename(&copy, served.bench.db()).unwrap();
    wait_for(&served, 200, &key);
    assert_eq!(
        served.nginx(ORDERS, Some(&newer.secret), &[]).reason(),
        "unknown"
    );
    assert_eq!(served.bench.names(&[]), ["ERP Integration"]);
}

#[test]
fn a_store_that_is_no_store_is_unavailable() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    let (good, bad) = (served.bench.path("good"), served.bench.path("bad"));
    fs::copy(served.bench.db(), &good).unwrap();
    for content in [&b""[..], b"no store", &[0; 8192]] {
        fs::write(&bad, content).unwrap();
        fs::set_permissions(&bad, Permissions::from_mode(0o600)).unwrap();
        fs::rename(&bad, served.bench.db()).unwrap();
        assert_away(&served, &key);
    }
    let whole = served.bench.path("whole");
    let restored = Bench::new();
    let other = restored.create("restored", &[]);
    restored.ok(&["backup", whole.to_str().unwrap()]);
    fs::rename(&whole, served.bench.db()).unwrap();
    wait_for(&served, 200, &other);
}

#[test]
fn a_store_that_others_could_change_is_unavailable() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let directory = served.bench.path("");
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    for (path, unsafe_mode, mode) in [(served.bench.db(), 0o666, 0o600), (directory, 0o777, 0o700)]
    {
        fs::set_permissions(&path, Permissions::from_mode(unsafe_mode)).unwrap();
        wait_for(&served, 503, &key);
        assert_away(&served, &key);
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        wait_for(&served, 200, &key);
    }
}

#[test]
fn other_commands_work_while_it_serves() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let copy = served.bench.path("copy");
    served.bench.ok(&["backup", copy.to_str().unwrap()]);
    served.bench.ok(&["rotate", &key.id]);
    served.bench.ok(&["list"]);
    served.bench.ok(&["log", "--verify"]);
    let doctor = served.bench.run(&["doctor", "--deep", "--json"]);
    assert_eq!(doctor.status, 0, "{doctor:?}");
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
}

#[test]
fn a_writer_holds_up_no_answer() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let other = rusqlite::Connection::open(served.bench.db()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for _ in 0..50 {
        assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    }
    other.execute_batch("ROLLBACK").unwrap();
}
