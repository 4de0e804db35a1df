//! Real nginx and Caddy, configured as `docs/gateways.md` says, with curl as the client: what they
//! log is counted, and no key is in it.
//!
//! It needs nginx, caddy and curl; `.ci/run` installs them. Where one is missing, nothing is tried,
//! except in CI, where that is a failure.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

#[path = "common/tools.rs"]
mod tools;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const NGINX_LOG: &str = "/var/log/nginx/zenflow.log";
const NGINX_JSON: &str = "/var/log/nginx/zenflow.json";
const CADDY_LOG: &str = "/var/log/caddy/access.log";

/// The blocks of this language in the document.
fn documented(language: &str) -> Vec<String> {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gateways.md")).unwrap();
    let blocks: Vec<_> = document
        .split(&format!("```{language}\n"))
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().into())
        .collect();
    assert!(!blocks.is_empty(), "no {language} in the document");
    blocks
}

/// nginx, which is no command for everyone's `PATH` on Debian.
fn nginx() -> &'static str {
    if Path::new("/usr/sbin/nginx").exists() {
        "/usr/sbin/nginx"
    } else {
        "nginx"
    }
}

/// Whether what the tests need is there.
fn is_equipped() -> bool {
    tools::are_there(&[nginx(), "caddy", "curl"])
}

struct Bench {
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        Bench { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn run(&self, args: &[&str]) -> std::process::Output {
        Command::new(PROGRAM)
            .args(args)
            .arg("--json")
            .env("ZENFLOW_KEYS_DB", self.path("keys.db"))
            .output()
            .unwrap()
    }

    /// A new key: id and secret.
    fn create(&self, name: &str) -> (String, String) {
        let made = self.json(&["create", name, "--preset", "read-only"]);
        (
            made["key"]["id"].as_str().unwrap().into(),
            made["api_key"].as_str().unwrap().into(),
        )
    }

    fn import(&self, name: &str) -> Value {
        self.json(&["usage", "import", self.path(name).to_str().unwrap()])
    }

    /// `docs/gateways.md` with logs in this directory.
    fn local(&self, configuration: &str) -> String {
        let here = |name: &str| self.path(name).to_str().unwrap().to_owned();
        configuration
            .replace(NGINX_LOG, &here("nginx.log"))
            .replace(NGINX_JSON, &here("nginx.json"))
            .replace(CADDY_LOG, &here("caddy.log"))
    }

    fn nginx(&self, port: u16) -> Gateway {
        let here = self.directory.path().display();
        let documented = self.local(&documented("nginx").concat());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; pid {here}/nginx.pid; error_log {here}/nginx.error; events {{}}
            http {{ {temporary} {documented}
            server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} location = /stock {{ return 403; }} location = /slow {{ return 429; }} }} }}"
        );
        fs::write(self.path("nginx.conf"), configuration).unwrap();
        let mut command = Command::new(nginx());
        command
            .arg("-c")
            .arg(self.path("nginx.conf"))
            .arg("-p")
            .arg(self.directory.path());
        Gateway::start(command, port)
    }

    fn caddy(&self, log: &str, port: u16) -> Gateway {
        let log = self.local(log);
        let configuration = format!(
            "{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n{log}\n respond /stock 403\n respond /slow 429\n respond \"\" 200\n}}\n"
        );
        fs::write(self.path("Caddyfile"), configuration).unwrap();
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(self.path("Caddyfile"));
        command
            .env("HOME", self.directory.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME");
        Gateway::start(command, port)
    }
}

/// A running gateway; it is ended when this is dropped.
struct Gateway {
    child: Child,
    port: u16,
}

impl Gateway {
    fn start(mut command: Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut gateway = Gateway { child, port };
        for _ in 0..600 {
            assert!(
                gateway.child.try_wait().unwrap().is_none(),
                "{:?} ended",
                command.get_program()
            );
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return gateway;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{:?} does not listen", command.get_program());
    }

    /// A request with this key, or none; the status of the answer.
    fn get(&self, target: &str, key: Option<&str>) -> String {
        let mut curl = Command::new("curl");
        curl.args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--max-time",
            "20",
        ]);
        if let Some(key) = key {
            curl.args(["-H", &format!("X-API-Key: {key}")]);
        }
        let output = curl
            .arg(format!("http://127.0.0.1:{}{target}", self.port))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The requests of every test: six with a key in the header, two of them refused, and three
    /// without a known one.
    fn serve(&self, key: &str) {
        for target in [
            "/orders",
            "/orders/17?full=1",
            "/api/v1/products/",
            "/nowhere",
        ] {
            assert_eq!(self.get(target, Some(key)), "200", "{target}");
        }
        assert_eq!(self.get("/stock?secret=hush", Some(key)), "403");
        assert_eq!(self.get("/slow", Some(key)), "429");
        for other in [
            None,
            Some("zenflow_live_issuedByTheDashboard"),
            Some("nonsense"),
        ] {
            self.get("/orders", other);
        }
    }

