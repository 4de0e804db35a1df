//! What `serve` costs, side by side with servers that ask no store: `cargo bench --bench serve`. Needs
//! wrk, and nginx for what concerns a gateway. `ZENFLOW_KEYS_BENCH=1000,100000` names other sizes of
//! the store.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs
)]

mod bare;
mod client;
mod gateway;
mod server;
mod stalls;
mod wrk;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use server::Server;

/// How this program is started to be the server that looks nothing up.
const BARE: &str = "bare";
/// Rounds in which both of a pair are measured, in turns; the median of each counts.
const ROUNDS: usize = 5;

fn main() {
    if std::env::args().nth(1).is_some_and(|arg| arg == BARE) {
        return bare::serve();
    }
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("SKIPPED: needs wrk");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o700)).unwrap();
    throughput(directory.path());
    if Command::new("nginx").arg("-v").output().is_err() {
        println!("SKIPPED: behind nginx");
    } else {
        gateway::bench(directory.path());
    }
    stalls::bench(directory.path());
}

/// Requests a second of 32 connections, and what many keys and connections need.
fn throughput(directory: &Path) {
    let mut this = Command::new(std::env::current_exe().unwrap());
    let floor = Server::start(this.arg(BARE));
    let sizes = std::env::var("ZENFLOW_KEYS_BENCH").unwrap_or("1000,100000,1000000".into());
    let sizes: Vec<u32> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
    let mut rates = Vec::new();
    for keys in sizes {
        let db = directory.join(format!("{keys}.db"));
        let key = server::store(&db, keys);
        let started = Instant::now();
        let server = Server::serve(&db);
        client::Client::connect(&server.address).ask(&client::of_nginx(&key));
        let first = started.elapsed();
        let script = wrk::script(directory, &key);
        let rate = |server: &Server| {
            wrk::run(&server.address, "/auth/nginx", 32, &script).requests_a_second
        };
        let (served, bare) = in_turns(|| rate(&server), || rate(&floor));
        let few = server.most_memory();
        wrk::run(&server.address, "/auth/nginx", 1_024, &script);
        println!(
            "{keys:>9} keys: {served:.0} requests a second, {:.0} % of the bare server's {bare:.0} \
             (goal: 60 with 100,000 keys)",
            100.0 * served / bare
        );
        println!(
            "                first answer after {first:.1?} (goal: at most 50 ms); {few:.1} MiB with 32 \
             connections, {:.1} with 1,024 (goal: at most 64)",
            server.most_memory()
        );
        rates.push(served);
    }
    if let [first, .., last] = rates[..] {
        println!(
            "the largest store: {:.0} % of the requests of the smallest (goal: 85)",
            100.0 * last / first
        );
    }
}

/// The medians of two rates that are measured in turns.
fn in_turns(mut one: impl FnMut() -> f64, mut other: impl FnMut() -> f64) -> (f64, f64) {
    let (mut ones, mut others): (Vec<_>, Vec<_>) = (0..ROUNDS).map(|_| (one(), other())).unzip();
    for rates in [&mut ones, &mut others] {
        rates.sort_by(f64::total_cmp);
    }
    (ones[ROUNDS / 2], others[ROUNDS / 2])
}
