//! A session of all commands: the keys that it shows are nowhere but where they were shown.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::memory::can_trace;
use crate::support::process::{Bench, Outcome, PROGRAM, contains, end, feed, secret};
use crate::support::tools;

/// The commands that make a key.
pub const MAKING: [&[&str]; 7] = [
    &["create", "a", "--preset", "read-only"],
    &["create", "b", "--preset", "full-access", "--json"],
    &[
        "create",
        "c",
        "--scope",
        "read:orders",
        "--env",
        "test",
        "--owner",
        "o",
        "--note",
        "n",
        "--expires",
        "90d",
    ],
    &["create", "d", "--preset", "erp-sync", "--out", OUT[0]],
    &["rotate", "a"],
    &["rotate", "b", "--overlap", "0", "--yes", "--json"],
    &["rotate", "c", "--out", OUT[1], "--json"],
];

/// The files that they write keys to.
pub const OUT: [&str; 2] = ["out", "out2"];

/// Commands that are given a key on standard input, whether they read it or not.
pub const PRESENTING: [&[&str]; 15] = [
    &["check", "--record", "--scope", "admin", "--ip", "192.0.2.1"],
    &["check", "--json", "--request", "GET /orders"],
    &["show", "-"],
    &["show", "-", "--json"],
    &["disable", "-"],
    &["enable", "-", "--json"],
    &["log", "-"],
    &["update", "-", "--note", "x"],
    &["allowlist", "add", "-", "192.0.2.0/24"],
    &["revoke", "-", "--dry-run"],
    &["revoke", "-"],
    &["rotate", "-", "--finish"],
    &["create", "a", "--preset", "read-only"],
    &["list", "--db", "missing"],
    &["revoke", "-", "--yes"],
];

/// The commands that show all keys and all events.
pub const LISTING: [&[&str]; 6] = [
    &["list", "--all"],
    &["list", "--all", "--json"],
    &["list", "--all", "--format", "csv"],
    &["log"],
    &["log", "--json"],
    &["log", "--verify"],
];

/// Every file below a directory, with its content.
fn all_files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    files
}

/// What one command said, and what its process was started with, opened and wrote.
struct Said {
    args: String,
    outcome: Outcome,
    calls: String,
}

fn run(bench: &Bench, args: &[&str], input: &str) -> Said {
    let log = bench.path("calls");
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-v",
        "-s",
        "100000",
        "-e",
        "trace=?execve,?open,?openat,?creat,?write,?pwrite64,?writev,?sendto,?sendmsg",
    ]);
    strace.arg("-o").arg(&log).arg(PROGRAM);
    let mut command = bench.prepared(strace, args);
    command.env("HOME", bench.path("home"));
    let outcome = feed(command, input.as_bytes());
    let calls = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    fs::remove_file(log).unwrap();
    Said {
        args: args.join(" "),
        outcome,
        calls,
    }
}

