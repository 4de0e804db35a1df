//! Where it listens, and to whom.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use zenflow_keys::internals::{Config, ListenAddress, ListenSocket};

use crate::serve::bench::{Served, config, with_key};

const ORDERS: &str = "GET /api/v1/orders";

fn trusting(networks: &[&str]) -> Config {
    let mut config = config();
    config.auth.trusted_proxies = networks.iter().map(|net| net.parse().unwrap()).collect();
    config
}

#[test]
fn it_listens_to_tcp_and_to_unix_sockets() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (bench, key) = with_key();
        let served = Served::at(bench, config(), address);
        assert_eq!(
            served.nginx(ORDERS, Some(&key.secret), &[]).status,
            200,
            "{address}"
        );
    }
}

#[test]
fn a_peer_that_is_not_trusted_is_answered_nothing() {
    let (bench, key) = with_key();
    let mut served = Served::at(bench, trusting(&["10.0.0.0/8"]), "127.0.0.1:0");
    let all = super::bench::nginx(ORDERS, Some(&key.secret), &[]);
    for path in ["/auth/nginx", "/v1/check", "/nowhere", "/metrics"] {
        let refused = served.ask("GET", path, &all);
        assert_eq!(
            (refused.status, refused.code()),
            (403, "untrusted_proxy".into()),
            "{path}"
        );
        assert_eq!(refused.header("cache-control"), Some("no-store"));
        assert_eq!(refused.header("x-zenflow-key-id"), None);
    }
    assert!(served.event("Trouble").contains("UntrustedPeer"));
    // Who comes by a Unix socket was let in by its mode.
    assert_eq!(served.admin("/health/live").status, 200);
    let (bench, key) = with_key();
    let served = Served::with(bench, trusting(&["10.0.0.0/8"]));
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
    let (bench, key) = with_key();
    let served = Served::at(
        bench,
        trusting(&["10.0.0.0/8", "127.0.0.0/8"]),
        "127.0.0.1:0",
    );
    assert_eq!(served.nginx(ORDERS, Some(&key.secret), &[]).status, 200);
}

#[test]
fn an_address_is_a_path_or_an_address_with_a_port() {
    for text in [
        "unix:/run/x.sock",
        "unix:x",
        "127.0.0.1:0",
        "[::1]:80",
        "0.0.0.0:8787",
    ] {
        assert!(text.parse::<ListenAddress>().is_ok(), "{text}");
    }
    for text in [
        "",
        "unix:",
        "localhost:80",
        "127.0.0.1",
        ":80",
        "127.0.0.1:",
        "/run/x",
        "::1:80",
    ] {
        assert!(text.parse::<ListenAddress>().is_err(), "{text}");
    }
    let open = |text: &str| ListenSocket::open(&text.parse().unwrap()).unwrap();
    assert!(!open("127.0.0.1:0").is_open_to_networks());
    assert!(!open("[::1]:0").is_open_to_networks());
    assert!(open("0.0.0.0:0").is_open_to_networks());
}

#[test]
fn a_socket_that_nobody_listens_at_any_more_is_replaced_and_any_other_file_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let address: ListenAddress = format!("unix:{}", path.display()).parse().unwrap();
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "it was left behind");
    let listener = ListenSocket::open(&address).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o660);
    let taken = ListenSocket::open(&address).unwrap_err();
    assert!(taken.message.contains("unix:"), "{taken}");
    assert!(path.exists());
    drop(listener);
    assert!(!path.exists());
    fs::write(&path, "precious").unwrap();
    assert!(ListenSocket::open(&address).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    // One that somebody else put in its place is not removed.
    fs::remove_file(&path).unwrap();
    let listener = ListenSocket::open(&address).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "another").unwrap();
    drop(listener);
    assert!(path.exists());
}
