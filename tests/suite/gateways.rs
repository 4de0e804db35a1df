//! Real nginx and Caddy, configured as `docs/gateways.md` says, with curl as the client: what they
//! log is counted, and no key is in it. What they enforce is in a room of its own.
//!
//! It needs nginx, caddy and curl; `.ci/run` installs them. Where one is missing, nothing is tried,
//! except in CI, where that is a failure.

mod enforcing;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const NGINX_LOG: &str = "/var/log/nginx/zenflow.log";
const NGINX_JSON: &str = "/var/log/nginx/zenflow.json";
const CADDY_LOG: &str = "/var/log/caddy/access.log";

/// The chapter of the document that is about logging.
const LOGGING: &str = "\n## Log who called, and not the key\n";

/// The blocks of this language in the chapter about enforcing, and in that about logging.
fn documented_in_both(language: &str) -> [Vec<String>; 2] {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gateways.md")).unwrap();
    let (enforcing, logging) = document.split_once(LOGGING).unwrap();
    [enforcing, logging].map(|chapter| blocks(chapter, language))
}

/// The blocks about logging in this language.
fn documented(language: &str) -> Vec<String> {
    let [_, logging] = documented_in_both(language);
    logging
}

fn blocks(chapter: &str, language: &str) -> Vec<String> {
    let blocks: Vec<_> = chapter
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
    crate::support::tools::are_there(&[nginx(), "caddy", "curl"])
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

    fn nginx(&self, port: u16, application: &Application) -> Gateway {
        let here = self.directory.path().display();
        let documented = self.local(&documented("nginx").concat());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; pid {here}/nginx.pid; error_log {here}/nginx.error; events {{}}
            http {{ {temporary} {documented}
            server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} location = /stock {{ return 403; }} location = /slow {{ return 429; }}
            location /categories {{ proxy_pass http://127.0.0.1:{}; }} location /away {{ proxy_pass http://127.0.0.1:1; }} }} }}",
            application.port
        );
        fs::write(self.path("nginx.conf"), configuration).unwrap();
        let mut command = Command::new(nginx());
        command
            .arg("-c")
            .arg(self.path("nginx.conf"))
            .arg("-p")
            .arg(self.directory.path())
            .stderr(Stdio::null());
        Gateway::start(command, port)
    }

    fn caddy(&self, global: &str, site: &str, port: u16, application: &Application) -> Gateway {
        let global = global.replacen('{', "{\nadmin off\nauto_https off", 1);
        let site = self.local(site);
        let configuration = format!(
            "{global}
            http://127.0.0.1:{port} {{\n{site}\nroute {{
                respond /stock 403\nrespond /slow 429
                reverse_proxy /categories/* 127.0.0.1:{}\nreverse_proxy /away 127.0.0.1:1\nrespond \"\" 200\n}}\n}}\n",
            application.port
        );
        fs::write(self.path("Caddyfile"), configuration).unwrap();
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(self.path("Caddyfile"));
        command
            .env("HOME", self.directory.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stderr(fs::File::create(self.path("caddy.own")).unwrap());
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
        match key {
            Some(key) => self.get_with(target, &["-H", &format!("X-API-Key: {key}")]),
            None => self.get_with(target, &[]),
        }
    }

    /// A request with these arguments of curl; the status of the answer.
    fn get_with(&self, target: &str, args: &[&str]) -> String {
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
        let output = curl
            .args(args)
            .arg(format!("http://127.0.0.1:{}{target}", self.port))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The requests of every test: eight with a key in the header, two of them refused and one not
    /// answered by the application, and five without a known one.
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
        let tab = self.get_with("/orders", &["-H", &format!("X-API-Key:\t{key}")]);
        assert_eq!(tab, "200");
        assert_eq!(self.get("/away", Some(key)), "502");
        for elsewhere in [
            ["-u", &format!("{key}:")],
            ["-e", &format!("http://shop.example/?key={key}")],
        ] {
            self.get_with(&format!("/away?key={key}"), &elsewhere);
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

/// An application behind a gateway. It answers 200, and remembers the `X-API-Key` headers of each
/// request, joined by `|`; `X_Api_Key` is one to it.
struct Application {
    port: u16,
    heard: mpsc::Receiver<String>,
}

impl Application {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let keys = answered(stream.unwrap()).unwrap_or_default();
                if tell.send(keys).is_err() {
                    return;
                }
            }
        });
        Application { port, heard }
    }

    /// The keys of the next request.
    fn heard(&self) -> String {
        self.heard.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

fn answered(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut keys = Vec::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            if line.is_empty() {
                break;
            }
            continue;
        };
        if name.replace('_', "-").eq_ignore_ascii_case("X-API-Key") {
            keys.push(value.trim().to_owned());
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(keys.join("|"))
}

/// What the application gets is what is logged: the key unchanged, and never one that the log does
/// not name.
fn assert_passed_on(gateway: &Gateway, application: &Application, key: &str) {
    let header = format!("X-API-Key: {key}");
    assert_eq!(gateway.get("/categories/1", Some(key)), "200");
    assert_eq!(application.heard(), key);
    gateway.get_with("/categories/2", &["-H", "X-API-Key: junk", "-H", &header]);
    let junk_first = application.heard();
    assert!(
        junk_first.starts_with("junk") && !junk_first.contains('|'),
        "{junk_first}"
    );
    gateway.get_with("/categories/3", &["-H", &header.replace('-', "_")]);
    assert_eq!(application.heard(), "");
    gateway.get("/categories/4", None);
    assert_eq!(application.heard(), "");
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Imports what a gateway wrote: the eight uses and nothing else, no key in the log, no query in the
/// store, and none of it twice.
fn assert_counted(bench: &Bench, log: &str, key: &(String, String)) {
    let text = bench.text(log);
    for secret in [&key.1[24..], "issuedByTheDashboard", "full=1", "hush"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let imported = bench.import(log);
    let expected = serde_json::json!({"lines": 13, "counted": 8, "without_key": 5, "without_key_allowed": 3, "unknown_key": 0, "bad": 0, "leaking": 0});
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
        " other 1",
        " rate_limited 1",
        "GET /orders allowed 2",
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
    let application = Application::start();
    let gateway = bench.nginx(free_port(), &application);
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
            && String::from_utf8_lossy(&typed.stdout).contains("nothing new; 13 lines"),
        "{typed:?}"
    );
    let other = Bench::new();
    let (_, secret) = other.create("ERP");
    let gateway = other.nginx(free_port(), &application);
    gateway.serve(&secret);
    gateway.end();
    let json = other.import("nginx.json");
    assert_eq!(
        (
            &json["logs"][0]["format"],
            &json["total"]["counted"],
            &json["total"]["bad"]
        ),
        (&"nginx-json".into(), &8.into(), &0.into())
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
    let application = Application::start();
    let blocks = documented("caddyfile");
    let gateway = bench.caddy(&blocks[0], &blocks[1], free_port(), &application);
    gateway.serve(&key.1);
    gateway.end();
    assert_counted(&bench, "caddy.log", &key);
    let own = bench.text("caddy.own");
    assert!(
        own.contains("http.log.error") && !own.contains(&key.1[24..]),
        "{own}"
    );
}

#[test]
fn the_application_gets_no_key_that_is_not_logged() {
    if !is_equipped() {
        return;
    }
    let bench = Bench::new();
    let (_, secret) = bench.create("ERP");
    let application = Application::start();
    let gateway = bench.nginx(free_port(), &application);
    assert_passed_on(&gateway, &application, &secret);
    gateway.end();
    let nginx = bench.import("nginx.log")["total"]["counted"].clone();
    assert!(
        nginx == 1 || nginx == 2,
        "the second header since nginx 1.23: {nginx}"
    );
    let blocks = documented("caddyfile");
    let gateway = bench.caddy(&blocks[0], &blocks[1], free_port(), &application);
    assert_passed_on(&gateway, &application, &secret);
    gateway.end();
    assert_eq!(bench.import("caddy.log")["total"]["counted"], 2);
}

#[test]
fn a_log_of_caddy_as_it_is_by_default_leaks_and_that_is_told() {
    if !is_equipped() {
        return;
    }
    let bench = Bench::new();
    let (id, secret) = bench.create("ERP");
    let log = "log {\n output file /var/log/caddy/access.log\n}";
    let gateway = bench.caddy("{\n}", log, free_port(), &Application::start());
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
        (&10.into(), &10.into())
    );
    assert_eq!(
        (
            &document["leaked_keys"][0]["id"],
            &document["leaked_keys"][0]["lines"]
        ),
        (&id.into(), &10.into())
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
