//! The units for systemd in the Debian package.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::tools::are_there;

fn unit(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("systemd")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// The values of a setting of a unit.
fn settings<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    unit.lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .collect()
}

#[test]
fn the_service_has_no_network_but_the_socket_and_writes_nothing_but_the_store() {
    let service = unit("zenflow-keys.service");
    for (name, value) in [
        ("Type", "notify"),
        ("Requires", "zenflow-keys.socket"),
        ("User", "zenflow-keys"),
        ("StateDirectory", "zenflow-keys"),
        ("StateDirectoryMode", "0700"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateNetwork", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX"),
        ("CapabilityBoundingSet", ""),
        ("NoNewPrivileges", "yes"),
    ] {
        assert_eq!(settings(&service, name), [value], "{name}");
    }
    assert!(settings(&service, "ReadWritePaths").is_empty());
    let start = settings(&service, "ExecStart")[0];
    let args: Vec<_> = start.split(' ').collect();
    assert_eq!(args[0], "/usr/bin/zenflow-keys");
    let parsed = zenflow_keys::internals::command().try_get_matches_from(&args);
    assert!(parsed.is_ok(), "{start}");
    // It answers at the socket that is passed.
    assert!(!args.contains(&"--listen"));
    let socket = unit("zenflow-keys.socket");
    assert_eq!(
        settings(&socket, "ListenStream"),
        ["/run/zenflow-keys/serve.sock"]
    );
    assert_eq!(settings(&socket, "SocketMode"), ["0660"]);
}

#[test]
fn systemd_finds_nothing_to_complain_about() {
    if !are_there(&["systemd-analyze"]) {
        return;
    }
    let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/zenflow-keys.service");
    let security = Command::new("systemd-analyze")
        .args(["security", "--offline=yes", "--threshold=10"])
        .arg(&service)
        .output()
        .unwrap();
    // The threshold is ten times the exposure: at most 1.0.
    assert!(security.status.success(), "{security:?}");
    // What it says of files that are not installed here is no fault of the units.
    let directory = tempfile::tempdir().unwrap();
    for name in ["zenflow-keys.socket", "zenflow-keys.service"] {
        let program = env!("CARGO_BIN_EXE_zenflow-keys");
        let text: String = unit(name)
            .replace("/usr/bin/zenflow-keys", program)
            .lines()
            .filter(|line| !line.starts_with("Documentation="))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(directory.path().join(name), text).unwrap();
    }
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .arg(directory.path().join("zenflow-keys.socket"))
        .arg(directory.path().join("zenflow-keys.service"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
}
