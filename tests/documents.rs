//! README and completion scripts agree with the program.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::Path;

use clap::CommandFactory;
use zenflow_keys::cli::Cli;
use zenflow_keys::commands::completions::Shell;
use zenflow_keys::domain::Reason;
use zenflow_keys::domain::event::Action;
use zenflow_keys::error::EXIT_STATUSES;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn assert_readme_has(table: &str, rows: impl Iterator<Item = String>) {
    let rows = rows.collect::<Vec<_>>().join("\n");
    assert!(read("README.md").contains(&rows), "the README's table of {table} should be:\n{rows}");
}

#[test]
fn the_readme_has_the_programs_exit_statuses() {
    assert_readme_has("exit statuses", EXIT_STATUSES.iter().map(|(exit, meaning)| format!("| {exit} | {meaning} |")));
}

#[test]
fn the_readme_has_the_programs_verdicts() {
    let row = |reason: Reason| {
        let refusal = reason.refusal();
        format!("| `{}` | `{}` | {} | {} |", reason.word(), refusal.code(), refusal.http(), refusal.exit())
    };
    assert_readme_has("verdicts", Reason::ALL.into_iter().map(row));
}

#[test]
fn the_readme_has_the_programs_actions() {
    assert_readme_has("actions", Action::ALL.into_iter().map(|action| format!("| `{}` | {} |", action.word(), action.meaning())));
}

#[test]
fn the_readme_names_every_command() {
    let readme = read("README.md");
    for command in Cli::command().get_subcommands() {
        assert!(readme.contains(&format!("`{}", command.get_name())), "{}", command.get_name());
    }
}

#[test]
fn every_shell_has_its_script_in_the_repository() {
    for shell in Shell::ALL {
        let path = format!("completions/{}", shell.file_name());
        assert!(read(&path) == shell.script() && !shell.script().is_empty(), "{path} is not what 'completions' prints");
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}
