//! What recorded use costs: to import it, report it, review it and prune it, and how long each of
//! these keeps an urgent `disable` waiting.
//!
//! `cargo bench --bench usage` does it with 1,000,000 and with 9,000,000 rows of usage, a line of
//! the log each; other numbers can be given: `cargo bench --bench usage -- 100000`. It compares with
//! goaccess where that is. With 9,000,000 rows it needs 5 GB of disk.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use zenflow_keys::domain::Timestamp;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zenflow-keys");
const KEYS: usize = 500;
/// One in so many requests is of the first key.
const OF_THE_FIRST: usize = 10;
const DAYS: i64 = 90;
const DAY: i64 = 86_400;
const REQUESTS: [&str; 6] = [
    "GET /orders",
    "GET /orders/48213",
    "GET /stock/sku/AB-1200",
    "PUT /stock/product/77",
    "GET /products",
    "POST /orders",
];
/// The key that is switched off and on meanwhile; it has no use.
const URGENT: &str = "urgent";

/// What a log is like.
#[derive(Clone, Copy)]
struct Shape {
    keys: usize,
    addresses: usize,
    days: i64,
}

/// Hardly two lines have key, hour and address in common.
const SPREAD: Shape = Shape {
    keys: KEYS,
    addresses: 1 << 20,
    days: DAYS,
};

/// Many lines have all in common that is counted together.
const DENSE: Shape = Shape {
    keys: 200,
    addresses: 3_000,
    days: 1,
};

/// What a command took.
struct Cost {
    time: Duration,
    /// In MiB.
    memory: f64,
    /// The longest that somebody in a hurry took meanwhile, and how often that was tried.
    wait: Duration,
    tries: usize,
}

fn main() {
    let given: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if given.is_empty() {
        vec![1_000_000, 9_000_000]
    } else {
        given
    };
    for lines in sizes {
        bench(lines);
    }
}

fn bench(lines: usize) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let (store, dense) = (
        directory.path().join("keys.db"),
        directory.path().join("dense.db"),
    );
    create_keys(&store);
    fs::copy(&store, &dense).unwrap();
    let ids = ids(&store);
    println!("\n{lines} lines, of 90 days where each is a row");
    let alone = hurry(&store);
    println!(
        "'disable' while nothing else runs: {:.1} ms",
        milliseconds(alone)
    );

    let log = directory.path().join("dense.log");
    generate(&log, &ids, lines, DENSE);
    let cost = run(&dense, &["usage", "import", log.to_str().unwrap()]);
    show_import("import, dense", lines, &cost);
    fs::remove_file(&log).unwrap();
    fs::remove_file(&dense).unwrap();

    let log = directory.path().join("spread.log");
    generate(&log, &ids, lines, SPREAD);
    let cost = run(&store, &["usage", "import", log.to_str().unwrap()]);
    show_import("import, spread", lines, &cost);
    let review = run(&store, &["review", "--json"]);
    show("review", &review);
    show(
        "usage report --json",
        &run(&store, &["usage", "report", "--json"]),
    );
    let page = directory.path().join("page.html");
    let html = run(
        &store,
        &["usage", "report", "--html", page.to_str().unwrap()],
    );
    show("usage report --html", &html);
    println!(
        "{:<24} {:>8.2} × (goal: at most 3)",
        "  beside review",
        html.time.as_secs_f64() / review.time.as_secs_f64()
    );
    show("suggest", &run(&store, &["suggest", &ids[0]]));
    goaccess(&log, &directory.path().join("goaccess.html"));
    let half = [
        "prune",
        "--older-than",
        "10y",
        "--usage-older-than",
        "45d",
        "--yes",
    ];
    show("prune, half", &run(&store, &half));
}

fn create_keys(store: &Path) {
    let names = (0..KEYS).map(|number| format!("key {number}"));
    for name in names.chain([URGENT.to_owned()]) {
        let mut create = command(store, &["create", &name, "--preset", "erp-sync"]);
        let created = create.stdout(Stdio::piped()).output().unwrap();
        assert!(created.status.success());
    }
}

/// The ids of the keys with use.
fn ids(store: &Path) -> Vec<String> {
    let mut list = command(store, &["list", "--ids", "--name", "key *"]);
    let listed = list.stdout(Stdio::piped()).output().unwrap();
    let ids = String::from_utf8(listed.stdout).unwrap();
    let ids: Vec<String> = ids.lines().map(str::to_owned).collect();
    assert_eq!(ids.len(), KEYS);
    ids
}

