//! The directories above a store: who could put another one in its place.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

use crate::process::owners::{NOBODY, as_nobody};
use crate::support::process::{Bench, finish, set_mode};

const CREATE: [&str; 4] = ["create", "shop", "--preset", "read-only"];

/// A command on a store three directories down.
fn below(bench: &Bench, mut command: Command) -> Command {
    command.env("ZENFLOW_KEYS_DB", bench.path("above/between/own/keys.db"));
    command
}

fn deep() -> Bench {
    let bench = Bench::new();
    for directory in ["above", "above/between", "above/between/own"] {
        fs::create_dir(bench.path(directory)).unwrap();
        set_mode(&bench.path(directory), 0o755);
    }
    set_mode(bench.directory(), 0o755);
    bench
}

#[test]
fn a_directory_above_that_others_can_write_is_refused() {
    for (directory, bits) in [("above", 0o777), ("above/between", 0o757), ("above", 0o702)] {
        let bench = deep();
        set_mode(&bench.path(directory), bits);
        let create = [&CREATE[..], &["--json"]].concat();
        let made = finish(below(&bench, bench.command(&create))).exits(6);
        assert_eq!(made.code(), "store_unsafe");
        assert_eq!(
            fs::read_dir(bench.path("above/between/own"))
                .unwrap()
                .count(),
            0
        );

        set_mode(&bench.path(directory), 0o755);
        finish(below(&bench, bench.command(&CREATE))).exits(0);
        set_mode(&bench.path(directory), bits);
        for args in [
            &["list", "--json"][..],
            &["revoke", "shop", "--yes", "--json"],
        ] {
            let outcome = finish(below(&bench, bench.command(args))).exits(6);
            assert_eq!(outcome.code(), "store_unsafe");
            assert!(outcome.stderr.contains(directory), "{outcome:?}");
        }
        let doctor = finish(below(&bench, bench.command(&["doctor", "--json"]))).exits(7);
        assert_eq!(
            doctor.json()["findings"][0]["id"],
            "directory_writable_by_others"
        );
        // Where it really is counts.
        symlink(
            bench.path("above/between/own/keys.db"),
            bench.path("link.db"),
        )
        .unwrap();
        bench.run(&["list", "--db", "link.db"]).exits(6);
        set_mode(&bench.path(directory), 0o755);
        finish(below(&bench, bench.command(&["list"]))).exits(0);
    }
}

#[test]
fn no_directory_is_made_for_the_default_store_where_others_could_replace_it() {
    let bench = Bench::new();
    fs::create_dir(bench.path("data")).unwrap();
    fs::create_dir(bench.path("data/mine")).unwrap();
    set_mode(&bench.path("data"), 0o777);
    let mut create = bench.command(&CREATE);
    create
        .env_remove("ZENFLOW_KEYS_DB")
        .env("XDG_DATA_HOME", bench.path("data/mine"));
    finish(create).exits(6);
    assert_eq!(fs::read_dir(bench.path("data/mine")).unwrap().count(), 0);
}

#[test]
fn a_sticky_directory_above_will_do() {
    let bench = deep();
    set_mode(&bench.path("above"), 0o1777);
    finish(below(&bench, bench.command(&CREATE))).exits(0);
    finish(below(&bench, bench.command(&["list"]))).exits(0);
    finish(below(&bench, bench.command(&["doctor"]))).exits(0);
}

#[test]
fn a_group_that_is_the_owners_own_may_write_above() {
    let bench = deep();
    // Root's.
    set_mode(&bench.path("above"), 0o775);
    if rustix::process::geteuid().is_root() {
        finish(below(&bench, bench.command(&CREATE))).exits(0);
        chown(bench.path("above"), Some(0), Some(54_321)).unwrap();
        finish(below(&bench, bench.command(&["list"]))).exits(6);
    }
}

#[test]
fn a_directory_above_that_is_somebody_elses_is_refused() {
    let bench = deep();
    let own = bench.path("above/between/own");
    let Some(create) = as_nobody(&bench, &CREATE) else {
        return;
    };
    chown(&own, Some(NOBODY), Some(NOBODY)).unwrap();
    finish(below(&bench, create)).exits(0);
    let list = || below(&bench, as_nobody(&bench, &["list", "--json"]).unwrap());
    finish(list()).exits(0);
    // Not even where it is sticky.
    for bits in [0o755, 0o1777] {
        chown(bench.path("above/between"), Some(1234), None).unwrap();
        set_mode(&bench.path("above/between"), bits);
        assert_eq!(finish(list()).exits(6).code(), "store_unsafe");
        let doctor = below(&bench, as_nobody(&bench, &["doctor", "--json"]).unwrap());
        let found = finish(doctor).exits(7).json();
        assert_eq!(found["findings"][0]["id"], "directory_owner");
    }
    // To root anybody's will do, and it is told.
    finish(below(&bench, bench.command(&["list"]))).exits(0);
    let found = finish(below(&bench, bench.command(&["doctor", "--json"])))
        .exits(7)
        .json();
    assert_eq!(
        found["findings"].as_array().unwrap().last().unwrap()["id"],
        "directory_of_another_user"
    );
}

#[test]
fn root_is_told_whose_store_it_adds_a_key_to() {
    let bench = Bench::new();
    let Some(create) = as_nobody(&bench, &CREATE) else {
        return;
    };
    chown(bench.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
    let remark = "belongs to another user";
    assert!(!finish(create).exits(0).stderr.contains(remark));
    let other = ["create", "other", "--preset", "read-only"];
    assert!(bench.run(&other).exits(0).stderr.contains(remark));
}
