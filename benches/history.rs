//! How long `scan --history` takes, beside git handing out all objects and beside other programs, and
//! the most memory it takes.
//!
//! `ZENFLOW_BENCH_REPOSITORY=PATH cargo bench --bench history` searches a repository; it should have
//! 100,000 commits or more. It needs git, and compares with ripgrep and with Kingfisher where they
//! are; `KINGFISHER` names one that is not on the `PATH`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "beside/peers.rs"]
mod peers;

use zenflow_keys::domain::api_key::checksum;

use peers::{Kingfisher, Taken, is_here, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const ROUNDS: usize = 5;
/// A key that no store has, without its checksum. Others take a more regular one for an example.
const KEY: &str = "zenflow_live_q7vdk3m9x2_J8QKcpjGGg4nTrhQTZkigMdEB7onDgOB";

fn main() {
    let Some(repository) = std::env::var_os("ZENFLOW_BENCH_REPOSITORY") else {
        println!("ZENFLOW_BENCH_REPOSITORY names no repository: nothing to measure");
        return;
    };
    let repository = PathBuf::from(repository).canonicalize().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let with_key = with_key(&repository, &directory.path().join("with-key"));
    let [mut ours, mut ours_with_key, mut gits] = [Taken::NOTHING_YET; 3];
    // In turns, so that what else the machine does hits all of them.
    for round in 1..=ROUNDS {
        let its = run(every_object(&repository));
        let own = run(scan(&repository));
        let own_with_key = run(scan(&with_key));
        println!(
            "{round}: {:.2} s; with a key {:.2} s; git {:.2} s",
            own.seconds(),
            own_with_key.seconds(),
            its.seconds()
        );
        gits = gits.best(its);
        ours = ours.best(own);
        ours_with_key = ours_with_key.best(own_with_key);
    }
    let tell = |name: &str, took: Taken, goal: &str| {
        println!(
            "{name}: {:.2} s, {:.1} MiB; ratio to git {:.2}{goal}",
            took.seconds(),
            took.memory,
            took.seconds() / gits.seconds()
        );
    };
    assert_eq!(ours_with_key.status, 7);
    println!("git cat-file: {:.2} s", gits.seconds());
    tell("scan --history", ours, " (goals: at most 64 MiB, 0.3)");
    tell("with a key in the newest commit", ours_with_key, "");
    // Once: they take minutes.
    if let Some(kingfisher) = Kingfisher::here(directory.path()) {
        let took = run(kingfisher.scan(&with_key));
        assert_eq!(took.status, Kingfisher::FOUND);
        tell("Kingfisher, with that key", took, "");
    }
    if is_here(Command::new("rg")) {
        // Less than the same: what no reference reaches is missing, and so are binary files.
        let took = run(log_and_rg(&repository));
        match took.status {
            0 => println!("git log -p --all | rg: {:.2} s", took.seconds()),
            status => println!("SKIPPED: git log -p --all ends with {status}"),
        }
    } else {
        println!("SKIPPED: rg is not there");
    }
}

fn scan(repository: &Path) -> Command {
    let mut scan = Command::new(PROGRAM);
    scan.args(["scan", "--history"]).arg(repository);
    scan
}

fn git(repository: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(repository);
    git
}

/// git, making all objects for nobody.
fn every_object(repository: &Path) -> Command {
    let mut git = git(repository);
    git.args(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
    git
}

fn log_and_rg(repository: &Path) -> Command {
    let mut shell = Command::new("bash");
    let script = r#"git -C "$1" log -p --all | rg -c zenflow_; exit "${PIPESTATUS[0]}""#;
    shell.args(["-c", script, "bash"]);
    shell.arg(repository);
    shell
}

/// The same repository with one more commit, which has a key: all others come before it.
fn with_key(repository: &Path, copy: &Path) -> PathBuf {
    let ask = |mut git: Command, args: &[&str]| {
        let output = git.args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let [from, to] = [repository, copy].map(|path| path.to_str().unwrap());
    ask(
        Command::new("git"),
        &["clone", "--quiet", "--mirror", from, to],
    );
    let file = copy.join("key");
    fs::write(&file, [KEY.as_bytes(), &checksum(KEY)].concat()).unwrap();
    let blob = ask(
        git(copy),
        &["hash-object", "-w", "--", file.to_str().unwrap()],
    );
    let info = format!("100644,{blob},key");
    ask(git(copy), &["read-tree", "HEAD"]);
    ask(git(copy), &["update-index", "--add", "--cacheinfo", &info]);
    let tree = ask(git(copy), &["write-tree"]);
    let mut commit = git(copy);
    for who in ["AUTHOR", "COMMITTER"] {
        commit
            .env(format!("GIT_{who}_NAME"), "n")
            .env(format!("GIT_{who}_EMAIL"), "e@example.org");
    }
    let commit = ask(commit, &["commit-tree", "-p", "HEAD", "-m", "m", &tree]);
    ask(git(copy), &["update-ref", "refs/heads/with-key", &commit]);
    copy.into()
}
