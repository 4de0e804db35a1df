//! Stores that older versions wrote are read, brought up to date and verified; those of newer ones
//! are left alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zenflow_keys::store::SCHEMA_VERSION;

use crate::support::in_process::{Bench, DAY, HOUR, Made};

fn kept(version: i64, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stores/v{version}.{ending}"))
}

/// A store with something of everything, and its keys.
fn make() -> (Bench, Vec<Made>) {
    let bench = Bench::new();
    let erp = bench.create(
        "Integración ERP",
        &[
            "--scope",
            "write:orders",
            "--allow-ip",
            "203.0.113.0/24,2001:db8::/32",
            "--owner",
            "finance",
        ],
    );
    let ended = bench.create("ended", &["--expires", "30d", "--note", "no longer needed"]);
    let admin = bench.create("在庫", &["--scope", "admin", "--env", "test"]);
    let revoked = bench.create("revoked", &[]);
    let disabled = bench.create("disabled", &[]);
    let scheduled = bench.create("scheduled", &[]);
    let old = bench.create("shop", &["--expires", "400d"]);
    bench.later(HOUR);
    bench
        .check(
            &erp.secret,
            &[
                "--record",
                "--request",
                "POST /orders",
                "--ip",
                "203.0.113.7",
            ],
        )
        .exits(0);
    bench
        .check(
            &erp.secret,
            &[
                "--record",
                "--request",
                "POST /orders",
                "--ip",
                "198.51.100.1",
            ],
        )
        .exits(21);
    bench
        .check(
            &admin.secret,
            &[
                "--record",
                "--scope",
                "read:products",
                "--ip",
                "2001:db8::7",
            ],
        )
        .exits(0);
    bench.use_it(&old);
    bench.ok(&[
        "revoke",
        "revoked",
        "--yes",
        "--reason",
        "leaked in a CI log",
    ]);
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "scheduled", "--in", "20d"]);
    bench.ok(&["revoke", "scheduled", "--cancel"]);
    bench.ok(&["revoke", "scheduled", "--in", "10d"]);
    bench.ok(&["update", "ended", "--name", "Ended, at last", "--owner", ""]);
    bench.ok(&["allowlist", "add", "shop", "192.0.2.1"]);
    let first = bench.rotate("shop", &["--overlap", "1d"]);
    bench.later(DAY);
    bench
        .check(&first.secret, &["--record", "--ip", "192.0.2.1"])
        .exits(0);
    let second = bench.rotate("shop", &["--overlap", "90d"]);
    (
        bench,
        vec![
            erp, ended, admin, revoked, disabled, scheduled, old, first, second,
        ],
    )
}

/// The instant at which the kept stores were made and their keys checked is the start of a bench
/// and 40 days.
fn judge(bench: &Bench, secret: &str) -> u8 {
    bench.check(secret, &["--ip", "203.0.113.7"]).status
}

fn write_down(version: i64) {
    let (bench, keys) = make();
    bench.later(40 * DAY);
    let lines: Vec<String> = keys
        .iter()
        .map(|key| format!("{} {}\n", key.secret, judge(&bench, &key.secret)))
        .collect();
    fs::write(
        kept(version, "json"),
        bench.ok(&["list", "--all", "--json"]).stdout,
    )
    .unwrap();
    fs::write(kept(version, "keys"), lines.concat()).unwrap();
    fs::copy(bench.db(), kept(version, "db")).unwrap();
}

/// A bench with a copy of the kept store of this version.
fn with(version: i64) -> Bench {
    if version == SCHEMA_VERSION
        && !kept(version, "db").exists()
        && std::env::var_os("MAKE_STORE").is_some()
    {
        write_down(version);
    }
    let bench = Bench::new();
    fs::copy(kept(version, "db"), bench.db()).unwrap_or_else(|e| {
        panic!("no store of schema {version} is kept ({e}); make it: MAKE_STORE=1 cargo test --locked --test suite upgrade")
    });
    fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o600)).unwrap();
    bench.later(HOUR + DAY + 40 * DAY);
    bench
}

