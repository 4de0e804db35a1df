//! `check`: every row of the verdicts.

use crate::support::in_process::{Answer, Bench, DAY, HOUR, Made, Outcome};

/// One row: reason, verdict, HTTP status, exit status.
fn assert_row(outcome: &Outcome, reason: &str, verdict: &str, http: u16, exit: u8) {
    assert_eq!(outcome.status, exit, "{outcome:?}");
    let document = outcome.json();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["allowed"], false);
    assert_eq!(document["reason"], reason);
    assert_eq!(document["verdict"], verdict);
    assert_eq!(document["failures"][0], reason);
    assert_eq!(document["response"]["status"], http);
    assert_eq!(document["response"]["body"]["success"], false);
    assert_eq!(document["response"]["body"]["error"]["code"], verdict);
}

/// The last character of a key, changed.
fn mistyped(secret: &str) -> String {
    let (rest, last) = secret.split_at(secret.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    (bench, key)
}

#[test]
fn a_good_key_is_allowed() {
    let (bench, key) = bench();
    let outcome = bench.check(&key.secret, &["--scope", "read:orders", "--json"]);
    assert_eq!(outcome.status, 0);
    let document = outcome.json();
    assert_eq!(document["allowed"], true);
    assert_eq!(document["verdict"], "allowed");
    for absent in ["reason", "response"] {
        assert!(
            document.as_object().unwrap().get(absent).unwrap().is_null(),
            "{absent}"
        );
    }
    assert_eq!(document["failures"].as_array().unwrap().len(), 0);
    assert_eq!(document["missing_scopes"].as_array().unwrap().len(), 0);
    assert_eq!(document["key"]["id"], key.id.as_str());
    assert_eq!(document["key"]["name"], "ERP");
    assert_eq!(document["key"]["environment"], "live");
    assert_eq!(document["key"]["status"], "active");
}

#[test]
fn no_key_is_missing() {
    let (bench, _) = bench();
    for nothing in ["", "  ", "\n", "\r\n"] {
        assert_row(
            &bench.check(nothing, &["--json"]),
            "missing",
            "missing_api_key",
            401,
            10,
        );
    }
    assert_row(
        &bench.run(&["check", "--key-env", "UNSET", "--json"]),
        "missing",
        "missing_api_key",
        401,
        10,
    );
    assert!(bench.check("", &["--json"]).json()["key"].is_null());
}

#[test]
fn what_does_not_look_like_a_key_is_malformed() {
    let (bench, key) = bench();
    for text in [
        "hello".to_owned(),
        format!("{0}\n{0}", key.secret),
        "x".repeat(5000),
        "zenflow_live_short".into(),
    ] {
        assert_row(
            &bench.check(&text, &["--json"]),
            "malformed",
            "invalid_api_key",
            401,
            11,
        );
    }
}

#[test]
fn a_mistyped_key_has_a_bad_checksum() {
    let (bench, key) = bench();
    assert_row(
        &bench.check(&mistyped(&key.secret), &["--json"]),
        "bad_checksum",
        "invalid_api_key",
        401,
        11,
    );
}

#[test]
fn a_well_formed_key_of_somebody_else_is_unknown() {
    let (bench, _) = bench();
    let vector = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    assert_row(
        &bench.check(vector, &["--json"]),
        "unknown",
        "invalid_api_key",
        401,
        11,
    );
}

#[test]
fn a_revoked_key_is_refused_as_revoked() {
    let (bench, key) = bench();
    bench.ok(&["revoke", &key.id, "--yes"]);
    assert_row(
        &bench.check(&key.secret, &["--json"]),
        "revoked",
        "revoked_api_key",
        401,
        12,
    );
}

#[test]
fn a_disabled_key_answers_as_an_invalid_one() {
    let (bench, key) = bench();
    bench.ok(&["disable", &key.id]);
    assert_row(
        &bench.check(&key.secret, &["--json"]),
        "disabled",
        "invalid_api_key",
        401,
        11,
    );
}

#[test]
fn a_key_is_expired_from_the_very_instant_on() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.later(DAY - 1);
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
    bench.later(1);
    assert_row(
        &bench.check(&key.secret, &["--json"]),
        "expired",
        "expired_api_key",
        401,
        13,
    );
}

