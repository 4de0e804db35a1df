//! What cannot be taken back is done without a terminal through a flag, and only through it.

use std::collections::BTreeSet;

use clap::Command;

use crate::support::in_process::Bench;

/// A command line that destroys, its command, and what comes before it.
struct Destroyer {
    command: &'static str,
    before: &'static [&'static [&'static str]],
    args: &'static [&'static str],
}

const LISTED: &[&str] = &["allowlist", "add", "ERP", "203.0.113.7"];
const REVOKED: &[&str] = &["revoke", "ERP", "--yes"];
const ROTATED: &[&str] = &["rotate", "ERP"];

/// Every one there is, whatever it destroys.
const DESTROYERS: [Destroyer; 8] = [
    Destroyer {
        command: "revoke",
        before: &[],
        args: &["revoke", "ERP"],
    },
    Destroyer {
        command: "prune",
        before: &[REVOKED],
        args: &["prune", "--older-than", "0"],
    },
    Destroyer {
        command: "rotate",
        before: &[],
        args: &["rotate", "ERP", "--overlap", "0"],
    },
    Destroyer {
        command: "rotate",
        before: &[ROTATED],
        args: &["rotate", "ERP", "--finish", "--force"],
    },
    Destroyer {
        command: "allowlist clear",
        before: &[LISTED],
        args: &["allowlist", "clear", "ERP"],
    },
    Destroyer {
        command: "allowlist remove",
        before: &[LISTED],
        args: &["allowlist", "remove", "ERP", "203.0.113.7"],
    },
    Destroyer {
        command: "allowlist set",
        before: &[LISTED],
        args: &["allowlist", "set", "ERP", "0.0.0.0/0"],
    },
    Destroyer {
        command: "allowlist add",
        before: &[LISTED],
        args: &["allowlist", "add", "ERP", "::/0"],
    },
];

fn prepared(destroyer: &Destroyer) -> Bench {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    destroyer.before.iter().for_each(|args| {
        bench.ok(args);
    });
    bench
}

#[test]
fn without_a_terminal_nothing_is_destroyed_unless_a_flag_says_so() {
    for destroyer in DESTROYERS {
        let bench = prepared(&destroyer);
        let error = bench.refused(destroyer.args, 5, "confirmation_needed");
        assert!(error["hint"].as_str().unwrap().contains("--yes"), "{error}");
        bench.ok(&[destroyer.args, &["--yes"]].concat());
    }
}

#[test]
fn neither_input_nor_quiet_nor_json_is_a_yes() {
    for destroyer in DESTROYERS {
        let bench = prepared(&destroyer);
        let before = bench.bytes();
        for more in [&[][..], &["--quiet"], &["--json"]] {
            let outcome = bench.run_with_stdin(&[destroyer.args, more].concat(), "y\nyes\n");
            assert_eq!(
                (outcome.status, outcome.stdout.as_str()),
                (5, ""),
                "{outcome:?}"
            );
        }
        assert!(
            bench.bytes() == before,
            "{:?} changed the store",
            destroyer.args
        );
    }
}

#[test]
fn every_command_that_can_be_told_yes_is_tried() {
    fn look(command: &Command, path: &str, found: &mut BTreeSet<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            if inner
                .get_arguments()
                .any(|argument| argument.get_long() == Some("yes"))
            {
                found.insert(path.trim_start().to_owned());
            }
            look(inner, &path, found);
        }
    }
    let mut found = BTreeSet::new();
    look(&zenflow_keys::internals::documented(), "", &mut found);
    // What it destroys stands in a file; tests/suite/scan/revoke.rs tries it.
    assert!(found.remove("scan"));
    assert_eq!(
        found,
        DESTROYERS
            .iter()
            .map(|destroyer| destroyer.command.to_owned())
            .collect()
    );
}
