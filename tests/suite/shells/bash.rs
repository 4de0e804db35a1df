//! bash: quoting and colons are its difficulties.

use crate::support::shell::Bench;
use crate::support::terminal::Terminal;
use crate::support::tools;

const NAMES: [&str; 4] = [
    "ERP Integration",
    "Integración",
    "team@factory 7",
    "a,b/c+d",
];

/// What stands on the line after typing, once it is this. Then the line is cleared.
#[track_caller]
fn completes(terminal: &mut Terminal, typed: &str, line: &str) {
    terminal.types(typed);
    let prompt = format!("> {line}");
    terminal.shows_what(&prompt, |screen| {
        screen
            .lines()
            .last()
            .is_some_and(|last| last.trim_end() == prompt.trim_end())
    });
    terminal.types("\u{15}");
    terminal.shows_what("an empty prompt", |screen| {
        screen
            .lines()
            .last()
            .is_some_and(|last| last.trim_end() == ">")
    });
}

/// A bash that has run this and waits for more.
fn bash(bench: &Bench, setup: &str) -> Terminal {
    let mut terminal = bench.shell("bash", &["--norc", "--noprofile", "-i"]);
    terminal.shows("-");
    // A prompt of another kind, which is not the one before the setup was run.
    terminal.types(&format!("{setup}; PS1='> '; clear\r"));
    terminal.shows_what("an empty screen", |screen| screen.trim() == ">");
    terminal
}

fn everything_completes(bench: &Bench, terminal: &mut Terminal) {
    for (typed, line) in [
        ("zenflow-keys sho\t", "zenflow-keys show"),
        (
            "zenflow-keys create x --pre\terp\t",
            "zenflow-keys create x --preset erp-sync",
        ),
        (
            "zenflow-keys create x --scope read:o\t",
            "zenflow-keys create x --scope read:orders",
        ),
        (
            "zenflow-keys create x --scope read:orders,write:s\t",
            "zenflow-keys create x --scope read:orders,write:stock",
        ),
        (
            "zenflow-keys create x --scope=read:o\t",
            "zenflow-keys create x --scope=read:orders",
        ),
        (
            "zenflow-keys check --request 'POST /stock/b\t",
            "zenflow-keys check --request 'POST /stock/bulk'",
        ),
        (
            "zenflow-keys show E\t",
            r"zenflow-keys show ERP\ Integration",
        ),
        (
            "zenflow-keys show ERP\\ I\t",
            r"zenflow-keys show ERP\ Integration",
        ),
        (
            "zenflow-keys show \"ERP I\t",
            "zenflow-keys show \"ERP Integration\"",
        ),
        (
            "zenflow-keys show 'ERP I\t",
            "zenflow-keys show 'ERP Integration'",
        ),
        ("zenflow-keys show Integ\t", "zenflow-keys show Integración"),
        (
            "zenflow-keys show te\t",
            r"zenflow-keys show team@factory\ 7",
        ),
        (
            "zenflow-keys show team@f\t",
            r"zenflow-keys show team@factory\ 7",
        ),
        ("zenflow-keys show a,b\t", "zenflow-keys show a,b/c+d"),
        (
            "true | zenflow-keys revoke 'E\t",
            "true | zenflow-keys revoke 'ERP Integration'",
        ),
        (
            "zenflow-keys --db .local/share/zen\t",
            "zenflow-keys --db .local/share/zenflow-keys/",
        ),
        (
            "zenflow-keys --db=.local/share/zen\t",
            "zenflow-keys --db=.local/share/zenflow-keys/",
        ),
        ("zenflow-keys list > bi\t", "zenflow-keys list > bin/"),
        (
            "zenflow-keys --db nowhere show E\t",
            "zenflow-keys --db nowhere show E",
        ),
    ] {
        completes(terminal, typed, line);
    }
    assert!(!bench.path("nowhere").exists());
    terminal.types("zenflow-keys show \t\t");
    let screen = terminal.shows_what("all names", |screen| {
        screen.contains("team@factory") && screen.contains("Integración")
    });
    assert!(
        screen.contains(r"ERP\ Integration") && screen.contains("a,b/c+d"),
        "{screen}"
    );
    terminal.types("te\t\r");
    terminal.shows("team@factory 7  ● active");
}

#[test]
fn stock_bash_completes() {
    if tools::are_there(&["bash", "setsid"]) {
        let bench = Bench::with_keys(&NAMES);
        bench.install("zenflow-keys.bash", "script");
        let mut terminal = bash(&bench, "source ./script");
        everything_completes(&bench, &mut terminal);
    }
}

#[test]
fn bash_with_its_completion_package_finds_the_script_and_completes() {
    let package = "/usr/share/bash-completion/bash_completion";
    if tools::are_there(&["bash", "setsid", package]) {
        let bench = Bench::with_keys(&NAMES);
        bench.install(
            "zenflow-keys.bash",
            ".local/share/bash-completion/completions/zenflow-keys",
        );
        let mut terminal = bash(&bench, &format!("source {package}"));
        everything_completes(&bench, &mut terminal);
    }
}

#[test]
fn a_forged_name_is_neither_run_nor_offered() {
    if tools::are_there(&["bash", "setsid"]) {
        let bench = Bench::with_keys(&["forged"]);
        let store = rusqlite::Connection::open(bench.store()).unwrap();
        store
            .execute_batch("UPDATE keys SET name = '$(touch run)', name_folded = '$(touch run)'")
            .unwrap();
        bench.install("zenflow-keys.bash", "script");
        let mut terminal = bash(&bench, "source ./script");
        completes(
            &mut terminal,
            "zenflow-keys show \t\t$\t",
            "zenflow-keys show $",
        );
        assert!(!bench.path("run").exists());
    }
}

#[test]
fn the_hint_leads_to_completion_in_one_step() {
    if tools::are_there(&["bash", "setsid"]) {
        let bench = Bench::with_keys(&NAMES);
        let mut terminal = bash(&bench, "true");
        terminal.types(
            "eval \"$(zenflow-keys completions bash 2>&1 >/dev/null | tail -n 1)\"; cat .bashrc\r",
        );
        terminal.shows("source <(zenflow-keys completions bash --quiet)");
        let mut terminal = bench.shell("bash", &["-i"]);
        terminal.types("PS1='> '; clear\r");
        terminal.shows_what("an empty screen", |screen| screen.trim() == ">");
        completes(
            &mut terminal,
            "zenflow-keys show E\t",
            r"zenflow-keys show ERP\ Integration",
        );
    }
}
