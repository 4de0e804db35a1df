//! The manual, the version and the exit statuses.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::in_process::Bench;

#[test]
fn the_manual_is_printed_a_page_at_a_time() {
    let bench = Bench::new();
    assert!(bench.ok(&["man"]).stdout.starts_with(".TH ZENFLOW-KEYS 1 "));
    assert!(
        bench
            .ok(&["man", "allowlist", "add"])
            .stdout
            .starts_with(".TH ZENFLOW-KEYS-ALLOWLIST-ADD 1 ")
    );
    assert_eq!(
        bench.json(&["man", "rotate"])["page"],
        "zenflow-keys-rotate.1"
    );
    bench.refused(&["man", "nonsense"], 2, "usage");
    assert!(bench.bytes().is_none(), "it needs no store");
}

#[test]
fn the_manual_is_written_for_everyone_to_read() {
    let bench = Bench::new();
    let directory = bench.path("share/man1");
    let written = bench.json(&["man", "--dir", directory.to_str().unwrap()]);
    let files = written["files"].as_array().unwrap();
    assert_eq!(files.len(), fs::read_dir(&directory).unwrap().count());
    assert!(
        files
            .iter()
            .any(|file| file.as_str().unwrap().ends_with("/zenflow-keys-create.1"))
    );
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (
            mode(directory.to_str().unwrap()),
            mode(files[0].as_str().unwrap())
        ),
        (0o755, 0o644)
    );
    bench.ok(&["man", "--dir", directory.to_str().unwrap()]);
    bench.refused(&["man", "--dir", "/dev/null/x"], 1, "io");
    bench.refused(&["man", "rotate", "--dir", "x"], 2, "usage");
}

#[test]
fn the_version_tells_of_sqlite_and_the_schema() {
    let bench = Bench::new();
    let version = bench.ok(&["-V"]).stdout;
    let wanted = format!(
        "zenflow-keys {} (SQLite {}, schema {})\n",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version(),
        zenflow_keys::store::SCHEMA_VERSION
    );
    assert_eq!(version, wanted);
    assert_eq!(bench.ok(&["--version"]).stdout, version);
}

#[test]
fn the_exit_statuses_are_explained_by_the_programs_own_table() {
    let bench = Bench::new();
    let help = bench.ok(&["help", "exit-status"]).stdout;
    for (status, meaning) in zenflow_keys::error::EXIT_STATUSES {
        assert!(
            help.contains(&format!("  {status:<6}  {meaning}\n")),
            "{status}: {help}"
        );
    }
    for code in zenflow_keys::error::Code::ALL {
        assert!(
            help.contains(&format!(
                "  {:<20}  {:<3}  {}",
                code.row().0,
                code.row().1,
                code.row().2
            )),
            "{code:?}: {help}"
        );
    }
    assert_eq!(
        bench.ok(&["exit-status"]).stdout.trim_end(),
        help.trim_end()
    );
}

#[test]
fn help_says_of_every_command_what_it_is_for() {
    let bench = Bench::new();
    for help in [
        bench.ok(&["-h"]).stdout,
        bench.ok(&["--help"]).stdout,
        bench.ok(&["help"]).stdout,
    ] {
        // However its lines are broken.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for command in zenflow_keys::internals::whole()
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
        {
            let about = command.get_about().unwrap().to_string();
            let row = format!(" {} {} ", command.get_name(), words(&about));
            assert!(words(&help).contains(&row), "{row}\n{help}");
        }
        assert!(!help.contains("  exit-status"), "{help}");
    }
    assert!(
        bench
            .ok(&["usage", "-h"])
            .stdout
            .contains("import  Count uses")
    );
}
