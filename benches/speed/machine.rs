//! What kind of machine this is.

use std::fs;
use std::process::Command;

pub fn description() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(": "));
    let model = model.map_or("processor unknown", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sha = if cpu.contains("sha_ni") {
        "with SHA instructions"
    } else {
        "without SHA instructions"
    };
    format!(
        "{model}, {cores} cores, {sha}; {}; {}; SQLite {}",
        said("uname", "-sr"),
        said("rustc", "--version"),
        rusqlite::version()
    )
}

fn said(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or_else(
        |_| format!("no {program}"),
        |output| String::from_utf8_lossy(&output.stdout).trim().into(),
    )
}
