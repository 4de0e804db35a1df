//! `create`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use zenflow_keys::context::{Patience, Streams};

use crate::support::in_process::{Bench, Gone};

#[test]
fn the_key_stands_alone_on_standard_output() {
    let bench = Bench::new();
    let outcome = bench.ok(&["create", "ERP Integration", "--preset", "erp-sync"]);
    let [key] = outcome.lines()[..] else {
        panic!("{outcome:?}")
    };
    assert_eq!(key.len(), 62);
    assert!(key.starts_with("zenflow_live_"));
    assert!(!outcome.stderr.contains(&key[24..]));
    assert_eq!(bench.check(key, &["--scope", "write:stock"]).status, 0);
}

#[test]
fn a_key_has_every_field_and_what_is_absent_is_null() {
    let bench = Bench::new();
    let document = bench.json(&["create", "ERP", "--scope", "write:orders,read:orders"]);
    let id = document["key"]["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "name": "ERP", "environment": "live", "display": format!("zenflow_live_{id}_…"), "status": "active",
        "scopes": ["read:orders", "write:orders"], "preset": null, "allowed_ips": [], "owner": null, "note": null,
        "created_at": "2026-01-01T00:00:00Z", "expires_at": null, "disabled_at": null, "revoked_at": null,
        "revocation_reason": null, "rotated_from": null, "rotated_to": null, "last_used_at": null, "last_used_ip": null,
    });
    assert_eq!(document["key"], expected);
    assert_eq!(document["created"], true);
    assert!(
        document["api_key"]
            .as_str()
            .unwrap()
            .starts_with(&format!("zenflow_live_{id}_"))
    );
}

#[test]
fn all_settings_arrive() {
    let bench = Bench::new();
    let key = bench.json(&[
        "create",
        "Reports",
        "--preset",
        "stock-sync",
        "--scope",
        "read:orders",
        "--env",
        "test",
        "--expires",
        "2026-12-31",
        "--allow-ip",
        "203.0.113.0/24",
        "--allow-ip",
        "2001:db8::1",
        "--owner",
        "finance",
        "--note",
        "monthly",
    ])["key"]
        .clone();
    assert_eq!(key["environment"], "test");
    assert_eq!(
        key["scopes"],
        json!(["read:orders", "read:products", "read:stock", "write:stock"])
    );
    assert_eq!(key["expires_at"], "2027-01-01T00:00:00Z");
    assert_eq!(key["allowed_ips"], json!(["203.0.113.0/24", "2001:db8::1"]));
    assert_eq!(
        (&key["owner"], &key["note"]),
        (&json!("finance"), &json!("monthly"))
    );
    assert!(
        key["display"]
            .as_str()
            .unwrap()
            .starts_with("zenflow_test_")
    );
}

#[test]
fn a_preset_is_known_by_its_scopes() {
    let bench = Bench::new();
    for preset in ["read-only", "erp-sync", "stock-sync", "full-access"] {
        assert_eq!(
            bench.json(&["create", preset, "--preset", preset])["key"]["preset"],
            preset
        );
    }
}

#[test]
fn an_expiry_is_read_by_the_calendar() {
    let bench = Bench::new();
    for (text, instant) in [
        ("90d", json!("2026-04-01T00:00:00Z")),
        ("12h", json!("2026-01-01T12:00:00Z")),
        ("2w", json!("2026-01-15T00:00:00Z")),
        ("6mo", json!("2026-07-01T00:00:00Z")),
        ("1y", json!("2027-01-01T00:00:00Z")),
        ("30m", json!("2026-01-01T00:30:00Z")),
        ("1d12h", json!("2026-01-02T12:00:00Z")),
        ("2026-02-01T10:00:00-03:00", json!("2026-02-01T13:00:00Z")),
        ("never", json!(null)),
    ] {
        assert_eq!(
            bench.json(&[
                "create",
                &format!("K {}", text.replace(':', ".")),
                "--scope",
                "admin",
                "-e",
                text
            ])["key"]["expires_at"],
            instant
        );
    }
    bench.refused(
        &[
            "create",
            "Past",
            "--scope",
            "admin",
            "--expires",
            "2025-12-30",
        ],
        2,
        "usage",
    );
    bench.refused(
        &["create", "Past", "--scope", "admin", "--expires", "soon"],
        2,
        "usage",
    );
}

