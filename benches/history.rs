//! How long `scan --history` takes, beside git handing out all objects, and the most memory it takes.
//!
//! `ZENFLOW_BENCH_REPOSITORY=PATH cargo bench --bench history` searches a repository; it should have
//! 100,000 commits or more. Both are run in turn; what counts is each one's shortest time.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const ROUNDS: usize = 5;

fn main() {
    let Some(repository) = std::env::var_os("ZENFLOW_BENCH_REPOSITORY") else {
        println!("ZENFLOW_BENCH_REPOSITORY names no repository: nothing to measure");
        return;
    };
    let repository = Path::new(&repository);
    let (mut ours, mut gits, mut memory) = (Duration::MAX, Duration::MAX, 0);
    for round in 1..=ROUNDS {
        let mut git = Command::new("git");
        git.arg("-C").arg(repository);
        git.args(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        let (its, _) = run(git);
        let mut scan = Command::new(PROGRAM);
        scan.args(["scan", "--fail-on", "never", "--history"]);
        scan.arg(repository);
        let (own, peak) = run(scan);
        println!(
            "{round}: {:.2} s, git {:.2} s",
            own.as_secs_f64(),
            its.as_secs_f64()
        );
        (ours, gits, memory) = (ours.min(own), gits.min(its), memory.max(peak));
    }
    println!(
        "{:.2} s, git {:.2} s: ratio {:.2} (goal: at most 0.3)",
        ours.as_secs_f64(),
        gits.as_secs_f64(),
        ours.as_secs_f64() / gits.as_secs_f64()
    );
    println!("most memory: {} MiB (goal: at most 64)", memory / 1024);
}

/// How long a command takes, and the most memory that it took, in KiB.
fn run(mut command: Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let high_water = status.unwrap_or_default().lines().find_map(|line| {
            let rest = line.strip_prefix("VmHWM:")?.trim();
            rest.strip_suffix(" kB")?.parse().ok()
        });
        peak = peak.max(high_water.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    (start.elapsed(), peak)
}