    /// Ends it; a gateway writes all that it has to write when it is asked to end.
    fn end(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Imports what a gateway wrote: the six uses and nothing else, no key in the log, no query in the
/// store, and none of it twice.
fn assert_counted(bench: &Bench, log: &str, key: &(String, String)) {
    let text = bench.text(log);
    for secret in [&key.1[24..], "issuedByTheDashboard", "full=1", "hush"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let imported = bench.import(log);
    let expected = serde_json::json!({"lines": 9, "counted": 6, "without_key": 3, "unknown_key": 0, "bad": 0, "leaking": 0});
    assert_eq!(imported["total"], expected, "{text}");
    assert_eq!(bench.import(log)["total"]["lines"], 0);
    let shown = bench.json(&["show", &key.0]);
    assert_eq!(shown["key"]["last_used_ip"], "127.0.0.1");
    let conn = rusqlite::Connection::open(bench.path("keys.db")).unwrap();
    let mut statement =
        conn.prepare("SELECT endpoint || ' ' || outcome || ' ' || sum(count) FROM usage GROUP BY endpoint, outcome ORDER BY 1").unwrap();
    let rows: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected = [
        " allowed 1",
        " rate_limited 1",
        "GET /orders allowed 1",
        "GET /orders/:id allowed 1",
        "GET /products allowed 1",
        "GET /stock insufficient_scope 1",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn nginx_logs_the_id_and_not_the_key() {
    if !is_equipped() {
        return;
    }
    let bench = Bench::new();
    let key = bench.create("ERP");
    let gateway = bench.nginx(free_port());
    gateway.serve(&key.1);
    gateway.end();
    assert_counted(&bench, "nginx.log", &key);
    let typed = bench.local(&documented("sh")[0]);
    let path = Path::new(PROGRAM).parent().unwrap();
    let typed = Command::new("/bin/sh")
        .args(["-c", &typed])
        .env("PATH", path)
        .env("ZENFLOW_KEYS_DB", bench.path("keys.db"))
        .output()
        .unwrap();
    assert!(
        typed.status.success()
            && String::from_utf8_lossy(&typed.stdout).contains("nothing new; 9 lines"),
        "{typed:?}"
    );
    let other = Bench::new();
    let (_, secret) = other.create("ERP");
    let gateway = other.nginx(free_port());
    gateway.serve(&secret);
    gateway.end();
    let json = other.import("nginx.json");
    assert_eq!(
        (
            &json["logs"][0]["format"],
            &json["total"]["counted"],
            &json["total"]["bad"]
        ),
        (&"nginx-json".into(), &6.into(), &0.into())
    );
    assert!(!other.text("nginx.json").contains(&secret[24..]));
}

#[test]
fn caddy_logs_the_id_and_not_the_key() {
    if !is_equipped() {
        return;
    }
    let bench = Bench::new();
    let key = bench.create("ERP");
    let gateway = bench.caddy(&documented("caddyfile")[0], free_port());
    gateway.serve(&key.1);
    gateway.end();
    assert_counted(&bench, "caddy.log", &key);
}

#[test]
fn a_log_of_caddy_as_it_is_by_default_leaks_and_that_is_told() {
    if !is_equipped() {
        return;
    }
    let bench = Bench::new();
    let (id, secret) = bench.create("ERP");
    let gateway = bench.caddy(
        "log {\n output file /var/log/caddy/access.log\n}",
        free_port(),
    );
    gateway.serve(&secret);
    gateway.end();
    assert!(
        bench.text("caddy.log").contains(&secret),
        "Caddy has changed: is the precaution still needed?"
    );
    let output = bench.run(&[
        "usage",
        "import",
        bench.path("caddy.log").to_str().unwrap(),
        "--fail-on-leak",
    ]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["total"]["counted"], &document["total"]["leaking"]),
        (&6.into(), &6.into())
    );
    assert_eq!(
        (
            &document["leaked_keys"][0]["id"],
            &document["leaked_keys"][0]["lines"]
        ),
        (&id.into(), &6.into())
    );
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(&secret[24..]));
    assert!(
        !fs::read(bench.path("keys.db"))
            .unwrap()
            .windows(16)
            .any(|part| part == &secret.as_bytes()[24..40])
    );
}
