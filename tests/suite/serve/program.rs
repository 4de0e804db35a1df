//! The program itself: how it starts, what it says, and how it ends.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::serve::bench::{Connection, Response, TOO_LONG, nginx};
use crate::support::process::{Bench, Outcome, finish, id, secret, wait};

const ORDERS: &str = "GET /api/v1/orders";

/// A `serve` that runs, and what it says line by line.
pub struct Running {
    child: Option<Child>,
    said: Vec<String>,
    lines: Receiver<String>,
}

impl Running {
    /// Starts it, and waits until it answers.
    pub fn start(command: Command, stream: fn(&mut Child) -> Box<dyn BufRead + Send>) -> Self {
        let mut command = command;
        let mut child = command.spawn().unwrap();
        let stream = stream(&mut child);
        let (tell, lines) = channel();
        thread::spawn(move || {
            stream
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Running {
            child: Some(child),
            said: Vec::new(),
            lines,
        }
    }

    /// Waits for a line that holds this.
    pub fn line(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(TOO_LONG);
            let line = line.unwrap_or_else(|_| panic!("no '{part}' in {:?}", self.said));
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    /// Asks it to end; what it said, and how it ended.
    pub fn end(mut self, signal: Signal) -> (Outcome, Vec<String>) {
        self.signal(signal);
        let outcome = wait(self.child.take().unwrap());
        self.said.extend(self.lines.iter());
        (outcome, std::mem::take(&mut self.said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub fn stderr(child: &mut Child) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::new(child.stderr.take().unwrap()))
}

pub fn stdout(child: &mut Child) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::new(child.stdout.take().unwrap()))
}

/// Serves at `serve.sock` beside the store, and whatever else the arguments say.
pub fn serve(bench: &Bench, args: &[&str]) -> Running {
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    let args = [&["serve", "--listen", &socket], args].concat();
    let mut running = Running::start(bench.command(&args), stderr);
    running.line("answering");
    running
}

fn ask(bench: &Bench, key: &str) -> Response {
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    Connection::to(&socket).ask("GET", "/auth/nginx", &nginx(ORDERS, Some(key), &[]))
}

#[test]
fn it_says_where_it_listens_and_how_it_ends() {
    for signal in [Signal::TERM, Signal::INT] {
        let (bench, key) = Bench::with_key("ERP");
        let running = serve(&bench, &["--admin", "127.0.0.1:0"]);
        assert_eq!(ask(&bench, &key).status, 200);
        let (outcome, said) = running.end(signal);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (0, ""));
        let said = said.join("\n");
        for part in [
            "listening at unix:/",
            "listening at 127.0.0.1:",
            "for health and metrics",
            "answering from the store /",
            "stopping:",
            "ended; 1 use was stored",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!bench.path("serve.sock").exists());
        let shown = bench.run(&["show", id(&key), "--json"]).exits(0).json();
        assert!(shown["key"]["last_used_at"].is_string());
    }
}

#[test]
fn no_key_is_ever_told() {
    let (bench, key) = Bench::with_key("ERP");
    let mut running = serve(&bench, &[]);
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    let ask = |path: &str| {
        let headers = [
            ("X-API-Key", key.as_str()),
            ("X-Original-URI", key.as_str()),
        ];
        Connection::to(&socket).ask("GET", path, &headers)
    };
    ask("/auth/nginx");
    ask(&format!("/{key}"));
    ask(&format!("/auth/envoy/{key}"));
    let scope = format!("/auth/nginx/scope/{key}");
    let headers = nginx(ORDERS, Some(&key), &[]);
    let answer = Connection::to(&socket).ask("GET", &scope, &headers);
    assert_eq!(answer.status, 500);
    assert!(!format!("{answer:?}").contains(secret(&key)), "{answer:?}");
    running.line("misconfigured");
    let (_, said) = running.end(Signal::TERM);
    assert!(!said.join("\n").contains(secret(&key)), "{said:?}");
}

/// The lines of a `serve --json` at which a gateway asks that is misconfigured.
pub fn json_lines() -> Vec<Value> {
    let (bench, _) = Bench::with_key("ERP");
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    let command = bench.command(&["serve", "--json", "--listen", &socket]);
    let mut running = Running::start(command, stdout);
    assert!(running.line("listening").contains(&socket));
    running.line("\"ready\"");
    let headers = [("X-Original-Method", "GET")];
    let answer = Connection::to(&socket).ask("GET", "/auth/nginx", &headers);
    assert_eq!(answer.status, 500);
    running.line("\"trouble\"");
    let (outcome, said) = running.end(Signal::TERM);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    said.iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_program_reads_a_line_of_json_for_each_event() {
    let lines = json_lines();
    let events: Vec<_> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        ["listening", "ready", "trouble", "stopping", "ended"]
    );
    assert_eq!(
        (&lines[2]["trouble"], &lines[2]["count"]),
        (&"gateway".into(), &1.into())
    );
}

#[test]
fn what_cannot_be_served_is_refused_before_it_starts() {
    let (bench, _) = Bench::with_key("ERP");
    for (args, status, part) in [
        (&["--listen", "0.0.0.0:0"][..], 2, "--trusted-proxy"),
        (&["--listen", "[::]:0"], 2, "--trusted-proxy"),
        (
            &["--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0"],
            2,
            "--trusted-proxy",
        ),
        (&["--listen", "localhost:80"], 2, "unix:PATH"),
        (
            &["--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0.1/8"],
            2,
            "10.0.0.0/8",
        ),
        (
            &["--listen", "127.0.0.1:0", "--base-path", "api"],
            2,
            "/api/v1",
        ),
        (
            &["--listen", "127.0.0.1:0", "--rate-limit", "60"],
            2,
            "60/m",
        ),
        (&["--listen", "127.0.0.1:0", "--workers", "0"], 2, "workers"),
        (
            &["--listen", "127.0.0.1:0", "--client-ip-from", "X Real"],
            2,
            "header",
        ),
        (
            &[
                "--listen",
                "127.0.0.1:0",
                "--no-record",
                "--ip-prefix",
                "24,48",
            ],
            2,
            "--ip-prefix",
        ),
        (&["--listen", "unix:/nowhere/at/all"], 1, "/nowhere/at/all"),
        (
            &["--listen", "127.0.0.1:0", "--db", "/nowhere/keys.db"],
            6,
            "no store",
        ),
    ] {
        let outcome = bench.run(&[&["serve"], args].concat());
        assert_eq!(outcome.status, status, "{args:?}: {outcome:?}");
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
    let running = serve(&bench, &[]);
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    let taken = bench.run(&["serve", "--listen", &socket]).exits(1);
    assert!(taken.stderr.contains("serve.sock"), "{taken:?}");
    running.end(Signal::TERM);
}

#[test]
fn who_listens_for_networks_names_those_who_may_ask() {
    let (bench, key) = Bench::with_key("ERP");
    let args = [
        "serve",
        "--listen",
        "0.0.0.0:0",
        "--trusted-proxy",
        "10.0.0.0/8",
    ];
    let mut running = Running::start(bench.command(&args), stderr);
    let address = running.line("listening at ");
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    running.line("answering");
    let mut peer = Connection::to(&format!("127.0.0.1:{port}"));
    let refused = peer.ask("GET", "/auth/nginx", &nginx(ORDERS, Some(&key), &[]));
    assert_eq!(
        (refused.status, refused.code()),
        (403, "untrusted_proxy".into())
    );
    running.line("127.0.0.1");
    running.end(Signal::TERM);
}

/// A process to which a socket is passed as systemd does it.
fn passed(bench: &Bench, socket: OwnedFd, args: &[&str]) -> Command {
    let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec \"$@\"";
    let mut command = bench.shell(script, &[&["serve"], args].concat());
    command.stdin(socket);
    command
}

#[test]
fn sockets_that_are_passed_are_listened_at() {
    let (bench, key) = Bench::with_key("ERP");
    let path = bench.path("serve.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let mut running = Running::start(passed(&bench, socket.into(), &[]), stderr);
    assert!(running.line("listening").contains("serve.sock"));
    running.line("answering");
    assert_eq!(ask(&bench, &key).status, 200);
    let (outcome, _) = running.end(Signal::TERM);
    assert_eq!(outcome.status, 0);
    assert!(path.exists(), "it is not its own to remove");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    let mut running = Running::start(passed(&bench, socket.into(), &[]), stderr);
    running.line(&address.to_string());
    running.line("answering");
    let answer = Connection::to(&address.to_string()).ask(
        "GET",
        "/auth/nginx",
        &nginx(ORDERS, Some(&key), &[]),
    );
    assert_eq!(answer.status, 200);
    running.end(Signal::TERM);
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = finish_passed(passed(&bench, socket.into(), &[]));
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("--trusted-proxy"), "{refused:?}");
    let no_listener = UnixDatagram::unbound().unwrap();
    let refused = finish_passed(passed(&bench, no_listener.into(), &[]));
    assert_eq!(refused.status, 1, "{refused:?}");
}

fn finish_passed(command: Command) -> Outcome {
    finish(command)
}

#[test]
fn systemd_is_told_when_it_is_ready_and_when_it_stops() {
    let (bench, _) = Bench::with_key("ERP");
    let path = bench.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(TOO_LONG)).unwrap();
    let mut heard = [0; 64];
    let mut news = || {
        let length = manager.recv(&mut heard).unwrap();
        String::from_utf8(heard[..length].to_vec()).unwrap()
    };
    let socket = format!("unix:{}", bench.path("serve.sock").display());
    let mut command = bench.command(&["serve", "--listen", &socket]);
    command.env("NOTIFY_SOCKET", &path);
    let running = Running::start(command, stderr);
    assert_eq!(news(), "READY=1");
    let (outcome, _) = running.end(Signal::TERM);
    assert_eq!((outcome.status, news().as_str()), (0, "STOPPING=1"));
}

#[test]
fn after_a_kill_everything_goes_on() {
    let (bench, key) = Bench::with_key("ERP");
    let running = serve(&bench, &[]);
    assert_eq!(ask(&bench, &key).status, 200);
    running.signal(Signal::KILL);
    drop(running);
    assert!(bench.path("serve.sock").exists(), "nobody could remove it");
    let running = serve(&bench, &[]);
    assert_eq!(ask(&bench, &key).status, 200);
    bench.run(&["revoke", id(&key), "--yes"]).exits(0);
    assert_eq!(ask(&bench, &key).reason(), "revoked");
    assert_eq!(running.end(Signal::TERM).0.status, 0);
    bench.run(&["doctor", "--deep"]).exits(0);
}

#[test]
fn two_can_serve_the_same_store() {
    let (bench, key) = Bench::with_key("ERP");
    let first = serve(&bench, &[]);
    let other = format!("unix:{}", bench.path("other.sock").display());
    let mut second = Running::start(bench.command(&["serve", "--listen", &other]), stderr);
    second.line("answering");
    let headers = nginx(ORDERS, Some(&key), &[]);
    assert_eq!(ask(&bench, &key).status, 200);
    assert_eq!(
        Connection::to(&other)
            .ask("GET", "/auth/nginx", &headers)
            .status,
        200
    );
    assert_eq!(first.end(Signal::TERM).0.status, 0);
    assert_eq!(
        Connection::to(&other)
            .ask("GET", "/auth/nginx", &headers)
            .status,
        200
    );
    assert_eq!(second.end(Signal::TERM).0.status, 0);
    let report = bench.run(&["usage", "report", "--json"]).exits(0).json();
    assert_eq!(report["total"]["allowed"], 3);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn uses_that_cannot_be_stored_at_the_end_are_told() {
    let (bench, key) = Bench::with_key("ERP");
    let running = serve(&bench, &[]);
    for _ in 0..3 {
        assert_eq!(ask(&bench, &key).status, 200);
    }
    std::fs::rename(bench.db(), bench.path("away")).unwrap();
    let (outcome, said) = running.end(Signal::TERM);
    assert_eq!(outcome.status, 6, "{outcome:?}");
    let said = said.join("\n");
    for part in [
        "uses were not counted: they could not be stored at the end (3 times)",
        "ended; 0 uses were stored",
        "error:",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