#[test]
fn a_name_is_unique_among_the_usable_keys_of_an_environment() {
    let bench = Bench::new();
    let key = bench.create("ERP Integration", &[]);
    bench.refused(
        &["create", "erp integration", "--scope", "admin"],
        4,
        "name_taken",
    );
    bench.create("ERP Integration", &["--env", "test"]);
    bench.ok(&["disable", &key.id]);
    bench.refused(
        &["create", "ERP Integration", "--scope", "admin"],
        4,
        "name_taken",
    );
    bench.ok(&["revoke", &key.id, "--yes"]);
    bench.create("ERP Integration", &[]);
}

#[test]
fn names_are_for_people() {
    let bench = Bench::new();
    for name in ["Integración ERP", "a-b_c.d,e/f+g@h", "7", "Тест"] {
        bench.create(name, &[]);
    }
    let long = "x".repeat(65);
    for name in [
        "",
        " x",
        "x ",
        "x  y",
        "-x",
        "x!",
        "x\ny",
        "pаypal",
        long.as_str(),
    ] {
        assert_eq!(
            bench
                .run(&["create", "--scope", "admin", "--", name])
                .status,
            2,
            "{name:?}"
        );
    }
}

#[test]
fn if_absent_leaves_an_existing_key_and_the_out_file_alone() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let before = bench.bytes();
    let out = bench.path("secret");
    let document = bench.json(&[
        "create",
        "erp",
        "--scope",
        "admin",
        "--if-absent",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(
        (&document["created"], &document["api_key"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(document["key"]["id"], key.id.as_str());
    assert!(!out.exists() && bench.bytes() == before);
    let outcome = bench.ok(&["create", "ERP", "--scope", "admin", "--if-absent"]);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("already exists"));
    assert_eq!(
        bench.json(&["create", "New", "--scope", "admin", "--if-absent"])["created"],
        true
    );
}

#[test]
fn out_writes_a_private_file_with_a_key_that_works() {
    let bench = Bench::new();
    let out = bench.path("secret");
    let document = bench.json(&[
        "create",
        "ERP",
        "--scope",
        "admin",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(document["api_key"].is_null());
    assert_eq!(
        fs::metadata(&out).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        bench
            .run(&["check", "--key-file", out.to_str().unwrap()])
            .status,
        0
    );
}

#[test]
fn out_never_touches_an_existing_file() {
    let bench = Bench::new();
    bench.create("Other", &[]);
    let out = bench.path("secret");
    fs::write(&out, "precious").unwrap();
    bench.refused(
        &[
            "create",
            "ERP",
            "--scope",
            "admin",
            "--out",
            out.to_str().unwrap(),
        ],
        1,
        "out_file",
    );
    bench.refused(
        &[
            "create",
            "ERP",
            "--scope",
            "admin",
            "--out",
            "/nonexistent/secret",
        ],
        1,
        "out_file",
    );
    assert_eq!(fs::read_to_string(out).unwrap(), "precious");
    assert_eq!(bench.names(&["--all"]), ["Other"]);
}

#[test]
fn a_key_is_not_printed_where_nobody_reads_it() {
    let bench = Bench::new();
    bench.streams.set(Streams {
        stdout_is_lost: true,
        ..Streams::default()
    });
    bench.refused(&["create", "ERP", "--scope", "admin"], 2, "stdout_unusable");
    assert!(bench.bytes().is_none());
    bench.ok(&[
        "create",
        "ERP",
        "--scope",
        "admin",
        "--out",
        bench.path("secret").to_str().unwrap(),
    ]);
    bench.ok(&["create", "ERP", "--scope", "admin", "--if-absent"]);
}

#[test]
fn the_store_is_private() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    assert_eq!(
        fs::metadata(bench.db()).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn the_default_store_is_below_the_data_directory_with_its_parents() {
    let bench = Bench::new();
    let data = bench.path("data/share");
    bench.unset("ZENFLOW_KEYS_DB");
    bench.set("XDG_DATA_HOME", &data);
    bench.create("ERP", &[]);
    let store = data.join("zenflow-keys/keys.db");
    assert_eq!(
        fs::metadata(store.parent().unwrap())
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
    assert!(store.exists());
    let other = bench.path("no/such/keys.db");
    assert_eq!(
        bench
            .run(&[
                "create",
                "ERP",
                "--scope",
                "admin",
                "--db",
                other.to_str().unwrap()
            ])
            .status,
        6
    );
}

#[test]
fn a_key_in_a_file_is_checked_from_that_file() {
    let bench = Bench::new();
    let file = bench.path("the key's file");
    let path = file.to_str().unwrap();
    let remarks = bench
        .ok(&["create", "ERP", "--preset", "read-only", "--out", path])
        .stderr;
    let line = remarks
        .lines()
        .find_map(|line| line.strip_prefix("Check it: "))
        .unwrap();
    let words = shlex::split(line).unwrap();
    assert_eq!(
        words,
        [
            "zenflow-keys",
            "check",
            "--key-file",
            path,
            "--scope",
            "read:orders"
        ]
    );
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    bench.ok(&words);
    let hidden = bench.path("a\u{1b}b");
    let remarks = bench
        .ok(&[
            "create",
            "b",
            "--preset",
            "read-only",
            "--out",
            hidden.to_str().unwrap(),
        ])
        .stderr;
    assert!(
        remarks.contains("a\\u{1b}b")
            && !remarks.contains('\u{1b}')
            && !remarks.contains("Check it"),
        "{remarks}"
    );
}

#[test]
fn it_advises_as_zenflow_does() {
    let bench = Bench::new();
    let remarks = bench
        .ok(&["create", "ERP", "--scope", "admin", "--env", "test"])
        .stderr;
    for advice in [
        "coming soon",
        "only the scopes that are needed",
        "never expires",
        "environment variable",
    ] {
        assert!(remarks.contains(advice), "{advice}: {remarks}");
    }
    assert_eq!(
        bench
            .ok(&["create", "Quiet", "--scope", "admin", "--quiet"])
            .stderr,
        ""
    );
}

#[test]
fn a_key_that_cannot_be_handed_over_is_not_made() {
    let bench = Bench::new();
    let key = bench.create("Other", &[]);
    let before = bench.bytes();
    for args in [
        &["create", "ERP", "--scope", "admin", "--json"][..],
        &["rotate", &key.id, "--json"],
    ] {
        let (status, stderr) = bench.run_into(&mut Gone, args);
        assert!(
            status == 1 && stderr.contains("\"delivery_failed\""),
            "{args:?}: {status} {stderr}"
        );
        assert!(bench.bytes() == before);
    }
}

#[test]
fn the_exact_end_is_echoed() {
    let bench = Bench::new();
    assert!(
        bench
            .ok(&["create", "ERP", "--scope", "admin", "--expires", "90d"])
            .stderr
            .contains("2026-04-01T00:00:00Z")
    );
}

#[test]
fn owner_and_note_are_free_text_of_200_characters_without_control_characters() {
    let bench = Bench::new();
    let (longest, longer) = ("ñ".repeat(200), "ñ".repeat(201));
    for (number, option) in ["--owner", "--note"].into_iter().enumerate() {
        bench.create(&format!("K{number}"), &[option, &longest]);
        for text in [longer.as_str(), "a\nb", "a\u{1b}b"] {
            bench.refused(
                &["create", "ERP", "--scope", "admin", option, text],
                2,
                "usage",
            );
        }
    }
}

#[test]
fn a_key_is_not_made_if_standard_output_takes_nothing() {
    let bench = Bench::new();
    let key = bench.create("Other", &[]);
    let before = bench.bytes();
    for (takes_more, status) in [
        (Some((|_| Ok(false)) as Patience), 1),
        (Some((|_| Ok(true)) as Patience), 0),
    ] {
        bench.streams.set(Streams {
            stdout_takes_more: takes_more,
            ..Streams::default()
        });
        let mut stdout = Vec::new();
        for args in [
            &["create", "ERP", "--scope", "admin"][..],
            &["rotate", &key.id, "--json"],
        ] {
            let (found, stderr) = bench.run_into(&mut stdout, args);
            assert_eq!(found, status, "{stderr}");
            assert_eq!(stdout.is_empty(), status == 1, "{stderr}");
        }
        assert_eq!(bench.bytes() == before, status == 1);
    }
}
