//! How fast `usage import` reads: lines a second of one core, and the most memory it took.
//!
//! `cargo bench --bench import` reads 3,000,000 lines of nginx of 200 keys and 3,000 addresses over
//! a day; another number of lines can be given: `cargo bench --bench import -- 500000`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const KEYS: usize = 200;
const ADDRESSES: usize = 3_000;
const REQUESTS: [&str; 6] = [
    "GET /orders",
    "GET /orders/48213",
    "GET /stock/sku/AB-1200",
    "PUT /stock/product/77",
    "GET /products",
    "POST /orders",
];

fn main() {
    let lines = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(3_000_000);
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let plain = directory.path().join("access.log");
    let store = store(&directory);
    generate(&plain, &ids(&store), lines);
    let size = fs::metadata(&plain).unwrap().len();
    println!(
        "{lines} lines, {} MB, {KEYS} keys, {ADDRESSES} addresses",
        size / 1_000_000
    );
    measure("nginx, new", &store, &plain, lines);
    measure("nginx, counted before", &store, &plain, lines);
    let packed = directory.path().join("access.log.gz");
    let mut encoder = GzEncoder::new(File::create(&packed).unwrap(), Compression::fast());
    encoder.write_all(&fs::read(&plain).unwrap()).unwrap();
    encoder.finish().unwrap();
    measure(
        "nginx, gzip, new",
        &directory.path().join("other.db"),
        &packed,
        lines,
    );
}

/// A store with its keys, and another with the same.
fn store(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("keys.db");
    for number in 0..KEYS {
        let name = format!("key {number}");
        let status = command(&path, &["create", &name, "--preset", "erp-sync"])
            .stdout(Stdio::piped())
            .output()
            .unwrap()
            .status;
        assert!(status.success());
    }
    fs::copy(&path, directory.path().join("other.db")).unwrap();
    path
}

fn ids(store: &Path) -> Vec<String> {
    let listed = command(store, &["list", "--ids"])
        .stdout(Stdio::piped())
        .output()
        .unwrap()
        .stdout;
    String::from_utf8(listed)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn command(store: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .env("ZENFLOW_KEYS_DB", store)
        .stderr(Stdio::null());
    command
}

/// A day of traffic. Each address belongs to one key; now and then one is refused.
fn generate(path: &Path, ids: &[String], lines: usize) {
    let mut log = BufWriter::new(File::create(path).unwrap());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for line in 0..lines {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let address = usize::try_from(state >> 33).unwrap() % ADDRESSES;
        let second = line * 86_400 / lines;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let request =
            REQUESTS[(address % 3 + usize::try_from(state & 1).unwrap() * 3) % REQUESTS.len()];
        let status = if state.is_multiple_of(97) { 403 } else { 200 };
        writeln!(
            log,
            "10.{}.{}.{} - - [01/Nov/2025:{hour:02}:{minute:02}:{second:02} +0000] \"{request} HTTP/1.1\" {status} {} \"-\" \"erp-client/4.2 (linux; x86_64)\" {}",
            address % 7,
            address / 250,
            address % 250,
            state % 9000,
            ids[address % ids.len()]
        )
        .unwrap();
    }
    log.flush().unwrap();
}

/// Reads a log as a process of its own. The machine may do other things at the same time: what
/// counts is the time that the process had.
fn measure(what: &str, store: &Path, log: &Path, lines: usize) {
    let mut child = command(store, &["usage", "import", log.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut seconds, mut peak) = (0.0_f64, 0);
    while child.try_wait().unwrap().is_none() {
        seconds = seconds.max(processor_seconds(&child));
        peak = peak.max(peak_memory(&child));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    #[allow(clippy::cast_precision_loss, reason = "a speed in round numbers")]
    let speed = lines as f64 / seconds;
    println!(
        "{what:<24} {speed:>12.0} lines/s of one core {seconds:>7.2} s {:>6} MiB",
        peak / 1024
    );
}

/// The time of the processor that a process had, as Linux tells it: the 14th and 15th field of
/// `/proc/PID/stat`, in hundredths of a second.
fn processor_seconds(child: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    fields
        .get(11..13)
        .map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

/// The most memory that a process took, in KiB.
fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}
