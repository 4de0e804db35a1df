//! What `doctor` finds, that it finds nothing where nothing is, and that it changes nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use serde_json::Value;

use crate::support::process::{Bench, Outcome, feed, finish, set_mode};
use crate::support::tools;

/// A store with something of everything: rotation, schedule, revocation, use, both environments.
fn rich() -> Bench {
    let (bench, key) = Bench::with_key("shop");
    bench
        .run(&[
            "create",
            "Integración",
            "--scope",
            "admin",
            "--env",
            "test",
            "--expires",
            "90d",
            "--allow-ip",
            "2001:db8::/32",
        ])
        .exits(0);
    bench
        .feed(
            &[
                "check",
                "--record",
                "--ip",
                "192.0.2.7",
                "--request",
                "GET /orders",
            ],
            key.as_bytes(),
        )
        .exits(0);
    bench
        .feed(
            &["check", "--record", "--scope", "write:orders"],
            key.as_bytes(),
        )
        .exits(20);
    let new = bench.run(&["rotate", "shop"]).exits(0).stdout;
    bench.feed(&["check", "--record"], new.as_bytes()).exits(0);
    bench
        .run(&[
            "create",
            "old",
            "--preset",
            "read-only",
            "--owner",
            "ops",
            "--note",
            "n",
        ])
        .exits(0);
    bench.run(&["disable", "old"]).exits(0);
    bench
        .run(&["revoke", "old", "--yes", "--reason", "gone"])
        .exits(0);
    bench
}

fn examine(bench: &Bench, args: &[&str]) -> Outcome {
    bench.run(&[&["doctor", "--json"], args].concat())
}

/// The findings as `severity id`, and that what must hold for each of them holds.
fn findings(outcome: &Outcome) -> Vec<String> {
    let document = outcome.json();
    assert_eq!(document["schema_version"], 1);
    let found = document["findings"].as_array().unwrap();
    let wants_action = found.iter().any(|finding| finding["severity"] != "note");
    assert_eq!(
        (&document["ok"], outcome.status),
        (
            &Value::Bool(!wants_action),
            if wants_action { 7 } else { 0 }
        )
    );
    for finding in found {
        assert!(
            !finding["message"].as_str().unwrap().is_empty()
                && !finding["remedy"].as_str().unwrap().is_empty(),
            "{finding}"
        );
    }
    found
        .iter()
        .map(|finding| {
            format!(
                "{} {}",
                finding["severity"].as_str().unwrap(),
                finding["id"].as_str().unwrap()
            )
        })
        .collect()
}

/// What a deep examination finds after `damage`, and that the file is left as it is.
fn found_after(damage: &str) -> Vec<String> {
    let bench = rich();
    bench.sql(damage);
    let before = fs::read(bench.db()).unwrap();
    let found = findings(&examine(&bench, &["--deep"]));
    assert!(fs::read(bench.db()).unwrap() == before, "{damage}");
    assert_eq!(bench.files(), ["keys.db"], "{damage}");
    found
}

