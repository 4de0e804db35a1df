//! How much is tried, and how much it was.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Whether everything is tried, and not only the share that fits into every run of the tests.
pub fn all() -> bool {
    std::env::var("ZENFLOW_KEYS_FAULTS").is_ok_and(|extent| extent == "all")
}

/// Says something although the test passes: `eprintln!` would not be shown.
pub fn say(line: &str) {
    std::io::stderr()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

static FAILED: AtomicUsize = AtomicUsize::new(0);
static KILLED: AtomicUsize = AtomicUsize::new(0);

/// Adds to the figures, and prints them with the sums so far.
pub fn count(what: &str, failed: usize, killed: usize) {
    let all_failed = FAILED.fetch_add(failed, Relaxed) + failed;
    let all_killed = KILLED.fetch_add(killed, Relaxed) + killed;
    if all() {
        say(&format!(
            "{what}: {failed} faults injected, {killed} processes killed (in all {all_failed} and {all_killed})"
        ));
    }
}
