//! Which files are made, with which permissions, and which are refused as a store.

use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use crate::support::process::{Bench, finish, mode, set_mode};

const CREATE: [&str; 4] = ["create", "shop", "--preset", "read-only"];

/// Every command that needs a store, but `create`.
const OTHERS: [&[&str]; 16] = [
    &["list"],
    &["show", "shop"],
    &["update", "shop", "--note", "x"],
    &["revoke", "shop", "--yes"],
    &["revoke", "shop", "--dry-run"],
    &["disable", "shop"],
    &["enable", "shop"],
    &["rotate", "shop"],
    &["rotate", "shop", "--finish"],
    &["allowlist", "list", "shop"],
    &["allowlist", "add", "shop", "192.0.2.1"],
    &["allowlist", "clear", "shop", "--yes"],
    &["check"],
    &["check", "--record"],
    &["log"],
    &["log", "--verify"],
];

/// Reading and writing are refused with this code, and the file is left as it was.
#[track_caller]
fn is_refused(bench: &Bench, code: &str) {
    let before = bench.db().is_file().then(|| fs::read(bench.db()).unwrap());
    for args in [
        &["list", "--json"][..],
        &["log", "--verify", "--json"],
        &[&CREATE[..], &["--json"]].concat(),
    ] {
        let outcome = bench.run(args).exits(6);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            (code, ""),
            "{args:?}"
        );
    }
    assert_eq!(
        bench.db().is_file().then(|| fs::read(bench.db()).unwrap()),
        before
    );
}

#[test]
fn the_default_store_is_private_and_its_parents_are_made() {
    for umask in ["0", "022", "777"] {
        let bench = Bench::new();
        let data = bench.path("some/data");
        let mut command = bench.shell(&format!("umask {umask}; exec \"$@\""), &CREATE);
        command
            .env_remove("ZENFLOW_KEYS_DB")
            .env("XDG_DATA_HOME", &data);
        finish(command).exits(0);
        assert_eq!(mode(&data.join("zenflow-keys")), 0o700, "umask {umask}");
        assert_eq!(
            mode(&data.join("zenflow-keys/keys.db")),
            0o600,
            "umask {umask}"
        );
    }
}

#[test]
fn the_default_store_is_below_home_when_there_is_no_usable_data_directory() {
    for data in [None, Some(""), Some("relative")] {
        let bench = Bench::new();
        let mut command = bench.command(&CREATE);
        command
            .env_remove("ZENFLOW_KEYS_DB")
            .env("HOME", bench.directory());
        if let Some(data) = data {
            command.env("XDG_DATA_HOME", data);
        }
        finish(command).exits(0);
        assert_eq!(
            mode(&bench.path(".local/share/zenflow-keys/keys.db")),
            0o600,
            "{data:?}"
        );
    }
}

#[test]
fn without_a_home_or_with_an_empty_path_it_is_wrong_usage() {
    let bench = Bench::new();
    let mut command = bench.command(&CREATE);
    command.env_remove("ZENFLOW_KEYS_DB");
    finish(command).exits(2);
    bench.run(&["list", "--db", ""]).exits(2);
    bench.run(&[&CREATE[..], &["--db", ""]].concat()).exits(2);
    assert!(bench.files().is_empty());
}