#[test]
fn a_key_of_another_environment_is_refused() {
    let (bench, key) = bench();
    assert_row(
        &bench.check(&key.secret, &["--env", "test", "--json"]),
        "wrong_environment",
        "invalid_api_key",
        401,
        11,
    );
    assert_eq!(bench.check(&key.secret, &["--env", "live"]).status, 0);
}

#[test]
fn an_address_must_be_in_the_allowlist_and_must_be_known() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--allow-ip", "203.0.113.0/24"]);
    assert_row(
        &bench.check(&key.secret, &["--ip", "198.51.100.1", "--json"]),
        "ip_not_allowed",
        "ip_not_allowed",
        403,
        21,
    );
    assert_row(
        &bench.check(&key.secret, &["--json"]),
        "ip_unknown",
        "ip_not_allowed",
        403,
        21,
    );
    for address in ["203.0.113.9", "::ffff:203.0.113.9"] {
        assert_eq!(
            bench.check(&key.secret, &["--ip", address]).status,
            0,
            "{address}"
        );
    }
}

#[test]
fn all_scopes_are_needed_and_the_message_names_the_first_in_the_catalogues_order() {
    let (bench, key) = bench();
    let outcome = bench.check(
        &key.secret,
        &[
            "--scope",
            "write:stock,read:orders",
            "--scope",
            "write:orders",
            "--json",
        ],
    );
    assert_row(
        &outcome,
        "insufficient_scope",
        "insufficient_scope",
        403,
        20,
    );
    let document = outcome.json();
    assert_eq!(
        document["missing_scopes"],
        serde_json::json!(["write:orders", "write:stock"])
    );
    assert_eq!(
        document["response"]["body"]["error"]["message"],
        "This API key does not have the required scope: write:orders"
    );
}

#[test]
fn admin_satisfies_every_scope() {
    let bench = Bench::new();
    let key = bench.json(&["create", "Admin", "--preset", "full-access"]);
    let secret = key["api_key"].as_str().unwrap();
    assert_eq!(
        bench
            .check(
                secret,
                &[
                    "--scope",
                    "write:webhooks",
                    "--request",
                    "DELETE /products/7"
                ]
            )
            .status,
        0
    );
}

#[test]
fn a_request_needs_the_scope_of_its_endpoint() {
    let (bench, key) = bench();
    for (request, exit) in [
        ("GET /orders", 0),
        ("GET /orders/17/status", 0),
        ("GET https://api.zenflow.com.ar/api/v1/orders/17/?page=2", 0),
        ("GET /api/v1/orders/", 0),
        ("POST /orders", 20),
        ("GET /products/sku/AB-1", 20),
    ] {
        assert_eq!(
            bench.check(&key.secret, &["--request", request]).status,
            exit,
            "{request}"
        );
    }
    let document = bench
        .check(&key.secret, &["--request", "POST /products/bulk", "--json"])
        .json();
    assert_eq!(
        document["missing_scopes"],
        serde_json::json!(["write:products"])
    );
    bench.refused(&["check", "--request", "GET /nowhere"], 2, "usage");
}

#[test]
fn the_first_rule_that_fails_is_the_verdict_and_all_are_told_in_order() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--allow-ip", "203.0.113.7", "--expires", "1d"]);
    bench.ok(&["disable", &key.id]);
    bench.ok(&["revoke", &key.id, "--yes"]);
    bench.later(2 * DAY);
    let args = [
        "--env",
        "test",
        "--ip",
        "198.51.100.1",
        "--scope",
        "admin",
        "--json",
    ];
    let outcome = bench.check(&key.secret, &args);
    assert_row(&outcome, "revoked", "revoked_api_key", 401, 12);
    let expected = [
        "revoked",
        "disabled",
        "expired",
        "wrong_environment",
        "ip_not_allowed",
        "insufficient_scope",
    ];
    assert_eq!(outcome.json()["failures"], serde_json::json!(expected));
}

