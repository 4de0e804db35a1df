//! How many requests a second `serve` answers, as a share of a hyper server that looks nothing up:
//! `cargo bench --bench serve`. Needs wrk, which sends from 32 connections.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
/// How this program is started to be the server that looks nothing up.
const BARE: &str = "bare";
const SECONDS: &str = "5s";
const CONNECTIONS: &str = "32";
/// Rounds in which both are measured; the best of each counts.
const ROUNDS: usize = 3;
/// The goal for a store of 100,000 keys.
const GOAL: f64 = 0.60;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == BARE) {
        return bare();
    }
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("SKIPPED: needs wrk");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o700)).unwrap();
    let floor = Server::start(Command::new(std::env::current_exe().unwrap()).arg(BARE));
    let mut sizes = Vec::new();
    for keys in [1_000, 100_000, 1_000_000] {
        let db = directory.path().join(format!("{keys}.db"));
        let key = store(&db, keys);
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(&db);
        let server = Server::start(&mut command);
        let script = script(directory.path(), &key);
        let (mut best, mut best_floor) = (0.0_f64, 0.0_f64);
        for _ in 0..ROUNDS {
            best = best.max(requests_a_second(&server, &script));
            best_floor = best_floor.max(requests_a_second(&floor, &script));
        }
        let share = best / best_floor;
        let memory = server.most_memory();
        println!("{keys:>9} keys  {best:>7.0}/s  of {best_floor:>7.0}/s: {share:.2}  {memory}");
        sizes.push((keys, share));
    }
    let share = |keys| sizes.iter().find(|(size, _)| *size == keys).unwrap().1;
    let of_a_thousand = share(1_000_000) / share(1_000);
    println!(
        "goal: {GOAL} with 100,000 keys; a million keys {of_a_thousand:.2} of a thousand (goal: 0.85)"
    );
}

/// A store with so many keys, and one of them.
fn store(db: &Path, keys: u32) -> String {
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

/// What wrk sends: what nginx would.
fn script(directory: &Path, key: &str) -> PathBuf {
    let path = directory.join("request.lua");
    let headers = [
        ("X-API-Key", key),
        ("X-Original-Method", "GET"),
        ("X-Original-URI", "/api/v1/orders/17?page=2"),
        ("X-Real-IP", "203.0.113.7"),
    ]
    .map(|(name, value)| format!("wrk.headers[\"{name}\"] = \"{value}\"\n"));
    fs::write(&path, headers.concat()).unwrap();
    path
}

fn requests_a_second(server: &Server, script: &Path) -> f64 {
    let output = Command::new("wrk")
        .args(["-t", "1", "-c", CONNECTIONS, "-d", SECONDS, "-s"])
        .arg(script)
        .arg(format!("http://{}/auth/nginx", server.address))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{text}");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    line.unwrap_or_else(|| panic!("{text}"))
        .trim()
        .parse()
        .unwrap()
}

/// A server that runs until this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
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

    /// The most memory that it ever had, if the system says so.
    fn most_memory(&self) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        line.unwrap_or_default().into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// The same server without a store: a runtime a core, and every answer is 200.
fn bare() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut stderr = std::io::stderr();
    writeln!(
        stderr,
        "listening at {}\nanswering",
        listener.local_addr().unwrap()
    )
    .unwrap();
    let cores = thread::available_parallelism().unwrap().get();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let listener = listener.try_clone().unwrap();
            thread::spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                runtime.block_on(accept(listener));
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

async fn accept(listener: TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let answer = service_fn(|_: Request<Incoming>| async {
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}
