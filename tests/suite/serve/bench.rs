//! A `serve` in process, on a thread of its own, and a client that says byte for byte what it sends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use zenflow_keys::domain::Timestamp;
use zenflow_keys::domain::usage::IpPrefix;
use zenflow_keys::error::Error;
use zenflow_keys::internals::{
    AuthConfig, Config, ListenSocket, ListenSockets, Stop, serve, written,
};

use crate::support::in_process::{Bench, Made, START};

/// Longer than anything here takes.
pub const TOO_LONG: Duration = Duration::from_secs(30);

/// How it serves by default in these tests: on a Unix socket and for admin on another.
pub fn config() -> Config {
    Config {
        auth: AuthConfig::default(),
        workers: 2,
        counts: true,
        ip_prefix: IpPrefix::WHOLE,
        rate_limits: None,
        write_hint: written,
    }
}

/// A store that is served.
pub struct Served {
    pub bench: Bench,
    stop: Stop,
    clock: Arc<AtomicI64>,
    running: Option<JoinHandle<Result<(), Error>>>,
    events: Receiver<String>,
    /// Where it listens for gateways: of the listeners that were opened the first.
    pub address: String,
    pub admin: String,
}

impl Served {
    /// Serves the store of this bench, which must have one.
    pub fn start(bench: Bench) -> Self {
        Served::with(bench, config())
    }

    pub fn with(bench: Bench, config: Config) -> Self {
        let address = format!("unix:{}", bench.path("serve.sock").display());
        Served::at(bench, config, &address)
    }

    /// The same at this address.
    pub fn at(bench: Bench, config: Config, address: &str) -> Self {
        let admin = format!("unix:{}", bench.path("admin.sock").display());
        let open = |address: &str| vec![ListenSocket::open(&address.parse().unwrap()).unwrap()];
        let listeners = ListenSockets {
            gateways: open(address),
            admin: open(&admin),
        };
        let address = listeners.gateways[0].address.clone();
        let stop = Stop::default();
        let start = Timestamp::parse(START).unwrap().unix() + bench.age();
        let clock = Arc::new(AtomicI64::new(start));
        let (tell, events) = channel();
        let running = {
            let (path, stop, clock) = (bench.db(), stop.clone(), Arc::clone(&clock));
            thread::spawn(move || {
                let clock = || Timestamp::from_unix(clock.load(Ordering::Relaxed)).unwrap();
                let actor = "tester".parse().unwrap();
                serve(
                    config,
                    listeners,
                    &path,
                    &actor,
                    &clock,
                    &stop,
                    &mut |event| {
                        let _ = tell.send(format!("{event:?}"));
                    },
                )
            })
        };
        let mut served = Served {
            bench,
            stop,
            clock,
            running: Some(running),
            events,
            address,
            admin,
        };
        served.event("Ready");
        served
    }

    /// Waits for an event that is written so.
    pub fn event(&mut self, beginning: &str) -> String {
        loop {
            let event = self.events.recv_timeout(TOO_LONG);
            let event = event.unwrap_or_else(|_| panic!("no event {beginning}"));
            if event.starts_with(beginning) {
                return event;
            }
        }
    }

    pub fn later(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
        self.bench.later(seconds);
    }

    /// Asks it to end, and goes on.
    pub fn ask_to_stop(&self) {
        self.stop.stop();
    }

    /// Ends it; all uses are stored then.
    pub fn stop(mut self) -> Bench {
        self.end();
        std::mem::replace(&mut self.bench, Bench::new())
    }

    fn end(&mut self) {
        self.stop.stop();
        if let Some(running) = self.running.take() {
            running.join().unwrap().unwrap();
        }
    }

    pub fn connect(&self) -> Connection {
        Connection::to(&self.address)
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        self.connect().ask(method, path, headers)
    }

    /// nginx asks, as it is documented.
    pub fn nginx(&self, request: &str, key: Option<&str>, more: &[(&str, &str)]) -> Response {
        self.ask("GET", "/auth/nginx", &nginx(request, key, more))
    }

