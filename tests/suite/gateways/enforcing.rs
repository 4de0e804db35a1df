//! Real nginx and Caddy that ask `serve`, configured as `docs/gateways.md` says.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::Signal;
use zenflow_keys::domain::endpoint::ENDPOINTS;

use crate::gateways::{
    CADDY_LOG, Gateway, NGINX_LOG, documented_in_both, free_port, is_equipped, nginx,
};
use crate::serve::bench::{Connection, TOO_LONG};
use crate::serve::program::{Running, serve};
use crate::support::process::{Bench, id, secret};

const SOCKET: &str = "/run/zenflow-keys/serve.sock";
const APPLICATION: &str = "127.0.0.1:3000";
const ORIGIN: &str = "https://shop.example";
const KINDS: [Kind; 2] = [Kind::Nginx, Kind::Caddy];
const UNKNOWN: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nginx,
    Caddy,
}

/// A gateway, the `serve` that it asks, and the application behind it.
struct Site {
    bench: Bench,
    running: Running,
    gateway: Gateway,
    heard: Receiver<Vec<String>>,
    kind: Kind,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    #[track_caller]
    fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        let value = all.next();
        assert!(all.next().is_none(), "{name} twice: {self:?}");
        value.map(|(_, value)| value.as_str())
    }
}

impl Site {
    fn new(kind: Kind, args: &[&str]) -> Self {
        let bench = Bench::new();
        bench.create("ERP Integration");
        let running = serve(&bench, args);
        let application = TcpListener::bind("127.0.0.1:0").unwrap();
        let behind = application.local_addr().unwrap().to_string();
        let (tell, heard) = channel();
        thread::spawn(move || {
            for stream in application.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                // An application that says something about keys is not believed.
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nX-ZenFlow-Key-Id: forged\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
                );
                if tell.send(head).is_err() {
                    return;
                }
            }
        });
        let port = free_port();
        let socket = bench.path("serve.sock");
        let local = |text: String| {
            text.replace(SOCKET, socket.to_str().unwrap())
                .replace(APPLICATION, &behind)
                .replace(NGINX_LOG, bench.path("access.log").to_str().unwrap())
                .replace(CADDY_LOG, bench.path("access.log").to_str().unwrap())
        };
        let command = match kind {
            Kind::Nginx => {
                let [enforcing, _] = documented_in_both("nginx");
                let site = local(enforcing.concat())
                    .replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
                with_nginx(&bench, &site)
            }
            Kind::Caddy => {
                let [enforcing, _] = documented_in_both("caddyfile");
                let site = local(enforcing.concat())
                    .replace("api.example.com {", &format!("http://127.0.0.1:{port} {{"))
                    .replacen('{', "{\nadmin off\nauto_https off", 1);
                with_caddy(&bench, &site)
            }
        };
        let gateway = Gateway::start(command, port);
        Site {
            bench,
            running,
            gateway,
            heard,
            kind,
        }
    }

    /// What curl gets that sends this.
    fn curl(&self, method: &str, target: &str, headers: &[&str]) -> Answer {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-i", "--path-as-is", "--max-time", "20"]);
        match method {
            "HEAD" => curl.arg("-I"),
            method => curl.args(["-X", method]),
        };
        for header in headers {
            curl.args(["-H", header]);
        }
        let url = format!("http://127.0.0.1:{}{target}", self.gateway.port);
        let output = curl.arg(url).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{method} {target}: {text}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        Answer {
            status: status.parse().unwrap(),
            headers: lines
                .map(|line| {
                    line.split_once(": ")
                        .unwrap_or((line.trim_end_matches(':'), ""))
                })
                .map(|(name, value)| (name.to_ascii_lowercase(), value.into()))
                .collect(),
            body: body.into(),
        }
    }

    fn get(&self, target: &str, key: &str) -> Answer {
        self.curl("GET", target, &[&format!("X-API-Key: {key}")])
    }

    /// The head of the request that the application got.
    fn heard(&self) -> Vec<String> {
        self.heard.recv_timeout(TOO_LONG).unwrap()
    }

    /// The application was asked nothing.
    #[track_caller]
    fn assert_unheard(&self) {
        let heard = self.heard.try_recv();
        assert!(heard.is_err(), "{:?}: {heard:?}", self.kind);
    }
}

