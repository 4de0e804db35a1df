//! Imports that are killed, that race, and that read a pipe.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::process::{Bench, id, wait};
use crate::support::tools;

/// Lines of one key from as many addresses, each of which is a row of the store.
fn log(key: &str, lines: u32) -> String {
    let line = |n: u32| {
        let (a, b, c) = (n >> 16, n >> 8 & 255, n & 255);
        format!(
            "10.{a}.{b}.{c} - - [01/Nov/2025:07:00:00 +0000] \"GET /orders HTTP/1.1\" 200 2 \"-\" \"-\" {}\n",
            id(key)
        )
    };
    (0..lines).map(line).collect()
}

impl Bench {
    /// How many uses are recorded.
    fn uses(&self) -> i64 {
        let conn = Connection::open(self.db()).unwrap();
        conn.busy_timeout(Duration::from_secs(20)).unwrap();
        conn.query_row("SELECT coalesce(sum(count), 0) FROM usage", [], |row| {
            row.get(0)
        })
        .unwrap()
    }
}

#[test]
fn an_import_that_is_killed_half_way_and_run_again_counts_each_line_once() {
    let (bench, key) = Bench::with_key("shop");
    let text = log(&key, 130_000);
    fs::write(bench.path("access.log"), &text).unwrap();
    // A stream that stays open: what is stored by now is a part of the log.
    let mut child = bench
        .command(&["usage", "import", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    while bench.uses() == 0 {
        assert_eq!(child.try_wait().unwrap(), None);
        thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    let stored = bench.uses();
    assert!(stored < 130_000, "{stored}");
    for milliseconds in [20, 60, 150, 400] {
        let child = bench
            .command(&["usage", "import", "access.log"])
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        // It may have come to its end.
        let _ = kill_process(Pid::from_child(&child), Signal::KILL);
        let _ = child.wait_with_output().unwrap();
    }
    bench.run(&["usage", "import", "access.log"]).exits(0);
    assert_eq!(bench.uses(), 130_000);
    bench.run(&["log", "--verify"]).exits(0);
}

#[test]
fn a_log_that_several_processes_import_at_once_is_counted_once() {
    let (bench, key) = Bench::with_key("shop");
    fs::write(bench.path("access.log"), log(&key, 5_000)).unwrap();
    let all: Vec<_> = (0..6)
        .map(|_| {
            bench
                .command(&["usage", "import", "access.log"])
                .spawn()
                .unwrap()
        })
        .collect();
    for child in all {
        wait(child).exits(0);
    }
    assert_eq!(bench.uses(), 5_000);
}

#[test]
fn a_named_pipe_is_read_as_a_stream() {
    if !tools::are_there(&["mkfifo", "gzip", "rm"]) {
        return;
    }
    let (bench, key) = Bench::with_key("shop");
    fs::write(bench.path("access.log"), log(&key, 50)).unwrap();
    for counted in [
        "50 lines read, 50 uses counted",
        "nothing new; 50 lines were counted before",
    ] {
        let outcome = crate::support::process::finish(bench.shell(
            "mkfifo -m 600 p; gzip -c access.log > p & \"$@\" p; rm p",
            &["usage", "import"],
        ))
        .exits(0);
        assert!(outcome.stdout.contains(counted), "{outcome:?}");
    }
}
