//! A store that belongs to somebody else. Needs root, to become somebody else.

use std::process::Command;

use crate::support::process::{Bench, PROGRAM, feed, finish, set_mode};
use crate::support::tools;

/// The other user.
pub const NOBODY: u32 = 65534;

/// A command run as another user. `None` if that cannot be done here, which is no excuse in CI.
pub fn as_nobody(bench: &Bench, args: &[&str]) -> Option<Command> {
    let is_root = rustix::process::geteuid().is_root();
    if !(tools::are_there(&["setpriv", "cp"]) && (is_root || tools::skip("needs root"))) {
        return None;
    }
    let program = bench.path("program");
    if !program.exists() {
        // The program may be where nobody else can go. Copied by another process: a file that is
        // open for writing here cannot be run.
        assert!(
            Command::new("cp")
                .arg(PROGRAM)
                .arg(&program)
                .status()
                .unwrap()
                .success()
        );
        set_mode(&program, 0o755);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(program);
    Some(bench.prepared(command, args))
}

fn shared() -> (Bench, String) {
    let (bench, key) = Bench::with_key("shop");
    set_mode(bench.directory(), 0o755);
    set_mode(&bench.db(), 0o644);
    (bench, key)
}

#[test]
fn the_store_of_somebody_else_is_read_with_a_remark() {
    let (bench, key) = shared();
    let Some(list) = as_nobody(&bench, &["list", "--ids"]) else {
        return;
    };
    let outcome = finish(list).exits(0);
    assert!(
        key.contains(outcome.stdout.trim_end()) && !outcome.stdout.is_empty(),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("belongs to another user"),
        "{outcome:?}"
    );
    let check = as_nobody(&bench, &["check", "--scope", "read:orders"]).unwrap();
    feed(check, key.as_bytes()).exits(0);
    finish(as_nobody(&bench, &["log", "--verify", "-q"]).unwrap()).exits(0);
    finish(as_nobody(&bench, &["revoke", "shop", "--dry-run"]).unwrap()).exits(0);
}

#[test]
fn the_store_of_somebody_else_is_not_written() {
    let (bench, key) = shared();
    for args in [
        &["create", "other", "--preset", "read-only", "--json"][..],
        &["rotate", "shop", "--json"],
        &["revoke", "shop", "--yes", "--json"],
        &["update", "shop", "--note", "x", "--json"],
        &["check", "--record", "--json"],
    ] {
        let Some(command) = as_nobody(&bench, args) else {
            return;
        };
        let outcome = feed(command, key.as_bytes()).exits(6);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            ("store_unsafe", ""),
            "{args:?}"
        );
    }
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn a_store_that_must_not_be_read_is_reported() {
    let (bench, _) = shared();
    set_mode(&bench.db(), 0o600);
    let Some(list) = as_nobody(&bench, &["list", "--json"]) else {
        return;
    };
    assert_eq!(finish(list).exits(6).code(), "store_unreadable");
    let create = as_nobody(
        &bench,
        &[
            "create",
            "shop",
            "--preset",
            "read-only",
            "--db",
            "mine.db",
            "--json",
        ],
    )
    .unwrap();
    assert_eq!(finish(create).exits(6).code(), "store_unwritable");
}

#[test]
fn what_a_scan_may_not_read_is_told_and_is_no_success() {
    let (bench, key) = shared();
    for directory in ["tree", "tree/closed"] {
        std::fs::create_dir(bench.path(directory)).unwrap();
        set_mode(&bench.path(directory), 0o755);
    }
    for file in ["tree/closed/a", "tree/closed-file", "tree/open"] {
        std::fs::write(bench.path(file), "harmless").unwrap();
        set_mode(&bench.path(file), 0o644);
    }
    set_mode(&bench.path("tree/closed"), 0o700);
    set_mode(&bench.path("tree/closed-file"), 0o600);
    let Some(scan) = as_nobody(&bench, &["scan", "tree"]) else {
        return;
    };
    let outcome = finish(scan).exits(1);
    for path in ["tree/closed", "tree/closed-file"] {
        let told = format!("could not read {path}: Permission denied");
        assert!(outcome.stderr.contains(&told), "{outcome:?}");
    }
    std::fs::write(bench.path("tree/open"), key).unwrap();
    finish(as_nobody(&bench, &["scan", "tree"]).unwrap()).exits(7);
}
