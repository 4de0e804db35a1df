//! The memory of the process when it ends: no key is left in it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::process::{Bench, PROGRAM, contains, secret};
use crate::support::tools;

/// Whether a process can be held and looked into. That it cannot is no excuse in CI.
pub fn can_trace() -> bool {
    let traced = || {
        Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .output()
            .unwrap()
            .status
            .success()
    };
    let is_root = rustix::process::geteuid().is_root();
    tools::are_there(&["strace", "true"])
        && ((is_root && traced()) || tools::skip("needs root, and leave to trace a process"))
}

/// Runs a command that reads `input` and prints one line or none, and looks at its memory before it
/// ends.
fn at_its_end(bench: &Bench, args: &[&str], input: &str) -> (String, Vec<u8>) {
    let mut strace = Command::new("strace");
    // It is held for longer than anybody needs to look; then it is ended with the process that
    // holds it.
    strace.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=exit_group",
        "-e",
        "inject=exit_group:delay_enter=60000000",
        PROGRAM,
    ]);
    let mut command = bench.prepared(strace, args);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let program = held(&child);
    let memory = memory_of(&program);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (line, memory)
}

/// The id of the process that `strace` has started, once it is about to end.
fn held(strace: &Child) -> String {
    // exit_group, on x86-64 and elsewhere.
    let number = if cfg!(target_arch = "x86_64") {
        "231 "
    } else {
        "94 "
    };
    for _ in 0..3000 {
        thread::sleep(Duration::from_millis(10));
        let children =
            fs::read_to_string(format!("/proc/{0}/task/{0}/children", strace.id())).unwrap();
        let call =
            fs::read_to_string(format!("/proc/{}/syscall", children.trim())).unwrap_or_default();
        if call.starts_with(number) {
            return children.trim().to_owned();
        }
    }
    panic!("it does not come to its end");
}

fn memory_of(process: &str) -> Vec<u8> {
    let mut memory = Vec::new();
    let mut source = File::open(format!("/proc/{process}/mem")).unwrap();
    for line in fs::read_to_string(format!("/proc/{process}/maps"))
        .unwrap()
        .lines()
    {
        let (range, rest) = line.split_once(' ').unwrap();
        let [from, to] = range
            .split('-')
            .map(|address| u64::from_str_radix(address, 16).unwrap())
            .collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        // Only what can be written can hold what was drawn or read.
        if rest.starts_with("rw") {
            source.seek(SeekFrom::Start(from)).unwrap();
            // The kernel does not show all of it, and nothing of the program's is there.
            let _ = (&source).take(to - from).read_to_end(&mut memory);
        }
    }
    memory
}

#[track_caller]
fn is_clean(memory: &[u8], key: &str, args: &[&str]) {
    let secret = secret(key);
    // Registers are saved on the stack while the hash is computed, so fewer characters than this
    // may be left.
    for (at, part) in [&secret[..20], &secret[9..29], &secret[18..]]
        .iter()
        .enumerate()
    {
        assert!(
            !contains(memory, part),
            "part {at} of the key is still in memory after {args:?}"
        );
    }
}

#[test]
fn no_key_is_left_in_memory() {
    if !can_trace() {
        return;
    }
    let bench = Bench::new();
    for args in [
        &[
            "create",
            "a",
            "--preset",
            "read-only",
            "--note",
            "what is remembered",
        ][..],
        &["rotate", "a", "--json"],
    ] {
        let (line, memory) = at_its_end(&bench, args, "");
        let at = line.find("zenflow_live_").unwrap();
        is_clean(&memory, &line[at..at + 62], args);
        assert!(
            contains(&memory, "HOME") || contains(&memory, "ZENFLOW_KEYS_DB"),
            "this is not the memory of the program"
        );
    }
    let key = bench.create("b");
    for args in [
        &["check"][..],
        &["check", "--json", "--record"],
        &["show", "-"],
        &["revoke", "-", "--yes"],
    ] {
        let (_, memory) = at_its_end(&bench, args, &key);
        is_clean(&memory, &key, args);
    }
}
