//! `check --batch` as a process: answers before the input ends, in order however many work on them,
//! and never in a writer's way.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zenflow_keys::domain::api_key::checksum;

use crate::support::process::{Bench, feed, wait};
use crate::support::tools;

/// The program, asked and answering.
struct Coprocess {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Coprocess {
    fn start(bench: &Bench, args: &[&str]) -> Self {
        let mut command = bench.command(&[&["check", "--batch"], args].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (
            child.stdin.take().unwrap(),
            BufReader::new(child.stdout.take().unwrap()),
        );
        Coprocess {
            child,
            stdin,
            stdout,
        }
    }

    fn ask(&mut self, key: &str) -> Value {
        writeln!(self.stdin, "{}", json!({ "key": key })).unwrap();
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn end(self) -> i32 {
        drop(self.stdin);
        wait(self.child).status
    }
}

/// So many questions for this key, numbered.
fn questions(key: &str, count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|number| format!("{}\n", json!({ "ref": number, "key": key })).into_bytes())
        .collect()
}

#[test]
fn a_question_is_answered_before_the_next_is_asked_and_the_next_sees_what_changed() {
    let (bench, key) = Bench::with_key("shop");
    let mut check = Coprocess::start(&bench, &[]);
    assert_eq!(check.ask(&key)["verdict"], "allowed");
    assert_eq!(check.ask("x")["reason"], "malformed");
    assert_eq!(check.ask(&key)["verdict"], "allowed");
    bench.run(&["revoke", "shop", "--yes"]).exits(0);
    assert_eq!(check.ask(&key)["verdict"], "revoked_api_key");
    assert_eq!(check.end(), 0);
}

#[test]
fn a_use_is_stored_before_it_is_answered() {
    let (bench, key) = Bench::with_key("shop");
    let mut check = Coprocess::start(&bench, &["--record"]);
    assert_eq!(check.ask(&key)["verdict"], "allowed");
    assert!(bench.keys()[0]["last_used_at"].is_string());
    assert_eq!(check.end(), 0);
}

#[test]
fn answers_come_in_the_order_of_the_questions_however_many_work_on_them() {
    let (bench, key) = Bench::with_key("shop");
    let count = 50_000;
    let outcome = feed(
        bench.command(&["check", "--batch"]),
        &questions(&key, count),
    )
    .exits(0);
    assert_eq!(outcome.stdout.lines().count(), count);
    for (number, line) in outcome.stdout.lines().enumerate() {
        assert!(
            line.starts_with(&format!(r#"{{"ref":{number},"allowed":true,"#)),
            "{number}: {line}"
        );
    }
}

#[test]
fn each_of_many_keys_gets_its_own_answer_in_whatever_order_they_are_looked_up() {
    let bench = Bench::new();
    let known: Vec<String> = (0..5)
        .map(|number| bench.create(&format!("shop {number}")))
        .collect();
    let unknown = |number: usize| {
        let body = format!("zenflow_live_k3m9x2q7vd_{number:032}");
        let sum = checksum(&body);
        body + std::str::from_utf8(&sum).unwrap()
    };
    let key = |number: usize| match number % 4 {
        0 => known[number / 4 % known.len()].clone(),
        1 => "zenflow_live".into(),
        _ => unknown(number),
    };
    let count = 30_000;
    let lines = (0..count)
        .flat_map(|number| {
            format!("{}\n", json!({ "ref": number, "key": key(number) })).into_bytes()
        })
        .collect::<Vec<_>>();
    let outcome = feed(bench.command(&["check", "--batch"]), &lines).exits(0);
    assert_eq!(outcome.stdout.lines().count(), count);
    for (number, line) in outcome.stdout.lines().enumerate() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let expected = match number % 4 {
            0 => {
                json!({ "ref": number, "allowed": true, "reason": null, "key_id": key(number)[13..23] })
            }
            1 => json!({ "ref": number, "allowed": false, "reason": "malformed", "key_id": null }),
            _ => json!({ "ref": number, "allowed": false, "reason": "unknown", "key_id": null }),
        };
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(answer[field], *value, "{number}: {line}");
        }
    }
}

#[test]
fn a_key_that_a_damaged_index_hides_is_no_unknown_key() {
    let (bench, key) = Bench::with_key("shop");
    bench.sql("PRAGMA writable_schema = ON; CREATE TABLE empty (digest BLOB); CREATE INDEX none ON empty (digest)");
    bench.sql(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'none') \
         WHERE name = 'sqlite_autoindex_keys_2'; DELETE FROM sqlite_schema WHERE name IN ('none', 'empty')",
    );
    let outcome = feed(bench.command(&["check", "--batch"]), &questions(&key, 3)).exits(6);
    assert_eq!(outcome.stdout, "");
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long it takes is what is tested"
)]
fn a_revocation_does_not_wait_for_a_long_batch_and_the_batch_sees_it() {
    let (bench, key) = Bench::with_key("shop");
    let other = bench.create("other");
    let mut command = bench.command(&["check", "--batch"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let block = questions(&key, 500);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    // Never pauses until it is told to stop.
    let asking = thread::spawn(move || {
        while stopped.try_recv().is_err() {
            stdin.write_all(&block).unwrap();
        }
    });
    let answers = BufReader::new(child.stdout.take().unwrap());
    let reading = thread::spawn(move || {
        answers
            .lines()
            .map_while(Result::ok)
            .fold([0_u64; 2], |[allowed, revoked], line| {
                if line.contains("\"allowed\":true") {
                    [allowed + 1, revoked]
                } else {
                    [allowed, revoked + 1]
                }
            })
    });
    thread::sleep(Duration::from_millis(300));
    let before = Instant::now();
    bench.run(&["revoke", &other[13..23], "--yes"]).exits(0);
    bench.run(&["revoke", "shop", "--yes"]).exits(0);
    let waited = before.elapsed();
    thread::sleep(Duration::from_millis(300));
    stop.send(()).unwrap();
    asking.join().unwrap();
    let [allowed, revoked] = reading.join().unwrap();
    assert_eq!(wait(child).status, 0);
    assert!(allowed > 0 && revoked > 0, "{allowed} {revoked}");
    // Much less than the ten seconds after which a writer gives up.
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[test]
fn bytes_that_are_no_text_are_a_bad_request() {
    let (bench, key) = Bench::with_key("shop");
    let good = questions(&key, 1);
    let input = [
        &good[..],
        b"{\"key\":\"\xff\"}\n",
        b"\0\n",
        &[b'x'; 300_000],
        b"\n",
        &good,
    ]
    .concat();
    let outcome = bench.feed(&["check", "--batch"], &input).exits(1);
    let verdicts: Vec<Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["verdict"].clone())
        .collect();
    assert_eq!(
        verdicts,
        [
            "allowed",
            "bad_request",
            "bad_request",
            "bad_request",
            "allowed"
        ]
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    if !tools::are_there(&["head"]) {
        return;
    }
    let (bench, key) = Bench::with_key("shop");
    let script = "{ \"$@\"; echo $? >&3; } 3>&2 | head -n 1";
    let outcome = feed(
        bench.shell(script, &["check", "--batch"]),
        &questions(&key, 20_000),
    );
    assert_eq!(
        (outcome.stdout.lines().count(), outcome.stderr.as_str()),
        (1, "0\n")
    );
}

/// What a long input needs is no more than what a short one does.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_input() {
    let (bench, key) = Bench::with_key("shop");
    let mut check = Coprocess::start(&bench, &[]);
    let pid = check.child.id();
    let peak = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let block = [
        questions(&key, 2_000),
        vec![b'x'; 1_000_000],
        b"\n".to_vec(),
    ]
    .concat();
    let mut peaks = Vec::new();
    for _ in 0..20 {
        let mut stdin: File = check.stdin.as_fd().try_clone_to_owned().unwrap().into();
        let block = block.clone();
        let writing = thread::spawn(move || stdin.write_all(&block).unwrap());
        let mut answer = String::new();
        for _ in 0..2_001 {
            answer.clear();
            check.stdout.read_line(&mut answer).unwrap();
        }
        writing.join().unwrap();
        peaks.push(peak());
    }
    assert!(
        peaks[19] < 32 * 1024 && peaks[19] < peaks[4] + 1024,
        "{peaks:?}"
    );
    assert_eq!(check.end(), 1);
}