#[test]
fn a_store_that_was_named_is_private_and_no_parents_are_made_for_it() {
    let bench = Bench::new();
    finish(bench.shell("umask 0; exec \"$@\"", &CREATE)).exits(0);
    assert_eq!(mode(&bench.db()), 0o600);
    assert_eq!(bench.files(), ["keys.db"]);
    bench
        .run(&[&CREATE[..], &["--db", "missing/keys.db"]].concat())
        .exits(6);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn only_create_makes_a_store() {
    let bench = Bench::new();
    for args in OTHERS {
        let outcome = bench.feed(&[args, &["--json"]].concat(), b"zenflow_live_x");
        assert_eq!(outcome.code(), "store_missing", "{args:?}");
        outcome.exits(6);
    }
    assert!(bench.files().is_empty());
}

#[test]
fn the_catalogue_needs_no_store_not_even_a_good_one() {
    let bench = Bench::new();
    fs::create_dir(bench.db()).unwrap();
    for args in [
        &["scopes"][..],
        &["presets"],
        &["completions", "bash"],
        &["--help"],
        &["create", "--help"],
    ] {
        bench.run(args).exits(0);
    }
}

#[test]
fn a_wrong_create_makes_no_store() {
    let bench = Bench::new();
    bench
        .run(&["create", "shop", "--scope", "read:order"])
        .exits(2);
    bench
        .run(&[
            "create",
            "shop",
            "--preset",
            "read-only",
            "--expires",
            "2001-01-01",
        ])
        .exits(2);
    fs::write(bench.path("there"), "").unwrap();
    bench
        .run(&[&CREATE[..], &["--out", "there"]].concat())
        .exits(1);
    assert_eq!(bench.files(), ["there"]);
}

#[test]
fn a_file_for_the_key_that_would_be_the_store_makes_no_store() {
    let bench = Bench::new();
    bench
        .run(&[&CREATE[..], &["--out", "keys.db"]].concat())
        .exits(1);
    assert!(bench.files().is_empty());
}

#[test]
fn the_file_for_a_key_is_private_and_never_an_existing_one() {
    let bench = Bench::new();
    let outcome = finish(bench.shell(
        "umask 0; exec \"$@\"",
        &[&CREATE[..], &["--out", "key"]].concat(),
    ))
    .exits(0);
    assert_eq!(outcome.stdout, "");
    assert_eq!(mode(&bench.path("key")), 0o600);
    let key = fs::read(bench.path("key")).unwrap();
    bench.feed(&["check"], &key).exits(0);
    symlink("nowhere", bench.path("link")).unwrap();
    for taken in ["key", "link", "."] {
        bench
            .run(&["create", "other", "--preset", "read-only", "--out", taken])
            .exits(1);
        bench.run(&["rotate", "shop", "--out", taken]).exits(1);
    }
    assert_eq!(fs::read(bench.path("key")).unwrap(), key);
    assert_eq!(bench.files(), ["key", "keys.db", "link"]);
    assert_eq!(bench.actions(), ["create"]);
    bench.run(&["rotate", "shop", "--out", "new"]).exits(0);
    assert_eq!(mode(&bench.path("new")), 0o600);
}

#[test]
fn names_that_sqlite_would_interpret_are_ordinary_file_names() {
    for name in [
        &b":memory:"[..],
        b"file:x?mode=memory",
        b"file:x",
        b"keys\xff.db",
        b"a b'c",
    ] {
        let (bench, name) = (Bench::new(), OsStr::from_bytes(name));
        for args in [&CREATE[..], &["list"]] {
            let mut command = bench.command(args);
            command.arg("--db").arg(name);
            assert_ne!(finish(command).exits(0).stdout, "");
        }
        assert_eq!(
            fs::read_dir(bench.directory()).unwrap().count(),
            1,
            "{name:?}"
        );
        assert_eq!(mode(&bench.path(name)), 0o600);
    }
}

#[test]
fn a_file_that_is_not_a_store_is_left_alone() {
    let noise: Vec<u8> = (0..8192_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let text = "not a database\n".repeat(100).into_bytes();
    for content in [&b""[..], &noise, &text, b"SQLite format 3\0"] {
        let bench = Bench::new();
        fs::write(bench.db(), content).unwrap();
        set_mode(&bench.db(), 0o600);
        is_refused(&bench, "store_foreign");
    }
}

#[test]
fn what_is_not_a_file_is_refused_and_not_waited_for() {
    let bench = Bench::new();
    fs::create_dir(bench.db()).unwrap();
    is_refused(&bench, "store_foreign");

    let bench = Bench::new();
    mknodat(CWD, bench.db(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    is_refused(&bench, "store_foreign");

    for device in ["/dev/zero", "/dev/null", "/dev/full"] {
        let bench = Bench::new();
        symlink(device, bench.db()).unwrap();
        is_refused(&bench, "store_foreign");
    }
}

#[test]
fn a_link_that_leads_nowhere_or_in_a_circle_is_refused() {
    let bench = Bench::new();
    symlink("elsewhere", bench.db()).unwrap();
    bench.run(&["list"]).exits(6);
    bench.run(&CREATE).exits(6);
    assert_eq!(bench.files(), ["keys.db"]);

    let bench = Bench::new();
    symlink("keys.db", bench.db()).unwrap();
    bench.run(&["list"]).exits(6);
    bench.run(&CREATE).exits(6);
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let bench = Bench::new();
    let theirs = rusqlite::Connection::open(bench.db()).unwrap();
    theirs.execute_batch("CREATE TABLE keys (id TEXT); INSERT INTO keys VALUES ('theirs'); PRAGMA user_version = 1").unwrap();
    drop(theirs);
    set_mode(&bench.db(), 0o600);
    is_refused(&bench, "store_foreign");
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let (bench, _) = Bench::with_key("shop");
    let newer = rusqlite::Connection::open(bench.db()).unwrap();
    newer.pragma_update(None, "user_version", 1000).unwrap();
    drop(newer);
    is_refused(&bench, "store_newer");
}

#[test]
fn a_damaged_store_is_reported_and_nothing_is_printed() {
    let (bench, _) = Bench::with_key("shop");
    let mut bytes = fs::read(bench.db()).unwrap();
    bytes[100..].fill(0x5a);
    fs::write(bench.db(), bytes).unwrap();
    is_refused(&bench, "store_damaged");
}

#[test]
fn a_store_that_others_can_change_is_refused() {
    for mode in [0o620, 0o602, 0o666] {
        let (bench, _) = Bench::with_key("shop");
        set_mode(&bench.db(), mode);
        is_refused(&bench, "store_unsafe");
    }
    let (bench, _) = Bench::with_key("shop");
    fs::hard_link(bench.db(), bench.path("other.db")).unwrap();
    is_refused(&bench, "store_unsafe");
    fs::remove_file(bench.path("other.db")).unwrap();
    bench.run(&["list"]).exits(0);
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    for mode in [0o1777, 0o777, 0o720, 0o702] {
        let (bench, _) = Bench::with_key("shop");
        set_mode(bench.directory(), mode);
        is_refused(&bench, "store_unsafe");

        let bench = Bench::new();
        set_mode(bench.directory(), mode);
        assert_eq!(
            bench
                .run(&[&CREATE[..], &["--json"]].concat())
                .exits(6)
                .code(),
            "store_unsafe"
        );
        assert!(bench.files().is_empty());
    }
}

#[test]
fn a_link_to_a_store_is_judged_by_where_it_leads() {
    let (bench, _) = Bench::with_key("shop");
    let elsewhere = Bench::new();
    symlink(bench.db(), elsewhere.db()).unwrap();
    assert_eq!(elsewhere.keys().len(), 1);
    set_mode(bench.directory(), 0o777);
    elsewhere.run(&["list"]).exits(6);
}
