//! A server that runs until it is dropped, and the store that it serves.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");

/// Makes a store with so many keys; one of them.
pub fn store(db: &Path, keys: u32) -> String {
    let made = Command::new(PROGRAM)
        .args([
            "create",
            "asked",
            "--preset",
            "read-only",
            "--quiet",
            "--db",
        ])
        .arg(db)
        .output()
        .unwrap();
    let conn = rusqlite::Connection::open(db).unwrap();
    // They are only in the way, so nothing but their rows is needed.
    conn.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
         SELECT 'a' || printf('%09d', i), randomblob(32), 'key ' || i, 'key ' || i, 'live', 'read:orders', 1767225600 FROM n",
        [keys - 1],
    )
    .unwrap();
    String::from_utf8(made.stdout).unwrap().trim_end().into()
}

pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// `serve` at a port of its own.
    pub fn serve(db: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(db);
        Server::start(&mut command)
    }

    /// Starts a server that says on standard error where it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut address = String::new();
        for line in lines.by_ref() {
            if let Some(at) = line.strip_prefix("listening at ") {
                address = at.into();
            }
            if line.starts_with("answering") {
                break;
            }
        }
        thread::spawn(move || lines.for_each(drop));
        Server { child, address }
    }

    /// The most memory that it ever had, in MiB.
    pub fn most_memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: f64 = line.unwrap().trim_end_matches("kB").trim().parse().unwrap();
        kilobytes / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