/// The keys in a text.
pub fn keys_in(text: &str) -> Vec<String> {
    let starts = text.match_indices("zenflow_").map(|(at, _)| at);
    let key = |at: usize| {
        text.get(at..at + 62).filter(|key| {
            key.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    };
    starts.filter_map(key).map(str::to_owned).collect()
}

#[test]
fn the_keys_of_a_session_are_only_where_they_were_shown() {
    if !can_trace() {
        return;
    }
    let bench = Bench::new();
    fs::create_dir(bench.path("home")).unwrap();
    let mut session = Vec::new();
    let mut shown = Vec::new();
    for args in MAKING {
        let said = run(&bench, args, "");
        assert_eq!(said.outcome.status, 0, "{:?}", said.outcome);
        let keys = keys_in(&said.outcome.stdout);
        assert_eq!(
            keys.len(),
            usize::from(!args.contains(&"--out")),
            "{:?}",
            said.outcome
        );
        // Shown once: in one write to standard output, or one to the file.
        let written = said
            .calls
            .lines()
            .filter(|line| keys.iter().any(|key| line.contains(secret(key))));
        assert!(
            written
                .map(|line| line.contains("write(1, "))
                .eq(keys.iter().map(|_| true)),
            "{}",
            said.calls
        );
        shown.extend(keys);
        session.push(Said {
            outcome: Outcome {
                stdout: String::new(),
                ..said.outcome
            },
            calls: String::new(),
            ..said
        });
    }
    for out in OUT {
        shown.extend(keys_in(&fs::read_to_string(bench.path(out)).unwrap()));
        fs::rename(bench.path(out), bench.path("home").join(out)).unwrap();
    }
    assert_eq!(shown.len(), MAKING.len());
    for key in &shown {
        for args in PRESENTING {
            session.push(run(&bench, args, key));
        }
        // Almost the key: an error that repeats what was presented would repeat a secret.
        session.push(run(&bench, &["check"], &key[..61]));
        session.push(run(&bench, &["show", "-"], &format!("{key}{key}")));
        let mut by_variable = bench.command(&["check", "--key-env", "KEY", "--json"]);
        by_variable.env("KEY", key);
        session.push(Said {
            args: "check --key-env".into(),
            outcome: feed(by_variable, b""),
            calls: String::new(),
        });
    }
    let others = [
        &["show", "a"][..],
        &["revoke", "d", "--yes", "--reason", "leaked"],
        &["nonsense"],
    ];
    for args in LISTING.iter().chain(&others) {
        session.push(run(&bench, args, ""));
    }
    fs::remove_file(bench.path("home/out")).unwrap();
    fs::remove_file(bench.path("home/out2")).unwrap();
    let files = all_files(bench.directory());
    assert_eq!(
        files.len(),
        1,
        "{:?}",
        files.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    for secret in shown.iter().map(|key| secret(key)) {
        for part in [secret, &secret[..16], &secret[16..32]] {
            for Said {
                args,
                outcome,
                calls,
            } in &session
            {
                assert!(
                    !outcome.stdout.contains(part)
                        && !outcome.stderr.contains(part)
                        && !calls.contains(part),
                    "{args}"
                );
            }
            assert!(
                files.iter().all(|(_, content)| !contains(content, part)),
                "in a file"
            );
        }
    }
}

#[test]
fn a_key_that_was_made_in_a_dialogue_is_shown_once() {
    if !tools::are_there(&["script"]) {
        return;
    }
    let bench = Bench::new();
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-c", &format!("{PROGRAM} create"), "/dev/null"]);
    let mut command = bench.prepared(script, &[]);
    command.env("TERM", "xterm");
    // The name; the first of the presets; no end; no allowlist; yes.
    let output = end(command, b"dialogue\r\r\r\ry");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let keys = keys_in(&said);
    assert_eq!(keys.len(), 1, "{said}");
    bench.feed(&["check"], keys[0].as_bytes()).exits(0);
    assert!(
        all_files(bench.directory())
            .iter()
            .all(|(_, content)| !contains(content, &secret(&keys[0])[..16]))
    );
}

/// Standard error is a pipe that is full, so the process still runs when the key is known; then it
/// crashes.
#[test]
fn a_crash_leaves_no_core_dump() {
    let bench = Bench::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[b' '; 4096]).map_err(|e| e.kind()) != Err(ErrorKind::WouldBlock) {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    let mut create = bench.shell(
        "ulimit -c unlimited; exec \"$@\"",
        &["create", "shop", "--preset", "read-only"],
    );
    let mut child = create.stderr(Stdio::from(writer)).spawn().unwrap();
    drop(create);
    let mut key = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut key)
        .unwrap();
    let process = Path::new("/proc").join(child.id().to_string());
    let environ = fs::read(process.join("environ")).unwrap_or_default();
    assert!(!contains(&environ, secret(key.trim_end())));
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    assert!(
        limits
            .lines()
            .any(|line| line.starts_with("Max core file size        0                    0")),
        "{limits}"
    );
    // Nobody but root can look into it: others' programs of the same user cannot.
    assert!(rustix::process::geteuid().is_root() || File::open(process.join("mem")).is_err());
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    drop(reader);
    let files = all_files(bench.directory());
    assert!(
        files.iter().all(|(name, content)| name.contains("keys.db")
            && !contains(content, &secret(key.trim_end())[..16])),
        "{files:?}"
    );
}