fn with_nginx(bench: &Bench, site: &str) -> Command {
    let here = bench.directory().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .concat();
    let configuration = format!(
        "daemon off; master_process off; pid {here}/nginx.pid; error_log {here}/own.log;
        events {{}} http {{ {temporary} {site} }}"
    );
    fs::write(bench.path("nginx.conf"), configuration).unwrap();
    let mut command = Command::new(nginx());
    command.arg("-c").arg(bench.path("nginx.conf"));
    command
        .arg("-p")
        .arg(bench.directory())
        .stderr(Stdio::null());
    command
}

fn with_caddy(bench: &Bench, site: &str) -> Command {
    fs::write(bench.path("Caddyfile"), site).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]);
    command.arg(bench.path("Caddyfile"));
    command
        .env("HOME", bench.directory())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .stderr(fs::File::create(bench.path("own.log")).unwrap());
    command
}

/// A header of a request as the application would take it: `_` may be `-`.
fn values<'h>(head: &'h [String], name: &str) -> Vec<&'h str> {
    head.iter()
        .filter_map(|line| line.split_once(':'))
        .filter(|(known, _)| known.replace('_', "-").eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect()
}

#[test]
fn refusals_arrive_as_zenflow_writes_them() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        let [good, disabled, revoked] =
            ["good", "disabled", "revoked"].map(|name| site.bench.create(name));
        site.bench.run(&["disable", "disabled"]).exits(0);
        site.bench.run(&["revoke", "revoked", "--yes"]).exits(0);
        let mut direct =
            Connection::to(&format!("unix:{}", site.bench.path("serve.sock").display()));
        for (method, key, status, code) in [
            ("GET", "", 401, "missing_api_key"),
            ("GET", "hello", 401, "invalid_api_key"),
            ("GET", UNKNOWN, 401, "invalid_api_key"),
            ("GET", &disabled, 401, "invalid_api_key"),
            ("GET", &revoked, 401, "revoked_api_key"),
            ("POST", &good, 403, "insufficient_scope"),
            ("DELETE", &good, 403, "insufficient_scope"),
        ] {
            let sent = format!("X-API-Key: {key}");
            let sent = [sent.as_str(), "X-Two: x"];
            let sent = if key.is_empty() {
                &sent[1..]
            } else {
                &sent[..]
            };
            let answer = site.curl(method, "/api/v1/orders", sent);
            assert_eq!(answer.status, status, "{kind:?} {code}: {answer:?}");
            let uri = ("X-Forwarded-Uri", "/api/v1/orders");
            let headers = [("X-Forwarded-Method", method), uri, ("X-API-Key", key)];
            let exact = direct.ask("GET", "/auth/forward", &headers);
            assert_eq!((exact.status, exact.code()), (status, code.into()));
            assert_eq!(answer.body, exact.body, "{kind:?}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/json"),
                "{kind:?}"
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{kind:?}");
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(ORIGIN),
                "{kind:?}"
            );
            for inner in ["key-name", "env", "scopes", "error", "reason"] {
                let inner = answer.header(&format!("x-zenflow-{inner}"));
                assert_eq!(inner, None, "{kind:?}: {answer:?}");
            }
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge, exact.header("www-authenticate"), "{kind:?}");
        }
        site.assert_unheard();
    }
}

#[test]
fn the_identity_reaches_the_application_and_the_key_does_not() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        let key = site.bench.create("Integración 2");
        let presented = format!("X-API-Key: {key}");
        let in_other_words = format!("X_Api_Key: {key}");
        let answer = site.curl(
            "GET",
            "/api/v1/orders/a%20b?page=2",
            &[
                &presented,
                &in_other_words,
                "Connection: X-ZenFlow-Key-Id, X-ZenFlow-Scopes, X-API-Key",
                "X-ZenFlow-Key-Id: forged",
                "x-zenflow-scopes: admin",
                "X_ZenFlow_Key_Id: forged",
                "X_ZenFlow_Scopes: admin",
                "X-ZenFlow_Env: forged",
                "X-ZenFlow-Key-Name: forged",
                "X-Original-URI: /api/v1/stock",
                "X-Original-Method: POST",
                "X-Forwarded-Uri: /api/v1/stock",
                "X-Forwarded-Method: POST",
                "X-Forwarded-For: 203.0.113.7",
                "X-Real-IP: 203.0.113.7",
            ],
        );
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "hello"),
            "{kind:?}"
        );
        let head = site.heard();
        assert!(
            head[0].starts_with("GET /api/v1/orders/a%20b?page=2 "),
            "{head:?}"
        );
        for (name, value) in [
            ("X-ZenFlow-Key-Id", id(&key)),
            ("X-ZenFlow-Key-Name", "Integraci%C3%B3n%202"),
            ("X-ZenFlow-Env", "live"),
            ("X-ZenFlow-Scopes", "read:orders read:products read:stock"),
        ] {
            assert_eq!(values(&head, name), [value], "{kind:?}: {head:?}");
        }
        assert!(!head.concat().contains(secret(&key)), "{kind:?}: {head:?}");
        assert!(values(&head, "X-API-Key").is_empty(), "{kind:?}: {head:?}");
    }
}

