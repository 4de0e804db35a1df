//! How much is tried, and how much it was.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::support::tools;

/// Whether everything is tried, and not only the share that fits into every run of the tests.
pub fn all() -> bool {
    std::env::var("ZENFLOW_KEYS_FAULTS").is_ok_and(|extent| extent == "all")
}

static FAILED: AtomicUsize = AtomicUsize::new(0);
static KILLED: AtomicUsize = AtomicUsize::new(0);

/// Adds to the figures, and prints them with the sums so far.
pub fn count(what: &str, failed: usize, killed: usize) {
    let all_failed = FAILED.fetch_add(failed, Relaxed) + failed;
    let all_killed = KILLED.fetch_add(killed, Relaxed) + killed;
    if all() {
        tools::say(&format!(
            "{what}: {failed} faults injected, {killed} processes killed (in all {all_failed} and {all_killed})"
        ));
    }
}