#[test]
fn a_sound_store_has_no_findings() {
    let bench = rich();
    let before = fs::read(bench.db()).unwrap();
    for args in [&[][..], &["--deep"]] {
        let outcome = examine(&bench, args).exits(0);
        assert!(findings(&outcome).is_empty(), "{outcome:?}");
        let store = &outcome.json()["store"];
        assert_eq!(
            (&store["keys"], &store["events"], &store["bytes"]),
            (&4.into(), &7.into(), &before.len().into())
        );
        assert_eq!(
            store["head"],
            bench.run(&["log", "--verify", "--json"]).exits(0).json()["head"]
        );
    }
    let human = bench.run(&["doctor"]).exits(0);
    assert!(
        human.stdout.contains("no findings") && human.stderr.is_empty(),
        "{human:?}"
    );
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn only_a_missing_file_is_a_failure() {
    let bench = Bench::new();
    assert_eq!(examine(&bench, &[]).exits(6).code(), "store_missing");
    symlink("elsewhere", bench.db()).unwrap();
    let outcome = bench.run(&["doctor"]).exits(6);
    assert!(
        outcome.stderr.contains("symbolic link to elsewhere"),
        "{outcome:?}"
    );
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn what_is_no_store_is_a_finding() {
    for content in [&b""[..], b"not a database", &[0x5a; 8192]] {
        let bench = Bench::new();
        fs::write(bench.db(), content).unwrap();
        assert_eq!(findings(&examine(&bench, &[])), ["error not_a_store"]);
    }
    let bench = Bench::new();
    fs::create_dir(bench.db()).unwrap();
    assert_eq!(findings(&examine(&bench, &[])), ["error not_a_store"]);

    let bench = Bench::new();
    bench.sql("CREATE TABLE keys (id TEXT); PRAGMA user_version = 1");
    assert_eq!(
        findings(&examine(&bench, &["--deep"])),
        ["error not_a_store"]
    );
}

#[test]
fn what_others_could_do_is_found_all_at_once() {
    let bench = rich();
    set_mode(&bench.db(), 0o666);
    fs::hard_link(bench.db(), bench.path("other.db")).unwrap();
    set_mode(bench.directory(), 0o777);
    let found = findings(&examine(&bench, &[]));
    assert_eq!(
        found,
        [
            "error file_writable_by_others",
            "error hard_links",
            "error directory_writable_by_others",
            "note file_readable_by_others"
        ]
    );
}

#[test]
fn a_remedy_is_a_remedy() {
    if !tools::are_there(&["chmod", "cp", "mv"]) {
        return;
    }
    let bench = rich();
    set_mode(&bench.db(), 0o622);
    set_mode(bench.directory(), 0o707);
    let document = examine(&bench, &[]).exits(7).json();
    for finding in document["findings"].as_array().unwrap() {
        let remedy = finding["remedy"]
            .as_str()
            .unwrap()
            .split(", or ")
            .next()
            .unwrap();
        assert!(
            std::process::Command::new("sh")
                .args(["-c", remedy])
                .status()
                .unwrap()
                .success(),
            "{remedy}"
        );
    }
    assert!(findings(&examine(&bench, &[])).is_empty());
}

#[test]
fn who_may_only_read_the_store_is_told_so() {
    let bench = rich();
    set_mode(&bench.db(), 0o644);
    assert_eq!(
        findings(&examine(&bench, &["--deep"])),
        ["note file_readable_by_others"]
    );
}

#[test]
fn a_link_in_a_directory_of_everybody_is_found() {
    let (bench, elsewhere) = (rich(), Bench::new());
    symlink(bench.db(), elsewhere.db()).unwrap();
    assert!(findings(&examine(&elsewhere, &[])).is_empty());
    set_mode(elsewhere.directory(), 0o777);
    assert_eq!(findings(&examine(&elsewhere, &[])), ["warning link_unsafe"]);
}

#[test]
fn a_newer_store_is_looked_at_and_left_alone() {
    let bench = rich();
    bench.sql("PRAGMA user_version = 1000");
    let before = fs::read(bench.db()).unwrap();
    let outcome = examine(&bench, &["--deep"]);
    assert_eq!(findings(&outcome), ["error newer_schema"]);
    assert_eq!(outcome.json()["store"]["schema"], 1000);
    assert!(fs::read(bench.db()).unwrap() == before);
}

#[test]
fn damaged_pages_are_found() {
    let bench = rich();
    let sound = fs::read(bench.db()).unwrap();
    let pages = sound.len() / 4096;
    for page in 0..pages {
        let mut bytes = sound.clone();
        bytes[page * 4096 + if page == 0 { 100 } else { 0 }..][..24].fill(0x5a);
        fs::write(bench.db(), &bytes).unwrap();
        let found = findings(&examine(&bench, &["--deep"]));
        assert!(
            found.contains(&"error damaged".into()),
            "page {page}: {found:?}"
        );
        assert!(fs::read(bench.db()).unwrap() == bytes, "page {page}");
    }
    for length in [100, 4096, sound.len() - 4096, sound.len() - 1] {
        fs::write(bench.db(), &sound[..length]).unwrap();
        let found = findings(&examine(&bench, &[]));
        assert!(
            found.contains(&"error damaged".into()),
            "{length}: {found:?}"
        );
    }
}

#[test]
fn what_was_done_behind_the_programs_back_is_found() {
    let unlock = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted;";
    let locked = [
        "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events\nBEGIN SELECT raise(ABORT, 'the audit log is not changed'); END;",
        "CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events\nBEGIN SELECT raise(ABORT, 'the audit log is not shortened'); END;",
    ]
    .concat();
    let forge = |sql: &str| format!("{unlock} {sql}; {locked}");
    let revoked = "(SELECT id FROM keys WHERE name = 'old')";
    for (damage, expected) in [
        // A revoked key lives again.
        (format!("UPDATE keys SET revoked_at = NULL, revocation_reason = NULL WHERE id = {revoked}"), "error key_differs_from_log"),
        ("UPDATE keys SET scopes = 'admin' WHERE name = 'shop'".into(), "error key_differs_from_log"),
        ("UPDATE keys SET allowed_ips = '' WHERE environment = 'test'".into(), "error key_differs_from_log"),
        ("UPDATE keys SET name = 'a  b' WHERE name = 'old'".into(), "error row_unreadable"),
        ("UPDATE keys SET name_folded = 'another' WHERE name = 'old'".into(), "error row_unreadable"),
        ("UPDATE keys SET created_at = -1 WHERE name = 'old'".into(), "error row_unreadable"),
        (forge("UPDATE events SET actor = 'nobody' WHERE seq = 2"), "error chain_broken"),
        (forge("DELETE FROM events WHERE seq = 3"), "error chain_broken"),
        (format!("PRAGMA foreign_keys = OFF; DELETE FROM keys WHERE id = {revoked}"), "error event_without_key"),
        ("UPDATE keys SET environment = 'test' WHERE name = 'shop' AND rotated_from IS NULL".into(), "error rotation_order"),
        ("UPDATE keys SET last_used_at = last_used_at - 1 WHERE last_used_at > 0".into(), "warning last_use_differs"),
        ("UPDATE keys SET last_used_ip = '192.0.2.99' WHERE last_used_ip IS NOT NULL".into(), "warning last_use_differs"),
        ("UPDATE store SET usage_since = usage_since + 9".into(), "warning usage_since"),
        ("UPDATE store SET usage_since = NULL".into(), "warning usage_since"),
        ("DELETE FROM store".into(), "error store_row"),
        ("UPDATE usage SET hour = hour - 3600".into(), "error usage_hour"),
        ("UPDATE usage SET outcome = 'maybe' WHERE outcome <> 'allowed'".into(), "error use_unreadable"),
        ("UPDATE usage SET ip = 'here' WHERE ip <> ''".into(), "error use_unreadable"),
        ("PRAGMA foreign_keys = OFF; UPDATE keys SET rotated_from = 'a000000000' WHERE name = 'old'".into(), "error foreign_keys"),
        ("DROP INDEX keys_by_name".into(), "error schema_differs"),
        (unlock.into(), "error schema_differs"),
        ("ALTER TABLE keys ADD COLUMN extra TEXT".into(), "error schema_differs"),
        (
            "DROP TABLE usage; CREATE VIEW usage AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n".into(),
            "error schema_differs",
        ),
        ("CREATE TABLE mine (a)".into(), "error schema_additions"),
        ("CREATE TRIGGER t AFTER INSERT ON keys BEGIN DELETE FROM usage; END".into(), "error schema_additions"),
    ] {
        let found = found_after(&damage);
        assert!(found.contains(&expected.into()), "{damage}: {found:?}");
    }
}

#[test]
fn two_usable_keys_of_one_name_are_found_and_the_two_of_a_rotation_are_none() {
    let bench = rich();
    bench.create("other");
    bench.sql("UPDATE keys SET name = 'shop', name_folded = 'shop' WHERE name = 'other'");
    let document = examine(&bench, &["--deep"]).exits(7).json();
    let finding = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["id"] == "name_not_unique")
        .unwrap();
    // Each of the two keys of the rotation clashes with the third, and not with the other.
    assert_eq!(
        finding["message"]
            .as_str()
            .unwrap()
            .matches(" and ")
            .count(),
        2,
        "{finding}"
    );
}

#[test]
fn an_index_that_lost_a_row_is_found_by_a_deep_examination() {
    let damage = "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'keys_by_owner'; PRAGMA writable_schema = RESET; \
                  INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at, owner) \
                  VALUES ('a000000000', randomblob(32), 'x', 'x', 'live', 'admin', 1, 'ops')";
    let bench = rich();
    let root: i64 = rusqlite::Connection::open(bench.db())
        .unwrap()
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'keys_by_owner'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    bench.sql(damage);
    bench.sql(&format!(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES \
         ('index', 'keys_by_owner', 'keys', {root}, 'CREATE INDEX keys_by_owner ON keys (owner) WHERE owner IS NOT NULL')"
    ));
    let found = findings(&examine(&bench, &["--deep"]));
    assert!(found.contains(&"error damaged".into()), "{found:?}");
}

#[test]
fn a_clock_behind_the_newest_event_is_found() {
    let bench = Bench::new();
    bench.create("shop");
    let far = 253_402_300_000_i64;
    bench.sql(&format!(
        "DROP TRIGGER events_are_not_changed; UPDATE events SET at = {far}"
    ));
    let found = findings(&examine(&bench, &[]));
    assert!(found.contains(&"error schema_differs".into()), "{found:?}");
    // With the trigger in its place again it is the clock that is told of.
    bench.sql(
        "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events\nBEGIN SELECT raise(ABORT, 'the audit log is not changed'); END",
    );
    let found = findings(&examine(&bench, &[]));
    assert!(found.contains(&"warning clock_behind".into()), "{found:?}");
}

#[test]
fn an_interrupted_write_is_found_and_left_for_the_owner_to_undo() {
    let bench = rich();
    // What a crash leaves: a journal, and a file that was half-written.
    let writer = rusqlite::Connection::open(bench.db()).unwrap();
    writer
        .execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE keys SET note = printf('%200s', 'x'); UPDATE keys SET owner = NULL")
        .unwrap();
    writer
        .execute_batch(
            "UPDATE usage SET count = count + 1; CREATE TABLE t AS SELECT randomblob(90000) AS a",
        )
        .unwrap();
    let crashed = Bench::new();
    fs::copy(
        bench.path("keys.db-journal"),
        crashed.path("keys.db-journal"),
    )
    .unwrap();
    fs::copy(bench.db(), crashed.db()).unwrap();
    drop(writer);
    let before = (
        fs::read(crashed.db()).unwrap(),
        fs::read(crashed.path("keys.db-journal")).unwrap(),
    );
    assert_ne!(
        before.0,
        fs::read(bench.db()).unwrap(),
        "nothing was half-written"
    );
    assert_eq!(
        findings(&examine(&crashed, &["--deep"])),
        ["error interrupted_write"]
    );
    assert!(
        before
            == (
                fs::read(crashed.db()).unwrap(),
                fs::read(crashed.path("keys.db-journal")).unwrap()
            )
    );
    assert_eq!(crashed.keys(), bench.keys());
    assert!(findings(&examine(&crashed, &["--deep"])).is_empty());
}

#[test]
fn another_kind_of_journal_is_a_note_and_nothing_is_left_of_looking() {
    let bench = rich();
    bench.sql("PRAGMA journal_mode = WAL");
    let before = fs::read(bench.db()).unwrap();
    assert_eq!(
        findings(&examine(&bench, &["--deep"])),
        ["note journal_mode"]
    );
    assert_eq!(bench.files(), ["keys.db"]);
    assert!(fs::read(bench.db()).unwrap() == before);
    bench.sql("PRAGMA journal_mode = DELETE");
    fs::write(bench.path("keys.db-wal"), "stray").unwrap();
    assert_eq!(findings(&examine(&bench, &[])), ["error stray_journal"]);
    fs::remove_file(bench.path("keys.db-wal")).unwrap();
    symlink("elsewhere", bench.path("keys.db-journal")).unwrap();
    assert!(findings(&examine(&bench, &[])).contains(&"error foreign_journal".into()));
}

#[test]
fn a_store_in_use_is_examined_as_it_is() {
    let bench = rich();
    let writer = rusqlite::Connection::open(bench.db()).unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; UPDATE store SET usage_since = 0")
        .unwrap();
    assert!(findings(&examine(&bench, &["--deep"])).is_empty());
    writer.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn the_store_of_another_user_is_examined_as_far_as_it_can_be_read() {
    let bench = rich();
    set_mode(bench.directory(), 0o755);
    set_mode(&bench.db(), 0o644);
    let Some(command) = crate::process::owners::as_nobody(&bench, &["doctor", "--deep", "--json"])
    else {
        return;
    };
    let found = findings(&finish(command));
    assert_eq!(found, ["error file_owner", "note file_readable_by_others"]);
    set_mode(&bench.db(), 0o600);
    let found = findings(&finish(
        crate::process::owners::as_nobody(&bench, &["doctor", "--json"]).unwrap(),
    ));
    assert_eq!(found, ["error file_owner", "error unreadable"]);
    set_mode(&bench.db(), 0o644);
    fs::create_dir(bench.path("theirs")).unwrap();
    std::os::unix::fs::chown(bench.path("theirs"), Some(65534), Some(65534)).unwrap();
    let backup = crate::process::owners::as_nobody(&bench, &["backup", "theirs/copy.db"]).unwrap();
    feed(backup, b"").exits(0);
    assert_eq!(
        bench.path("theirs/copy.db").metadata().unwrap().uid(),
        65534
    );
    // To root: what is in a directory of another user than the store's can be replaced by that
    // user.
    let outcome = examine(&bench, &["--db", "theirs/copy.db"]).exits(0);
    assert!(findings(&outcome).is_empty());
    std::os::unix::fs::chown(bench.path("theirs/copy.db"), Some(0), Some(0)).unwrap();
    assert_eq!(
        findings(&examine(&bench, &["--db", "theirs/copy.db"])),
        ["warning directory_of_another_user"]
    );
}

#[test]
fn findings_read_well_on_a_narrow_and_on_an_ordinary_terminal() {
    let bench = rich();
    set_mode(&bench.db(), 0o644);
    bench.sql("DROP INDEX keys_by_name");
    let human = finish(bench.shell("LC_ALL=C.UTF-8 exec \"$@\"", &["doctor"])).exits(7);
    assert!(
        human.stdout.contains("✗ error schema_differs\n  missing, or not as the program made it: index keys_by_name\n  → "),
        "{}",
        human.stdout
    );
    assert!(
        human.stdout.ends_with("✗ 1 finding, 1 note\n"),
        "{}",
        human.stdout
    );
    let plain = finish(bench.shell("LC_ALL=C exec \"$@\"", &["doctor"])).exits(7);
    assert!(plain.stdout.is_ascii());
}
