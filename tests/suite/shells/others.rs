//! zsh, fish and Elvish: they quote by themselves and show descriptions.

use crate::support::shell::Bench;
use crate::support::terminal::Terminal;
use crate::support::tools;

const NAMES: [&str; 3] = ["ERP Integration", "Integración", "team@factory 7"];

fn key_of(bench: &Bench) -> String {
    bench
        .ok(&["show", "ERP Integration"])
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

/// Completes one name, and runs the command.
#[track_caller]
fn completes_and_runs(bench: &Bench, terminal: &mut Terminal, typed: &str) {
    terminal.types("\u{15}clear\r");
    terminal.shows_what("an empty screen", |screen| {
        screen.trim().lines().count() <= 1
    });
    terminal.types(typed);
    terminal.shows("Integration");
    terminal.types("\r");
    terminal.shows(&key_of(bench));
}

fn everything_completes(bench: &Bench, terminal: &mut Terminal) {
    completes_and_runs(bench, terminal, "zenflow-keys show E\t");
    completes_and_runs(bench, terminal, "zenflow-keys show \"ERP\t");
    completes_and_runs(bench, terminal, "zenflow-keys show ERP\\ I\t");
    terminal.types("\u{15}clear\rzenflow-keys create x --scope=read:o\t");
    terminal.shows("--scope=read:orders");
    terminal.types("\u{15}clear\rzenflow-keys create x --scope read:orders,write:s\t");
    terminal.shows("read:orders,write:stock");
    terminal.types("\u{15}clear\rzenflow-keys --db=.local/share/zen\t");
    terminal.shows("--db=.local/share/zenflow-keys/");
}

#[test]
fn zsh_completes() {
    if tools::are_there(&["zsh", "setsid"]) {
        let bench = Bench::with_keys(&NAMES);
        bench.install("_zenflow-keys", "functions/_zenflow-keys");
        let mut terminal = bench.shell("zsh", &["-f", "-i"]);
        terminal.types("PS1='> '; fpath=(~/functions $fpath); autoload -Uz compinit && compinit -u -D; clear\r");
        terminal.shows_what("an empty screen", |screen| screen.trim() == ">");
        // The first TAB loads the function, and must complete already.
        everything_completes(&bench, &mut terminal);
        terminal.types("\u{15}clear\rzenflow-keys list --sort \t");
        terminal.shows("expires");
        terminal.types("\u{15}clear\rzenflow-keys show \t");
        let screen = terminal.shows("team@factory");
        for name in NAMES {
            let is_row = |line: &str| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.trim_start() == "-- active, live, erp-sync, no expiry")
            };
            assert!(
                screen.lines().any(is_row),
                "a row of its own: {name}\n{screen}"
            );
        }
    }
}

#[test]
fn fish_completes() {
    if tools::are_there(&["fish", "setsid"]) {
        let bench = Bench::with_keys(&NAMES);
        bench.install(
            "zenflow-keys.fish",
            ".config/fish/completions/zenflow-keys.fish",
        );
        let mut terminal = bench.shell("fish", &["--private"]);
        terminal.types("function fish_prompt; echo '> '; end; set fish_greeting; clear\r");
        terminal.shows_what("an empty screen", |screen| screen.trim() == ">");
        everything_completes(&bench, &mut terminal);
        terminal.types("\u{15}clear\rzenflow-keys show \t");
        let screen = terminal.shows("team@factory");
        assert!(screen.contains("(active, live, erp-sync"), "{screen}");
    }
}

#[test]
fn elvish_completes() {
    if tools::are_there(&["elvish", "setsid"]) {
        let bench = Bench::with_keys(&NAMES);
        bench.install("zenflow-keys.elv", ".config/elvish/rc.elv");
        let mut terminal = bench.shell("elvish", &[]);
        terminal.shows("~");
        terminal.types("zenflow-keys show \t");
        let screen = terminal.shows("team@factory 7");
        assert!(screen.contains("active, live, erp-sync"), "{screen}");
        terminal.types("E");
        terminal.shows("ERP Integration");
        terminal.types("\r");
        terminal.shows("show 'ERP Integration'");
        terminal.types("\r");
        terminal.shows(&key_of(&bench));
    }
}