#[test]
fn the_key_comes_from_a_file_a_variable_or_a_hidden_prompt() {
    let (bench, key) = bench();
    std::fs::write(bench.path("secret"), format!("{}\n", key.secret)).unwrap();
    let file = bench.path("secret");
    assert_eq!(
        bench
            .run(&["check", "--key-file", file.to_str().unwrap()])
            .status,
        0
    );
    bench.set("API_KEY", &key.secret);
    assert_eq!(bench.run(&["check", "--key-env", "API_KEY"]).status, 0);
    assert_eq!(bench.check(&format!("{}\r\n", key.secret), &[]).status, 0);
    bench.answers([Answer::Secret(key.secret.clone())]);
    assert_eq!(bench.run(&["check"]).status, 0);
}

#[test]
fn a_key_file_that_cannot_be_read_is_an_error_and_no_verdict() {
    let (bench, _) = bench();
    bench.refused(&["check", "--key-file", "/nonexistent/secret"], 1, "io");
}

#[test]
fn expiry_and_revocation_can_be_judged_as_of_another_time() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "2026-03-31"]);
    assert_eq!(
        bench
            .check(&key.secret, &["--at", "2026-03-31T23:59:59Z"])
            .status,
        0
    );
    assert_eq!(
        bench
            .check(&key.secret, &["--at", "2026-04-01T00:00:00Z"])
            .status,
        13
    );
    bench.ok(&["revoke", &key.id, "--in", "7d"]);
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
    assert_eq!(
        bench
            .check(&key.secret, &["--at", "2026-01-08T00:00:00Z"])
            .status,
        12
    );
    bench.refused(&["check", "--record", "--at", "2026-03-31"], 2, "usage");
}

#[test]
fn a_recorded_check_is_a_use_and_no_event_and_a_plain_one_is_neither() {
    let (bench, key) = bench();
    bench.check(&key.secret, &[]).exits(0);
    assert!(bench.key(&key.id)["last_used_at"].is_null());
    bench.later(HOUR);
    bench
        .check(&key.secret, &["--record", "--ip", "203.0.113.7"])
        .exits(0);
    let shown = bench.key(&key.id);
    assert_eq!(shown["last_used_at"], "2026-01-01T01:00:00Z");
    assert_eq!(shown["last_used_ip"], "203.0.113.7");
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn a_refused_use_is_not_the_last_use_and_an_unknown_key_is_not_counted() {
    let (bench, key) = bench();
    assert_eq!(
        bench
            .check(&key.secret, &["--record", "--scope", "admin"])
            .status,
        20
    );
    assert!(bench.key(&key.id)["last_used_at"].is_null());
    let before = bench.bytes();
    assert_eq!(
        bench
            .check(
                "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO",
                &["--record"]
            )
            .status,
        11
    );
    assert!(bench.bytes() == before);
}

#[test]
fn quiet_leaves_only_the_exit_status() {
    let (bench, key) = bench();
    let outcome = bench.check(&key.secret, &["--quiet", "--scope", "admin"]);
    assert_eq!(
        (
            outcome.status,
            outcome.stdout.as_str(),
            outcome.stderr.as_str()
        ),
        (20, "", "")
    );
}

#[test]
fn no_part_of_a_secret_is_shown() {
    let (bench, key) = bench();
    let secret = &key.secret[24..];
    for args in [&["--json"][..], &[], &["--scope", "admin"]] {
        let outcome = bench.check(&key.secret, args);
        assert!(!outcome.stdout.contains(&secret[..6]) && !outcome.stderr.contains(&secret[..6]));
    }
    assert!(!String::from_utf8_lossy(&bench.bytes().unwrap()).contains(secret));
}

#[test]
fn a_key_is_judged_by_the_instant_at_which_the_store_could_be_read() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "1d"]);
    bench.waits_for_the_store(2 * DAY);
    assert_eq!(bench.check(&key.secret, &[]).status, 13);
    assert_eq!(bench.check(&key.secret, &["--record"]).status, 13);
    assert_eq!(bench.check(&key.secret, &["--at", "1h"]).status, 0);
}
