//! A private directory, and the program run in it as a process that must not hang.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");

/// Longer than the program waits for a store, much longer than anything here takes.
const TOO_LONG: Duration = Duration::from_secs(40);

pub struct Bench {
    directory: TempDir,
}

#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The `code` of a failure that was asked for with `--json`.
    pub fn code(&self) -> String {
        let document: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        document["error"]["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Bench {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        set_mode(directory.path(), 0o700);
        Bench { directory }
    }

    /// A bench whose store holds one key, and that key.
    pub fn with_key(name: &str) -> (Self, String) {
        let bench = Bench::new();
        let key = bench.create(name);
        (bench, key)
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path("keys.db")
    }

    /// What is in the directory.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program with these arguments, the store in the environment, and nothing on any stream.
    pub fn command(&self, args: &[&str]) -> Command {
        self.prepared(Command::new(PROGRAM), args)
    }

    /// The same by way of a shell, which sees to redirections: `exec "$@" >&-`.
    pub fn shell(&self, script: &str, args: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", PROGRAM]);
        self.prepared(command, args)
    }

    pub fn prepared(&self, mut command: Command, args: &[&str]) -> Command {
        for variable in [
            "HOME",
            "XDG_DATA_HOME",
            "ZENFLOW_KEYS_ACTOR",
            "SUDO_USER",
            "NO_COLOR",
        ] {
            command.env_remove(variable);
        }
        command
            .args(args)
            .env("ZENFLOW_KEYS_DB", self.db())
            .current_dir(self.directory());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    #[must_use]
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Outcome {
        finish(self.command(args))
    }

    #[must_use]
    #[track_caller]
    pub fn feed(&self, args: &[&str], input: &[u8]) -> Outcome {
        feed(self.command(args), input)
    }

    #[track_caller]
    pub fn create(&self, name: &str) -> String {
        self.run(&["create", name, "--preset", "read-only"])
            .exits(0)
            .stdout
            .trim_end()
            .to_owned()
    }

    /// Changes the store behind the program's back.
    pub fn sql(&self, sql: &str) {
        rusqlite::Connection::open(self.db())
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    /// All keys there ever were.
    pub fn keys(&self) -> Vec<Value> {
        self.run(&["list", "--all", "--json"]).exits(0).json()["keys"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The actions of the audit log, newest first.
    pub fn actions(&self) -> Vec<String> {
        let log = self.run(&["log", "--json"]).exits(0).json();
        log["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The public part of a key.
pub fn id(key: &str) -> &str {
    key.split('_').nth(2).unwrap()
}

/// The secret part of a key.
pub fn secret(key: &str) -> &str {
    let secret = key.split('_').nth(3).unwrap();
    assert_eq!(secret.len(), 38, "this is no key: {key}");
    secret
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[must_use]
#[track_caller]
pub fn finish(command: Command) -> Outcome {
    feed(command, b"")
}

#[must_use]
#[track_caller]
pub fn feed(command: Command, input: &[u8]) -> Outcome {
    outcome(end(command, input))
}

/// Runs a process to its end, which may be a signal.
pub fn end(mut command: Command, input: &[u8]) -> Output {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take();
    let input = input.to_vec();
    // A process that has read enough may close its end.
    let writer = thread::spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&input)));
    let output = wait_for_end(child);
    let _ = writer.join().unwrap();
    output
}

/// Waits for a process; one that hangs is ended, and the test fails.
#[must_use]
#[track_caller]
pub fn wait(child: Child) -> Outcome {
    outcome(wait_for_end(child))
}

fn wait_for_end(child: Child) -> Output {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(TOO_LONG) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            kill_process(pid, Signal::KILL).unwrap();
            panic!("it hangs");
        }
    }
}

fn outcome(output: Output) -> Outcome {
    Outcome {
        status: output
            .status
            .code()
            .unwrap_or_else(|| panic!("ended by a signal: {output:?}")),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether `needle` is anywhere in `hay`.
pub fn contains(hay: &[u8], needle: impl AsRef<OsStr>) -> bool {
    let needle = needle.as_ref().as_encoded_bytes();
    hay.windows(needle.len()).any(|window| window == needle)
}