#[test]
fn the_clients_address_cannot_be_forged() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        let create = |name: &str, net: &str| {
            let args = ["create", name, "--preset", "read-only", "--allow-ip", net];
            site.bench.run(&args).exits(0).stdout.trim().to_owned()
        };
        let (near, far) = (
            create("near", "127.0.0.0/8"),
            create("far", "203.0.113.0/24"),
        );
        let forged = [
            "X-Real-IP: 203.0.113.7",
            "X-Forwarded-For: 203.0.113.7",
            "X_Real_IP: 203.0.113.7",
            "Forwarded: for=203.0.113.7",
        ];
        for (key, status) in [(near, 200), (far, 403)] {
            let presented = format!("X-API-Key: {key}");
            let headers = [&forged[..], &[&presented]].concat();
            let answer = site.curl("GET", "/api/v1/orders", &headers);
            assert_eq!(answer.status, status, "{kind:?}: {answer:?}");
        }
        // Two keys are none.
        let key = site.bench.create("two");
        let presented = format!("X-API-Key: {key}");
        let answer = site.curl("GET", "/api/v1/orders", &[&presented, "X-Api-Key: other"]);
        assert_eq!(answer.status, 401, "{kind:?}: {answer:?}");
    }
}

#[test]
fn the_access_log_has_the_id_also_of_a_key_that_was_refused_and_never_the_key() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &["--no-record"]);
        let [good, revoked] = ["good", "revoked"].map(|name| site.bench.create(name));
        site.bench.run(&["revoke", "revoked", "--yes"]).exits(0);
        assert_eq!(site.get("/api/v1/orders?key=hush", &good).status, 200);
        assert_eq!(site.get("/api/v1/webhooks", &good).status, 403);
        assert_eq!(site.get("/api/v1/orders", &revoked).status, 401);
        assert_eq!(site.curl("GET", "/api/v1/orders", &[]).status, 401);
        let Site {
            bench,
            gateway,
            running: _running,
            ..
        } = site;
        gateway.end();
        let log = fs::read_to_string(bench.path("access.log")).unwrap();
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 4, "{kind:?}: {log}");
        for (line, (status, key)) in lines.iter().zip([
            ("200", Some(&good)),
            ("403", Some(&good)),
            ("401", Some(&revoked)),
            ("401", None),
        ]) {
            assert!(line.contains(status), "{kind:?}: {line}");
            let ids = [&good, &revoked].map(|known| line.contains(id(known)));
            let expected = [&good, &revoked].map(|known| key == Some(known));
            assert_eq!(ids, expected, "{kind:?}: {line}");
        }
        let own = fs::read_to_string(bench.path("own.log")).unwrap_or_default();
        for text in [&log, &own] {
            for hidden in [secret(&good), secret(&revoked), "hush"] {
                assert!(!text.contains(hidden), "{kind:?}: {text}");
            }
        }
        // What was not counted by 'serve' can be counted by its log.
        let log = bench.path("access.log");
        let args = ["usage", "import", log.to_str().unwrap(), "--json"];
        let total = &bench.run(&args).exits(0).json()["total"];
        assert_eq!(
            (&total["counted"], &total["without_key"], &total["bad"]),
            (&3.into(), &1.into(), &0.into()),
            "{kind:?}: {total}"
        );
    }
}

