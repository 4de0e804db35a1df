//! Whatever is sent to `serve` as a request, nobody is let in without a key, every answer is one of
//! those that are documented and may not be stored, and the next one is answered all the same.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use zenflow_keys::domain::Timestamp;
use zenflow_keys::domain::usage::IpPrefix;
use zenflow_keys::internals::{
    AuthConfig, Config, ListenSocket, ListenSockets, Notice, Stop, serve, written,
};

use super::program::{NOW, run};

/// What stands for the key in an input.
const KEY: &[u8] = b"{KEY}";
const STATUSES: [u16; 11] = [200, 400, 401, 403, 404, 405, 408, 431, 500, 503, 100];
const TOO_LONG: Duration = Duration::from_secs(20);

/// A `serve` that lives as long as the fuzzer, and a key that may read orders.
struct Served {
    socket: PathBuf,
    key: String,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap().keep();
    let (db, socket) = (directory.join("keys.db"), directory.join("socket"));
    let made = run(&db, &["create", "ERP", "--scope", "read:orders"], b"");
    let key = made.stdout.trim_end().to_owned();
    let listener =
        ListenSocket::open(&format!("unix:{}", socket.display()).parse().unwrap()).unwrap();
    let listeners = ListenSockets {
        gateways: vec![listener],
        admin: Vec::new(),
    };
    let config = Config {
        auth: AuthConfig::default(),
        workers: 1,
        counts: true,
        ip_prefix: IpPrefix::WHOLE,
        rate_limits: None,
        write_hint: written,
    };
    let (ready, is_ready) = channel();
    thread::spawn(move || {
        let clock = || Timestamp::from_unix(NOW).unwrap();
        let actor = "fuzzer".parse().unwrap();
        let stop = Stop::default();
        serve(
            config,
            listeners,
            &db,
            &actor,
            &clock,
            &stop,
            &mut |notice| {
                if matches!(notice, Notice::Ready { .. }) {
                    ready.send(()).unwrap();
                }
            },
        )
        .unwrap();
    });
    is_ready.recv_timeout(TOO_LONG).unwrap();
    Served { socket, key }
});

pub fn holds(bytes: &[u8]) {
    let has_key = bytes.windows(KEY.len()).any(|part| part == KEY);
    let key = SERVED.key.as_bytes();
    let sent: Vec<u8> = if has_key {
        let text = String::from_utf8_lossy(bytes);
        text.replace("{KEY}", &SERVED.key).into_bytes()
    } else {
        bytes.to_vec()
    };
    let answers = ask(&sent);
    for (status, head, body) in answers {
        assert!(STATUSES.contains(&status), "{head}");
        // A service of the user's own is told 200 and what is wrong.
        let is_told = head.contains("content-type: application/json");
        let is_in = status == 200 && (!is_told || body.contains("\"allowed\":true"));
        assert!(!is_in || has_key, "let in without a key: {head}");
        // What cannot be read as HTTP is answered by hyper itself.
        let is_bare = matches!(status, 100 | 400 | 431);
        let head = head.to_ascii_lowercase();
        assert!(
            is_bare || head.contains("cache-control: no-store"),
            "{head}"
        );
        assert!(
            !head.as_bytes().windows(38).any(|part| part == &key[24..]),
            "{head}"
        );
    }
    let orders = b"GET /auth/envoy/api/v1/orders HTTP/1.1\r\nX-API-Key: ";
    let next = [orders, key, b"\r\nConnection: close\r\n\r\n"].concat();
    let answers = ask(&next);
    assert_eq!(answers.first().map(|(status, ..)| *status), Some(200));
}

/// The status, the head and the body of each answer.
fn ask(bytes: &[u8]) -> Vec<(u16, String, String)> {
    let mut stream = UnixStream::connect(&SERVED.socket).unwrap();
    stream.set_read_timeout(Some(TOO_LONG)).unwrap();
    stream.set_write_timeout(Some(TOO_LONG)).unwrap();
    // It may have been closed before everything was sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answered = Vec::new();
    let _ = stream.read_to_end(&mut answered);
    let text = String::from_utf8_lossy(&answered).into_owned();
    // No body of an answer has this in it.
    text.split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let status = head.split(' ').next().unwrap().parse().unwrap();
            (status, head.into(), body.into())
        })
        .collect()
}
