//! `usage import`: the keys that a log holds are reported, and nothing of them is shown.

use std::fs;

use crate::cli::usage_import::{assert_no_secret, bench, line, row};

#[test]
fn a_line_that_holds_a_whole_key_counts_for_it_and_is_reported_and_not_shown() {
    let (bench, key) = bench();
    let old = bench.create("Old", &[]);
    bench.ok(&["revoke", &old.id, "--yes"]);
    let in_query =
        |secret: &str, second| line("-", second, &format!("GET /orders?api_key={secret}"), 200);
    let stranger = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    let text = in_query(&key.secret, 1)
        + &in_query(&key.secret, 2)
        + &in_query(&old.secret, 3)
        + &in_query(stranger, 4);
    let log = bench.write("access.log", text);
    let leak = bench.run(&["usage", "import", &log, "--fail-on-leak"]);
    assert_eq!(leak.status, 7, "{leak:?}");
    assert!(
        leak.stderr.contains("4 lines hold whole keys in clear"),
        "{leak:?}"
    );
    assert!(
        leak.stderr.contains(&format!(
            "ERP ({}), in 2 lines: zenflow-keys rotate {}",
            key.id, key.id
        )),
        "{leak:?}"
    );
    assert!(
        leak.stderr.contains(&format!(
            "Old ({}), in 1 line: it is revoked already",
            old.id
        )),
        "{leak:?}"
    );
    for made in [&key, &old] {
        assert_no_secret(&leak, made);
        assert!(!String::from_utf8_lossy(&bench.bytes().unwrap()).contains(&made.secret[24..34]));
    }
    assert_eq!(bench.recorded(), [row("GET /orders", "allowed", 3)]);
    fs::write(bench.path("access.log"), in_query(&key.secret, 9)).unwrap();
    let document = bench.import(&[&log]);
    assert_eq!(
        (
            &document["total"]["leaking"],
            &document["leaked_keys"][0]["id"]
        ),
        (&1.into(), &key.id.as_str().into())
    );
    assert_eq!(
        bench
            .run(&["usage", "import", &log, "--fail-on-leak"])
            .status,
        0,
        "it was told once"
    );
}

#[test]
fn a_key_is_found_and_masked_however_the_gateway_has_escaped_it() {
    for escape in ["%5F", "%5f", "%255F", "\\x5F"] {
        let (bench, key) = bench();
        let escaped = key.secret.replace('_', escape);
        let log = bench.write(
            "access.log",
            line("-", 1, &format!("GET /orders?key={escaped}"), 200)
                + &format!("bad {escaped}\n")
                + &format!("bad {}\n", &key.secret[1..]),
        );
        let outcome = bench.ok(&["usage", "import", &log]);
        assert_no_secret(&outcome, &key);
        assert!(
            outcome.stderr.contains("2 lines hold whole keys in clear")
                && outcome.stderr.contains("enflow_live_"),
            "{outcome:?}"
        );
        assert_eq!(bench.recorded(), [row("GET /orders", "allowed", 1)]);
    }
}

#[test]
fn for_a_leaked_key_a_command_is_named_that_is_allowed() {
    let (bench, key) = bench();
    bench.ok(&["disable", &key.id]);
    let leak = line("-", 1, &format!("GET /orders?key={}", key.secret), 401);
    let log = bench.write("access.log", leak);
    let outcome = bench.ok(&["usage", "import", &log]);
    let command = format!("in 1 line: zenflow-keys revoke {}\n", key.id);
    assert!(outcome.stderr.contains(&command), "{outcome:?}");
}

#[test]
fn an_id_with_a_wrong_secret_is_an_unknown_key_and_no_leak_of_that_key() {
    let (bench, key) = bench();
    let forged = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO"
        .replace("k3m9x2q7vd", &key.id);
    let wrong = forged[..56].to_owned();
    let sum = zenflow_keys::domain::api_key::checksum(&wrong);
    let forged = wrong + std::str::from_utf8(&sum).unwrap();
    let log = bench.write(
        "access.log",
        line("-", 1, &format!("GET /orders?key={forged}"), 401)
            + &line(&key.id, 2, "GET /orders", 401),
    );
    let document = bench.import(&[&log]);
    assert_eq!(
        (&document["total"]["counted"], &document["leaked_keys"]),
        (&2.into(), &serde_json::json!([]))
    );
    assert_eq!(bench.recorded(), [row("GET /orders", "unknown", 2)]);
}

#[test]
fn a_key_in_a_line_that_is_too_long_is_reported_wherever_it_stands() {
    let (bench, key) = bench();
    let good = line(&key.id, 1, "GET /orders", 200);
    // In the first piece, across the end of one, and in the last.
    for before in [17, (1 << 20) - 30, (1 << 20) - 61, 3 << 20] {
        let long = format!(
            "{}{}{}\n",
            "x ".repeat(before / 2),
            key.secret,
            " y".repeat(600_000)
        );
        let text = format!("{good}{}{before}\n{long}{good}", "z".repeat(9));
        let outcome = bench.import_text(&text);
        assert_eq!(outcome["leaking"], 1, "{before}: {outcome}");
    }
    let log = bench.write(
        "long.log",
        format!("{good}{}{}\n", "x ".repeat(600_000), key.secret),
    );
    let document = bench.import(&[&log]);
    assert_eq!(document["leaked_keys"][0]["lines"], 1, "{document}");
    assert_eq!(document["total"]["bad"], 1);
}
