//! How long `scan` takes, beside ripgrep, and the most memory it takes.
//!
//! `cargo bench --bench scan` makes a tree of 50,000 files with 1 GB in all, and a repository of
//! 10,000 files in which one is staged. Another number of files of the same size can be given:
//! `cargo bench --bench scan -- 5000`. It needs git, and compares with `rg` where that is.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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
    if rg().arg("--version").output().is_ok() {
        let [ours, theirs] = alternately([&scan, &rg]);
        println!(
            "a tree: {:.3} s; rg {:.3} s; ratio {:.2} (goal: at most 1.2)",
            ours.as_secs_f64(),
            theirs.as_secs_f64(),
            ours.as_secs_f64() / theirs.as_secs_f64()
        );
    } else {
        let [ours] = alternately([&scan]);
        println!("a tree: {:.3} s; there is no rg", ours.as_secs_f64());
    }
    println!(
        "most memory: {:.1} MiB (goal: at most 64)",
        most_memory(scan().spawn().unwrap())
    );
    staged(&store, &directory.path().join("repository"), &key);
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
    let [took] = alternately([&|| scan(store, repository, &["--staged", "--quiet"])]);
    println!(
        "one staged file of {FILES_OF_REPOSITORY}: {:.1} ms (goal: at most 30)",
        took.as_secs_f64() * 1000.0
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
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
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

/// The shortest time that each command takes, in turns, so that what else the machine does hits all
/// of them.
fn alternately<const N: usize>(commands: [&dyn Fn() -> Command; N]) -> [Duration; N] {
    let mut shortest = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (command, shortest) in commands.iter().zip(&mut shortest) {
            let mut command = command();
            command
                .stdout(Stdio::null())
                .stdin(File::open("/dev/null").unwrap());
            #[allow(clippy::disallowed_methods, reason = "this is a clock")]
            let start = Instant::now();
            let status = command.status().unwrap();
            #[allow(clippy::disallowed_methods, reason = "this is a clock")]
            let took = Instant::now() - start;
            assert_eq!(status.signal(), None);
            *shortest = took.min(*shortest);
        }
    }
    shortest
}

/// The most memory that a process took, in MiB, as Linux tells it.
fn most_memory(mut child: Child) -> f64 {
    let mut most: f64 = 0.0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = most.max(kibibytes.map_or(0.0, |number| number.parse().unwrap()));
        std::thread::sleep(Duration::from_millis(2));
    }
    most / 1024.0
}