fn command(store: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .env("ZENFLOW_KEYS_DB", store)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Traffic in the order of time, up to now, as nginx logs it. Now and then a request is refused.
fn generate(path: &Path, ids: &[String], lines: usize, shape: Shape) {
    #[allow(clippy::disallowed_methods, reason = "this is a clock")]
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let since = i64::try_from(now).unwrap() - shape.days * DAY;
    let mut log = BufWriter::new(File::create(path).unwrap());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for line in 0..lines {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let random = usize::try_from(state >> 16).unwrap();
        let address = random % shape.addresses;
        let key = match address % OF_THE_FIRST {
            0 => 0,
            _ => address % shape.keys,
        };
        let seconds =
            i64::try_from(line).unwrap() * shape.days * DAY / i64::try_from(lines).unwrap();
        writeln!(
            log,
            "10.{}.{}.{} - - [{} +0000] \"{} HTTP/1.1\" {} {} \"-\" \"erp-client/4.2 (linux; x86_64)\" {}",
            address >> 16,
            address >> 8 & 255,
            address & 255,
            nginx_time(since + seconds),
            REQUESTS[(random >> 24) % REQUESTS.len()],
            if state.is_multiple_of(97) { 403 } else { 200 },
            state % 9000,
            ids[key]
        )
        .unwrap();
    }
    log.flush().unwrap();
}

/// `24/Nov/2026:05:00:00`
fn nginx_time(at: i64) -> String {
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = Timestamp::from_unix(at).unwrap().to_string();
    let month: usize = text[5..7].parse().unwrap();
    format!(
        "{}/{}/{}:{}",
        &text[8..10],
        months[month - 1],
        &text[..4],
        &text[11..19]
    )
}

/// Runs a command as a process of its own, while somebody in a hurry comes again and again.
fn run(store: &Path, args: &[&str]) -> Cost {
    // What was written before is no concern of this command.
    rustix::fs::sync();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let hurried = scope.spawn(|| {
            let (mut longest, mut tries) = (Duration::ZERO, 0);
            while !is_over.load(Ordering::Relaxed) {
                longest = longest.max(hurry(store));
                tries += 1;
            }
            (longest, tries)
        });
        let (time, memory) = watch(command(store, args).spawn().unwrap());
        is_over.store(true, Ordering::Relaxed);
        let (wait, tries) = hurried.join().unwrap();
        Cost {
            time,
            memory,
            wait,
            tries,
        }
    })
}

/// Switches a key off and on again; how long the longer of the two took.
fn hurry(store: &Path) -> Duration {
    let took = ["disable", "enable"].map(|what| {
        let start = now();
        let status = command(store, &[what, URGENT]).status().unwrap();
        assert!(status.success(), "{what}: {status}");
        now() - start
    });
    std::thread::sleep(Duration::from_millis(5));
    took[0].max(took[1])
}

#[allow(clippy::disallowed_methods, reason = "this is a clock")]
fn now() -> Instant {
    Instant::now()
}

/// How long a process runs, and the most memory that it takes, in MiB, as Linux tells it.
fn watch(mut child: Child) -> (Duration, f64) {
    let start = now();
    let mut most: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = most.max(kibibytes.map_or(0.0, |number| number.parse().unwrap()));
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{status}");
    (now() - start, most / 1024.0)
}

/// What the same log costs elsewhere: no keys, no store, a page.
fn goaccess(log: &Path, page: &PathBuf) {
    let mut goaccess = Command::new("goaccess");
    goaccess
        .arg(log)
        .args([
            "--no-global-config",
            "--no-progress",
            "--date-format=%d/%b/%Y",
            "--time-format=%T",
        ])
        .arg("--log-format=%h %^[%d:%t %^] \"%r\" %s %b \"%R\" \"%u\" %^")
        .arg("--output")
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match goaccess.spawn() {
        Ok(child) => {
            let (time, memory) = watch(child);
            println!(
                "{:<24} {:>8.2} s {memory:>8.1} MiB",
                "goaccess, the same log",
                time.as_secs_f64()
            );
        }
        Err(_) => println!("goaccess: SKIPPED, there is none"),
    }
}

fn show_import(what: &str, lines: usize, cost: &Cost) {
    #[allow(clippy::cast_precision_loss, reason = "a speed in round numbers")]
    let speed = lines as f64 / cost.time.as_secs_f64();
    show(what, cost);
    println!("{:<24} {speed:>8.0} lines/s", "");
}

fn show(what: &str, cost: &Cost) {
    println!(
        "{what:<24} {:>8.2} s {:>8.1} MiB; the longest 'disable' of {}: {:.1} ms (goal: at most 100)",
        cost.time.as_secs_f64(),
        cost.memory,
        cost.tries,
        milliseconds(cost.wait)
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
