//! How the program is linked.

/// What unwinds the stack is linked into the program where GCC has it as an archive: the shared library is one file more to find, map and
/// relocate at each start, which is a seventh of what an empty program takes.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}
