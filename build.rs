//! How the program is linked.

use std::path::Path;
use std::process::Command;

/// What unwinds the stack is linked into the program where the compiler has it as an archive: the
/// shared library is one file more to find, map and relocate at each start, which is a seventh of
/// what an empty program takes.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_for_this_system = variable("HOST") == variable("TARGET");
    let is_gnu_linux =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if is_for_this_system && is_gnu_linux && is_there("libgcc_eh.a") {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}

/// Whether the compiler has this file: if so, it says where.
fn is_there(name: &str) -> bool {
    let answer = Command::new("cc")
        .arg(format!("-print-file-name={name}"))
        .output();
    answer
        .is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