    /// A service of the user's own asks.
    pub fn check(&self, question: &str) -> Response {
        let length = question.len().to_string();
        let mut connection = self.connect();
        connection.send(&head("POST", "/v1/check", &[("Content-Length", &length)]));
        connection.send(question);
        connection.response("POST")
    }

    pub fn admin(&self, path: &str) -> Response {
        Connection::to(&self.admin).ask("GET", path, &[])
    }

    /// The number that the metrics give for this.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.admin("/metrics").body;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is not in {text}"))
            .parse()
            .unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if thread::panicking() {
            self.stop.stop();
        } else {
            self.end();
        }
    }
}

/// The headers of a subrequest of nginx, about a request such as `GET /api/v1/orders`.
pub fn nginx<'a>(
    request: &'a str,
    key: Option<&'a str>,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let (method, uri) = request.split_once(' ').unwrap();
    let mut headers = vec![("X-Original-Method", method), ("X-Original-URI", uri)];
    headers.extend(key.map(|key| ("X-API-Key", key)));
    headers.extend(more);
    headers
}

/// A store with one key that may read orders.
pub fn with_key() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP Integration", &[]);
    (bench, key)
}

pub fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{method} {path} HTTP/1.1\r\nHost: serve\r\n{headers}\r\n")
}

/// A connection of a client.
pub struct Connection {
    stream: Stream,
    /// What was read and belongs to no response yet.
    read: Vec<u8>,
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Connection {
    pub fn to(address: &str) -> Self {
        let stream = match address.strip_prefix("unix:") {
            Some(path) => {
                let stream = UnixStream::connect(PathBuf::from(path)).unwrap();
                stream.set_read_timeout(Some(TOO_LONG)).unwrap();
                Stream::Unix(stream)
            }
            None => {
                let stream = TcpStream::connect(address.parse::<SocketAddr>().unwrap()).unwrap();
                stream.set_read_timeout(Some(TOO_LONG)).unwrap();
                Stream::Tcp(stream)
            }
        };
        Connection {
            stream,
            read: Vec::new(),
        }
    }

    pub fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    /// Whoever is at the other end may have closed it.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = match &mut self.stream {
            Stream::Unix(stream) => stream.write_all(bytes),
            Stream::Tcp(stream) => stream.write_all(bytes),
        };
    }

    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(&head(method, path, headers));
        self.response(method)
    }

    /// Reads one response to this method.
    pub fn response(&mut self, method: &str) -> Response {
        self.try_response(method)
            .unwrap_or_else(|| panic!("closed: {:?}", String::from_utf8_lossy(&self.read)))
    }

    /// The same, or nothing if the connection was closed.
    pub fn try_response(&mut self, method: &str) -> Option<Response> {
        let end = loop {
            let end = self.read.windows(4).position(|part| part == b"\r\n\r\n");
            match end {
                Some(end) => break end,
                None if !self.more() => return None,
                None => {}
            }
        };
        let head = String::from_utf8(self.read[..end].to_vec()).unwrap();
        self.read.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                (name.to_ascii_lowercase(), value.trim().to_owned())
            })
            .collect();
        let mut response = Response {
            status: status.parse().unwrap(),
            headers,
            body: String::new(),
        };
        let length: usize = response
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        if method != "HEAD" {
            while self.read.len() < length {
                assert!(self.more(), "the body is cut off");
            }
            response.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        }
        Some(response)
    }

    /// Waits until the other end closes it; whether nothing more came.
    pub fn is_closed(&mut self) -> bool {
        !self.more()
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = match &mut self.stream {
            Stream::Unix(stream) => stream.read(&mut buffer),
            Stream::Tcp(stream) => stream.read(&mut buffer),
        };
        match count {
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => false,
            Err(e) => panic!("{e}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    /// The one header of this name.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next();
        assert!(values.next().is_none(), "{name} twice: {self:?}");
        value.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The code of a refusal.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().into()
    }

    /// The reason of a refusal.
    #[track_caller]
    pub fn reason(&self) -> &str {
        self.header("x-zenflow-reason").unwrap_or_default()
    }
}