/// The store tells of its keys what it told when it was kept; there may be more to tell by now.
fn tells_what_it_told(bench: &Bench, version: i64) {
    let told: Value =
        serde_json::from_str(&fs::read_to_string(kept(version, "json")).unwrap()).unwrap();
    let tells = bench.json(&["list", "--all"]);
    let (told, tells) = (
        told["keys"].as_array().unwrap(),
        tells["keys"].as_array().unwrap(),
    );
    assert_eq!(told.len(), tells.len());
    for (told, tells) in std::iter::zip(told, tells) {
        for (field, value) in told.as_object().unwrap() {
            assert_eq!(&tells[field], value, "{field} of {}", told["id"]);
        }
    }
    for line in fs::read_to_string(kept(version, "keys")).unwrap().lines() {
        let (secret, exit) = line.split_once(' ').unwrap();
        assert_eq!(judge(bench, secret).to_string(), exit, "{}", &secret[..23]);
    }
}

fn findings(bench: &Bench) -> Vec<String> {
    let document = bench.run(&["doctor", "--deep", "--json"]).json();
    document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_kept_store_is_what_its_schema_makes() {
    for version in 1..=SCHEMA_VERSION {
        let bench = with(version);
        let expected: &[&str] = if version < SCHEMA_VERSION {
            &["older_schema"]
        } else {
            &[]
        };
        assert_eq!(
            findings(&bench),
            expected,
            "a step that was released was changed, or a rule is new: schema {version}"
        );
    }
}

#[test]
fn a_kept_store_is_read_without_being_changed() {
    for version in 1..=SCHEMA_VERSION {
        let bench = with(version);
        let before = bench.bytes();
        fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o400)).unwrap();
        tells_what_it_told(&bench, version);
        for args in [
            &["list", "--sort", "used", "--reverse"][..],
            &["list", "--expires-within", "1y", "--name", "s*"],
            &["list", "--unused-for", "1d", "--format", "csv"],
            &["show", "shop"],
            &["show", "Integración ERP"],
            &["allowlist", "list", "shop"],
            &["log"],
            &["log", "shop", "--since", "90d"],
            &["log", "--verify"],
            &["revoke", "scheduled", "--dry-run"],
        ] {
            bench.ok(args);
        }
        let copy = bench.path("copy.db");
        bench.ok(&["backup", copy.to_str().unwrap()]);
        assert!(bench.bytes() == before);
        bench.set("ZENFLOW_KEYS_DB", copy);
        tells_what_it_told(&bench, version);
    }
}

#[test]
fn a_kept_store_is_copied_brought_up_to_date_and_verified_by_the_first_change() {
    for version in 1..=SCHEMA_VERSION {
        let bench = with(version);
        // Nothing is to be changed, but it could have been.
        let outcome = bench.ok(&["enable", "shop"]);
        let copy = bench.path(&format!("keys.db.v{version}.bak"));
        assert_eq!(copy.exists(), version < SCHEMA_VERSION, "{version}");
        assert_eq!(
            outcome.stderr.contains("migrated the store from schema"),
            version < SCHEMA_VERSION,
            "{outcome:?}"
        );
        assert!(
            findings(&bench).is_empty(),
            "{version}: {:?}",
            findings(&bench)
        );
        tells_what_it_told(&bench, version);
        bench.ok(&["log", "--verify"]);
        bench.create("new", &[]);
        bench.ok(&["log", "--verify"]);
        assert!(findings(&bench).is_empty());
        if copy.exists() {
            bench.set("ZENFLOW_KEYS_DB", copy);
            tells_what_it_told(&bench, version);
        }
    }
}

#[test]
fn a_newer_store_is_refused_by_every_command_and_left_alone() {
    let bench = with(SCHEMA_VERSION);
    let newer = rusqlite::Connection::open(bench.db()).unwrap();
    newer
        .pragma_update(None, "user_version", SCHEMA_VERSION + 1)
        .unwrap();
    drop(newer);
    let copy = bench.path("copy.db");
    for args in [
        &["list"][..],
        &["show", "shop"],
        &["log"],
        &["log", "--verify"],
        &["check"],
        &["check", "--record"],
        &["allowlist", "list", "shop"],
        &["backup", copy.to_str().unwrap()],
        &["create", "new", "--preset", "read-only"],
        &["rotate", "shop"],
        &["revoke", "shop", "--yes"],
        &["update", "shop", "--note", "x"],
        &["enable", "shop"],
        &["allowlist", "clear", "shop", "--yes"],
    ] {
        let error = bench.refused(args, 6, "store_newer");
        assert!(error["hint"].as_str().unwrap().contains("newer"), "{error}");
    }
    assert!(!copy.exists());
}
