//! Streams that are closed, full, or read by nobody: a key that nobody sees is not made.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::process::{Bench, feed, finish};
use crate::support::tools;

const CREATE: [&str; 4] = ["create", "shop", "--preset", "read-only"];

/// With a standard output whose reader has gone.
fn unread(mut command: Command) -> Command {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer);
    command
}

fn full() -> Stdio {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

#[test]
fn a_key_is_not_made_for_an_output_that_is_closed_or_null() {
    for redirection in [">&-", ">/dev/null", ">/dev/null 2>&1", ">&- 2>&- <&-"] {
        let script = format!("exec \"$@\" {redirection}");
        let bench = Bench::new();
        finish(bench.shell(&script, &CREATE)).exits(2);
        finish(bench.shell(&script, &[&CREATE[..], &["--if-absent"]].concat())).exits(2);
        assert!(bench.files().is_empty(), "{redirection}");
        bench.create("shop");
        finish(bench.shell(&script, &["create", "other", "--preset", "read-only"])).exits(2);
        finish(bench.shell(&script, &["rotate", "shop"])).exits(2);
        assert_eq!(bench.actions(), ["create"], "{redirection}");
    }
}

#[test]
fn an_output_that_is_closed_or_null_does_no_harm_where_no_key_is_printed() {
    for redirection in [">&-", ">/dev/null"] {
        let script = format!("exec \"$@\" {redirection}");
        let bench = Bench::new();
        finish(bench.shell(&script, &[&CREATE[..], &["--out", "key"]].concat())).exits(0);
        finish(bench.shell(&script, &[&CREATE[..], &["--if-absent"]].concat())).exits(0);
        finish(bench.shell(&script, &["list"])).exits(0);
        finish(bench.shell(&script, &["revoke", "shop", "--yes"])).exits(0);
        assert_eq!(bench.keys()[0]["status"], "revoked");
    }
}

#[test]
fn a_key_that_could_not_be_written_is_not_made() {
    let bench = Bench::new();
    for json in [&[][..], &["--json"]] {
        let mut create = bench.command(&[&CREATE[..], json].concat());
        create.stdout(full());
        finish(create).exits(1);
        finish(unread(bench.command(&[&CREATE[..], json].concat()))).exits(1);
    }
    assert!(bench.keys().is_empty() && bench.actions().is_empty());
    bench.create("shop");
    let mut rotate = bench.command(&["rotate", "shop"]);
    rotate.stdout(full());
    finish(rotate).exits(1);
    finish(unread(bench.command(&["rotate", "shop"]))).exits(1);
    assert_eq!(bench.actions(), ["create"]);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_elsewhere() {
    let (bench, key) = Bench::with_key("shop");
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--format", "csv"],
        &["list", "--format", "jsonl"],
        &["show", "shop"],
        &["log"],
        &["log", "--verify"],
        &["scopes"],
        &["presets"],
        &["--help"],
        &["completions", "zsh"],
        &["update", "shop", "--note", "x"],
    ] {
        let outcome = finish(unread(bench.command(args)));
        assert_eq!(
            (outcome.status, outcome.stderr.contains("error")),
            (0, false),
            "{args:?}: {outcome:?}"
        );
    }
    let outcome = feed(
        unread(bench.command(&["check", "--scope", "admin"])),
        key.as_bytes(),
    );
    assert_eq!(outcome.status, 20, "{outcome:?}");
    if !tools::are_there(&["head"]) {
        return;
    }
    // More than a pipe holds, so the program is still writing when `head` has gone.
    let more = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
        INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
        SELECT printf('a%09d', n), randomblob(32), 'n' || n, 'n' || n, environment, scopes, created_at FROM keys, n";
    rusqlite::Connection::open(bench.db())
        .unwrap()
        .execute_batch(more)
        .unwrap();
    let outcome = finish(bench.shell(
        "{ \"$@\"; echo $? >&3; } 3>&2 | head -n 1 >/dev/null",
        &["list", "--format", "jsonl"],
    ));
    assert_eq!(outcome.stderr, "0\n");
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let (bench, _) = Bench::with_key("shop");
    for args in [
        &["list"][..],
        &["log", "--json"],
        &["scopes"],
        &["--help"],
        &["completions", "bash"],
    ] {
        let mut command = bench.command(args);
        command.stdout(full());
        let outcome = finish(command);
        assert_eq!(
            (outcome.status, outcome.stderr.is_empty()),
            (1, false),
            "{args:?}: {outcome:?}"
        );
    }
}

#[test]
fn remarks_that_cannot_be_written_change_nothing() {
    for redirection in ["2>&-", "2>/dev/full"] {
        let bench = Bench::new();
        let outcome = finish(bench.shell(&format!("exec \"$@\" {redirection}"), &CREATE)).exits(0);
        assert_eq!(outcome.stdout.trim_end().len(), 62);
        assert_eq!(bench.keys().len(), 1);
        finish(bench.shell(&format!("exec \"$@\" {redirection}"), &["show", "nobody"])).exits(3);
    }
}

#[test]
fn a_key_can_be_captured_alone() {
    let bench = Bench::new();
    let outcome = finish(bench.shell(
        "KEY=$(\"$@\" 2>&3) 3>/dev/null; printf %s \"$KEY\"",
        &CREATE,
    ))
    .exits(0);
    assert_eq!(outcome.stdout.len(), 62);
    bench.feed(&["check"], outcome.stdout.as_bytes()).exits(0);
}

/// Standard output is a pipe that is full, so the process is ended while it hands the key over.
#[test]
#[cfg(target_os = "linux")]
fn a_process_that_is_ended_while_it_prints_leaves_no_key() {
    for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
        let bench = Bench::new();
        let (reader, mut writer) = std::io::pipe().unwrap();
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        while writer.write(&[b' '; 4096]).map_err(|e| e.kind()) != Err(ErrorKind::WouldBlock) {}
        fcntl_setfl(&writer, OFlags::empty()).unwrap();
        let mut create = bench.command(&CREATE);
        let mut child = create.stdout(writer).spawn().unwrap();
        // SQLite makes its journal with the first change of a transaction.
        while !bench.path("keys.db-journal").exists() {
            assert_eq!(child.try_wait().unwrap(), None);
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        drop(reader);
        assert!(bench.keys().is_empty() && bench.actions().is_empty());
        bench.create("shop");
        assert_eq!(bench.files(), ["keys.db"]);
        bench.run(&["log", "--verify"]).exits(0);
    }
}

#[test]
fn a_change_that_cannot_be_reported_is_not_called_undone() {
    let (bench, key) = Bench::with_key("shop");
    let line = "192.0.2.2 - - [01/Nov/2024:12:00:00 +0000] \"GET /api/v1/orders HTTP/1.1\" 200 5 \"-\" \"-\"";
    let id = bench.run(&["list", "--ids"]).exits(0).stdout;
    fs::write(bench.path("access.log"), format!("{line} {id}")).unwrap();
    for args in [
        &["usage", "import", "access.log", "--json"][..],
        &["update", "shop", "--add-scope", "write:orders", "--json"],
        &[
            "review",
            "--accept",
            "no-allowlist",
            "shop",
            "--until",
            "90d",
            "--reason",
            "x",
            "--json",
        ],
        &["review", "--reopen", "no-allowlist", "shop", "--json"],
        &["update", "shop", "--note", "x", "--json"],
        &["allowlist", "add", "shop", "192.0.2.1", "--json"],
        &["check", "--record", "--ip", "192.0.2.1"],
        &[
            "create",
            "other",
            "--preset",
            "read-only",
            "--out",
            "key",
            "--json",
        ],
        &["disable", "shop", "--json"],
        &["enable", "shop", "--json"],
        &["revoke", "other", "--yes", "--json"],
        &["prune", "--older-than", "0", "--yes", "--json"],
    ] {
        let before = (bench.keys(), bench.actions());
        let mut command = bench.command(args);
        command.stdout(full());
        let outcome = feed(command, key.as_bytes()).exits(1);
        assert!(
            outcome.stderr.contains("the change was saved, but"),
            "{args:?}: {outcome:?}"
        );
        assert_ne!(before, (bench.keys(), bench.actions()), "{args:?}");
    }
    // What changes nothing was not done.
    for args in [
        &["update", "shop", "--note", "x", "--json"][..],
        &["enable", "shop", "--json"],
        &["disable", "shop", "--dry-run", "--json"],
    ] {
        let mut command = bench.command(args);
        command.stdout(full());
        let outcome = finish(command).exits(1);
        assert!(
            !outcome.stderr.contains("the change was saved"),
            "{args:?}: {outcome:?}"
        );
    }
}

/// What `create` does whose standard output takes nothing: it lets go of the store.
#[track_caller]
fn creates_nothing(bench: &Bench, stdout: impl Into<Stdio>) {
    let mut create = bench.command(&[&CREATE[..], &["--json"]].concat());
    create.stdout(stdout);
    let outcome = finish(create).exits(1);
    assert_eq!(outcome.code(), "delivery_failed");
    bench.create("another");
    assert_eq!(bench.actions(), ["create"]);
}

#[test]
fn a_key_is_not_made_for_a_pipe_that_nobody_reads() {
    let bench = Bench::new();
    let (_reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[0; 512]).is_ok() {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    creates_nothing(&bench, writer);
}

#[test]
fn a_key_is_not_made_for_a_terminal_that_was_stopped() {
    let bench = Bench::new();
    let mut keyboard = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap();
    let line = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(name.to_str().unwrap())
        .unwrap();
    // Ctrl-S.
    keyboard.write_all(b"\x13").unwrap();
    creates_nothing(&bench, line);
}
