//! How long `scan` takes, beside ripgrep and Kingfisher, and the most memory it takes.
//!
//! `cargo bench --bench scan` makes a tree of 50,000 files with 1 GB in all, and a repository of
//! 10,000 files in which one is staged. Another number of files of the same size can be given:
//! `cargo bench --bench scan -- 5000`. It needs git, and compares with `rg` and with Kingfisher where
//! they are; `KINGFISHER` names one that is not on the `PATH`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

#[path = "beside/peers.rs"]
mod peers;

use peers::{Kingfisher, Taken, is_here, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
/// The size of a file on average.
const SIZE: usize = 20_000;
const FILES_OF_REPOSITORY: usize = 10_000;
const ROUNDS: usize = 7;

fn main() {
    let files = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(50_000);
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let store = directory.path().join("keys.db");
    let key = create(&store);
    let tree = directory.path().join("tree");
    make_tree(&tree, files, SIZE);
    fs::write(tree.join("leak"), &key).unwrap();
    println!("{files} files, {} MB", files * SIZE / 1_000_000);
    let scan = || scan(&store, &tree, &["--quiet"]);
    let rg = || {
        let mut rg = Command::new("rg");
        rg.args(["-uuu", "-c", "zenflow_"]).current_dir(&tree);
        rg
    };
    let kingfisher = Kingfisher::here(directory.path());
    let [mut ours, mut its, mut theirs] = [Taken::NOTHING_YET; 3];
    let has_rg = is_here(Command::new("rg"));
    // In turns, so that what else the machine does hits all of them.
    for _ in 0..ROUNDS {
        ours = ours.best(run(scan()));
        if has_rg {
            its = its.best(run(rg()));
        }
        if let Some(kingfisher) = &kingfisher {
            theirs = theirs.best(run(kingfisher.scan(&tree)));
        }
    }
    assert_eq!(ours.status, 7);
    let mebibytes = ours.memory;
    println!(
        "a tree: {:.3} s, {mebibytes:.1} MiB (goal: at most 64)",
        ours.seconds()
    );
    if has_rg {
        tell("rg", ours, its, " (goal: at most 1.2)");
    } else {
        println!("SKIPPED: rg is not there");
    }
    if kingfisher.is_some() {
        assert_eq!(theirs.status, Kingfisher::FOUND);
        tell("Kingfisher", ours, theirs, "");
    }
    staged(&store, &directory.path().join("repository"), &key);
}

/// Says what another program took.
fn tell(name: &str, ours: Taken, its: Taken, goal: &str) {
    println!(
        "{name}: {:.3} s, {:.1} MiB; ratio {:.2}{goal}",
        its.seconds(),
        its.memory,
        ours.seconds() / its.seconds()
    );
}

/// One staged file in a repository of many.
fn staged(store: &Path, repository: &Path, key: &str) {
    make_tree(repository, FILES_OF_REPOSITORY, 1_000);
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
            .args(args)
            .current_dir(repository)
            .status()
            .unwrap();
        assert!(status.success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=m"]);
    fs::write(repository.join("new"), key).unwrap();
    git(&["add", "new"]);
    let took = (0..ROUNDS).fold(Taken::NOTHING_YET, |took, _| {
        took.best(run(scan(store, repository, &["--staged", "--quiet"])))
    });
    println!(
        "one staged file of {FILES_OF_REPOSITORY}: {:.1} ms (goal: at most 30)",
        took.seconds() * 1000.0
    );
}

fn create(store: &Path) -> String {
    let output = Command::new(PROGRAM)
        .args(["create", "ERP", "--preset", "erp-sync", "--db"])
        .arg(store)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn scan(store: &Path, directory: &Path, args: &[&str]) -> Command {
    let mut scan = Command::new(PROGRAM);
    scan.arg("scan")
        .args(args)
        .env("ZENFLOW_KEYS_DB", store)
        .current_dir(directory);
    scan
}

/// Files like those of a source tree: lines of words, 100 files in a directory.
fn make_tree(root: &Path, files: usize, size: usize) {
    let words = [
        "let",
        "key",
        "value",
        "order",
        "stock",
        "return",
        "if",
        "for",
        "flow",
        "{",
        "}",
        "=",
        "zen",
        "0x1f",
        "\"text\"",
        "// remark",
        "\n    ",
        "\n",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for file in 0..files {
        let directory = root.join(format!("d{}", file / 100));
        if file.is_multiple_of(100) {
            fs::create_dir_all(&directory).unwrap();
        }
        let mut text = String::with_capacity(2 * size);
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let length = size / 2 + usize::try_from(state >> 33).unwrap() % size;
        while text.len() < length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(words[usize::try_from(state >> 33).unwrap() % words.len()]);
            text.push(' ');
        }
        fs::write(directory.join(format!("f{file}.rs")), text).unwrap();
    }
}