#[test]
fn every_endpoint_answers_401_without_a_key() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        for endpoint in &ENDPOINTS {
            let (method, path) = endpoint.pattern.split_once(' ').unwrap();
            let path = path
                .replace(":barcode", "779")
                .replace(":sku", "A-1")
                .replace(":id", "17");
            for suffix in [
                "", "/", "?key=x", "/..", "/%2e%2e", "//", "%00", ";x", "/.%2fx", "#x",
            ] {
                let target = format!("/api/v1{path}{suffix}");
                let answer = site.curl(method, &target, &[]);
                // A gateway may refuse what is malformed by itself.
                let is_refused = answer.status == 401
                    || !suffix.is_empty() && matches!(answer.status, 400 | 404 | 308);
                assert!(is_refused, "{kind:?} {method} {target}: {answer:?}");
            }
        }
        let key = site.bench.create("reader");
        for target in [
            "/",
            "/orders",
            "//api/v1/orders",
            "/api/v1//orders",
            "/API/v1/orders",
            "/api/v1",
            "/x/../api/v1/orders",
            "/api/v1/../v1/orders",
            "/api/v1/orders/..",
            "/api/v1/orders/%2e%2e/stock",
            "/api/v1/orders%2f17",
            "/api/v1/orders/",
            "/api/v1/%6frders",
            "/zenflow-keys",
            "/api/v2/orders",
        ] {
            let answer = site.get(target, &key);
            assert!(
                matches!(answer.status, 301 | 308 | 400 | 403 | 404),
                "{kind:?} {target}: {answer:?}"
            );
        }
        site.assert_unheard();
    }
}

#[test]
fn a_browser_that_asks_first_is_answered_without_a_key() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        let asked = [
            "Origin: https://shop.example",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: x-api-key",
        ];
        let answer = site.curl("OPTIONS", "/api/v1/orders", &asked);
        assert_eq!(answer.status, 204, "{kind:?}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        let headers = answer.header("access-control-allow-headers").unwrap();
        assert!(headers.contains("X-API-Key"), "{kind:?}: {headers}");
        let methods = answer.header("access-control-allow-methods").unwrap();
        assert!(methods.contains("DELETE"), "{kind:?}: {methods}");
        site.assert_unheard();
        let key = site.bench.create("browser");
        let allowed = site.get("/api/v1/orders", &key);
        assert_eq!(allowed.status, 200);
        assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
    }
}

#[test]
fn whoever_asks_too_often_is_told_when_to_come_again() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &["--rate-limit", "2/d"]);
        let key = site.bench.create("often");
        for remaining in ["1", "0"] {
            let answer = site.get("/api/v1/orders", &key);
            assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
            assert_eq!(
                answer.header("x-ratelimit-limit"),
                Some("2"),
                "{kind:?}: {answer:?}"
            );
            assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining));
            let head = site.heard();
            assert!(
                values(&head, "X-RateLimit-Limit").is_empty(),
                "{kind:?}: {head:?}"
            );
        }
        let answer = site.get("/api/v1/orders", &key);
        assert_eq!(answer.status, 429, "{kind:?}: {answer:?}");
        assert!(
            answer.body.contains("rate_limit_exceeded"),
            "{kind:?}: {answer:?}"
        );
        let wait: i64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=86_400).contains(&wait), "{kind:?}: {wait}");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
        assert!(answer.header("x-ratelimit-reset").is_some());
        site.assert_unheard();
    }
}

#[test]
fn without_an_answer_nobody_is_let_in() {
    if !is_equipped() {
        return;
    }
    for kind in KINDS {
        let site = Site::new(kind, &[]);
        let key = site.bench.create("key");
        assert_eq!(site.get("/api/v1/orders", &key).status, 200);
        site.heard();
        let (store, away) = (site.bench.db(), site.bench.path("away"));
        fs::rename(&store, &away).unwrap();
        // In the next second at the latest.
        let mut answer = site.get("/api/v1/orders", &key);
        for _ in 0..100_000 {
            if answer.status != 200 {
                break;
            }
            site.heard();
            answer = site.get("/api/v1/orders", &key);
        }
        assert_eq!(answer.status, 503, "{kind:?}: {answer:?}");
        assert!(
            answer.body.contains("store_unavailable"),
            "{kind:?}: {answer:?}"
        );
        fs::rename(&away, &store).unwrap();
        let Site { running, .. } = &site;
        running.signal(Signal::KILL);
        let socket = site.bench.path("serve.sock");
        while std::os::unix::net::UnixStream::connect(&socket).is_ok() {}
        let answer = site.get("/api/v1/orders", &key);
        assert!(matches!(answer.status, 502 | 503), "{kind:?}: {answer:?}");
        site.assert_unheard();
    }
}

#[test]
fn the_documented_units_and_paths_exist() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let socket = fs::read_to_string(manifest.join("systemd/zenflow-keys.socket")).unwrap();
    assert!(socket.contains(&format!("ListenStream={SOCKET}\n")));
    for language in ["nginx", "caddyfile"] {
        let [enforcing, _] = documented_in_both(language);
        assert!(enforcing.concat().contains(SOCKET), "{language}");
    }
}
