//! Programs that a test needs besides git, a C compiler and Rust.

use std::io::Write;
use std::path::Path;

/// Whether these are there, by name or by path. A test that lacks one is skipped and says so; in CI
/// it fails.
#[must_use]
#[track_caller]
pub fn are_there(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| {
        let mut directories = std::env::split_paths(&path);
        Path::new(program).is_absolute() && Path::new(program).exists()
            || directories.any(|directory| directory.join(program).exists())
    };
    let missing: Vec<_> = programs.iter().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return true;
    }
    skip(&format!("needs {missing:?}"))
}

/// Says that a test is skipped and why, and is false; in CI the test fails.
#[must_use]
#[track_caller]
pub fn skip(why: &str) -> bool {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    assert!(std::env::var_os("CI").is_none(), "{test} {why}");
    say(&format!("SKIPPED: {test} {why}"));
    false
}

/// Prints a line past the test harness, which swallows what a test that passes prints.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
