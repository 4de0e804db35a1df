//! The manual at a real terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::shell::Bench;
use crate::support::terminal::Terminal;
use crate::support::tools;

/// A terminal in which this was run.
fn run(bench: &Bench, script: &str) -> Terminal {
    bench.shell("bash", &["--norc", "-c", script])
}

#[test]
fn man_shows_the_formatted_page() {
    if tools::are_there(&["setsid", "bash", "man"]) {
        let bench = Bench::with_keys(&[]);
        let mut terminal = run(
            &bench,
            "PAGER=cat zenflow-keys man allowlist clear | cat >roff; \
             PAGER='head -n 8' zenflow-keys man allowlist clear; echo \"ended: $?\"",
        );
        let screen = terminal.shows("ended: 0");
        assert!(
            screen.contains("ZENFLOW-KEYS-ALLOWLIST-CLEAR(1)") && screen.contains("\nNAME"),
            "{screen}"
        );
        assert!(
            !screen.contains(".TH") && !screen.contains(".SH"),
            "{screen}"
        );
        let roff = fs::read_to_string(bench.path("roff")).unwrap();
        assert!(
            roff.starts_with(".TH ZENFLOW-KEYS-ALLOWLIST-CLEAR 1"),
            "{roff}"
        );
    }
}

#[test]
fn the_page_is_given_to_man_as_a_file_that_is_gone_afterwards() {
    if tools::are_there(&["setsid", "bash"]) {
        let bench = Bench::with_keys(&[]);
        let man = bench.path("bin/man");
        fs::write(
            &man,
            "#!/bin/sh\necho \"$*\" >given; head -n 1 \"$2\" >seen\n",
        )
        .unwrap();
        fs::set_permissions(&man, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(bench.path("tmp")).unwrap();
        let mut terminal = run(
            &bench,
            "TMPDIR=tmp zenflow-keys man rotate; echo \"ended: $?\"",
        );
        terminal.shows("ended: 0");
        let given = fs::read_to_string(bench.path("given")).unwrap();
        assert!(
            given.starts_with("-l ") && given.contains("/tmp/zenflow-keys-rotate-"),
            "{given}"
        );
        let seen = fs::read_to_string(bench.path("seen")).unwrap();
        assert!(seen.starts_with(".TH ZENFLOW-KEYS-ROTATE 1"), "{seen}");
        assert_eq!(fs::read_dir(bench.path("tmp")).unwrap().count(), 0);
    }
}

#[test]
fn without_man_the_long_help_is_shown() {
    if tools::are_there(&["setsid", "bash"]) {
        let bench = Bench::with_keys(&[]);
        let mut terminal = run(
            &bench,
            "PATH=$PWD/bin; zenflow-keys man allowlist clear; echo \"ended: $?\"",
        );
        let screen = terminal.shows("ended: 0");
        assert!(screen.contains("Do not ask for confirmation"), "{screen}");
    }
}
