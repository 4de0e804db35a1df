//! wrk: many requests at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECONDS: &str = "5s";

pub struct Rate {
    pub requests_a_second: f64,
    /// The median, as wrk writes it: `57.00us`.
    pub median: String,
}

/// What wrk sends: what nginx would.
pub fn script(directory: &Path, key: &str) -> PathBuf {
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

/// Sends for some seconds, from so many connections.
pub fn run(address: &str, path: &str, connections: u32, script: &Path) -> Rate {
    let output = Command::new("wrk")
        .args(["-t", "1", "--latency", "-d", SECONDS, "-c"])
        .arg(connections.to_string())
        .arg("-s")
        .arg(script)
        .arg(format!("http://{address}{path}"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{text}");
    let after = |label| {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("{text}")).trim().to_owned()
    };
    Rate {
        requests_a_second: after("Requests/sec:").parse().unwrap(),
        median: after("50%"),
    }
}
