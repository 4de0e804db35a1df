//! README, docs, manual and completion scripts agree with the program.

use std::path::Path;

use clap::Command;
use zenflow_keys::domain::Reason;
use zenflow_keys::domain::event::Action;
use zenflow_keys::error::EXIT_STATUSES;
use zenflow_keys::internals as cli;
use zenflow_keys::internals::Examples;
use zenflow_keys::internals::RULES;
use zenflow_keys::internals::Shell;
use zenflow_keys::internals::pages;
use zenflow_keys::store::FindingKind;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn assert_page_has(page: &str, table: &str, rows: impl Iterator<Item = String>) {
    let rows = rows.collect::<Vec<_>>().join("\n");
    assert!(
        read(page).contains(&rows),
        "the table of {table} in {page} should be:\n{rows}"
    );
}

#[test]
fn the_page_on_scripting_has_the_programs_exit_statuses() {
    assert_page_has(
        "docs/scripting.md",
        "exit statuses",
        EXIT_STATUSES
            .iter()
            .map(|(exit, meaning)| format!("| {exit} | {meaning} |")),
    );
}

#[test]
fn the_page_on_scripting_has_the_programs_verdicts() {
    let row = |reason: Reason| {
        let refusal = reason.refusal();
        format!(
            "| `{}` | `{}` | {} | {} |",
            reason.as_str(),
            refusal.code(),
            refusal.http(),
            refusal.exit()
        )
    };
    assert_page_has(
        "docs/scripting.md",
        "verdicts",
        Reason::ALL.into_iter().map(row),
    );
}

#[test]
fn the_page_on_scripting_has_the_programs_actions() {
    assert_page_has(
        "docs/scripting.md",
        "actions",
        Action::ALL
            .into_iter()
            .map(|action| format!("| `{}` | {} |", action.as_str(), action.meaning())),
    );
}

#[test]
fn the_page_on_backups_has_the_programs_findings() {
    let row = |kind: FindingKind| {
        let (word, severity, meaning) = kind.row();
        format!("| `{word}` | {} | {meaning} |", severity.as_str())
    };
    assert_page_has(
        "docs/backup.md",
        "findings",
        FindingKind::ALL.into_iter().map(row),
    );
}

#[test]
fn dependencies_are_sorted_and_each_has_its_reason() {
    let manifest = read("Cargo.toml");
    for table in ["[dependencies]", "[dev-dependencies]"] {
        let (_, below) = manifest.split_once(&format!("\n{table}\n")).unwrap();
        let (lines, _) = below.split_once("\n[").unwrap();
        let mut names = Vec::new();
        let mut has_reason = false;
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let Some((name, _)) = line.split_once(" = ") else {
                assert!(line.starts_with("# "), "{line}");
                has_reason = true;
                continue;
            };
            assert!(has_reason, "why is {name} in {table}?");
            // 'serde_json' stands below 'serde' and shares its reason.
            has_reason = matches!(name, "serde" | "unicode-normalization");
            names.push(name);
        }
        assert!(names.is_sorted(), "{names:?}");
    }
}

#[test]
fn the_page_on_review_has_the_programs_rules() {
    assert_page_has(
        "docs/review.md",
        "rules",
        RULES.iter().map(|rule| {
            format!(
                "| `{}` | {} | {} |",
                rule.id,
                rule.severity.as_str(),
                rule.meaning
            )
        }),
    );
}

#[test]
fn the_help_of_review_has_every_rule() {
    let help = cli::whole()
        .find_subcommand_mut("review")
        .unwrap()
        .render_long_help()
        .to_string();
    // It is wrapped.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in &RULES {
        assert!(
            help.contains(rule.id) && help.contains(rule.meaning),
            "{}",
            rule.id
        );
    }
}

#[test]
fn the_readme_names_every_command() {
    let readme = read("README.md");
    for command in cli::documented()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        assert!(
            readme.contains(&format!("`{}", command.get_name())),
            "{}",
            command.get_name()
        );
    }
}

#[test]
fn every_shell_has_its_script_in_the_repository() {
    for shell in Shell::ALL {
        let path = format!("completions/{}", shell.file_name());
        assert!(
            read(&path) == shell.script() && !shell.script().is_empty(),
            "{path} is not what 'completions' prints"
        );
    }
}

#[test]
fn the_manual_is_clean_and_complete() {
    for page in pages() {
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "\"SEE ALSO\"",
        ] {
            assert!(
                page.text().contains(&format!(".SH {section}\n")),
                "{}: {section}",
                page.file_name()
            );
        }
        // A status and what it means stand on lines of their own, one below the other, in roff.
        let rows = page
            .text()
            .split(".TP\n")
            .filter_map(|row| row.strip_prefix("\\fB"))
            .filter_map(|row| row.split_once("\\fR\n"));
        let rows: Vec<_> = rows
            .map(|(status, meaning)| (status, meaning.replace('\n', " ")))
            .collect();
        for (status, meaning) in EXIT_STATUSES {
            let meaning = meaning.replace('-', "\\-");
            let is_there = |(found, text): &(&str, String)| {
                *found == status && text.replace("\\[u2026]", "…").starts_with(&meaning)
            };
            assert!(
                rows.iter().any(is_there),
                "{}: {status}\n{rows:#?}",
                page.file_name()
            );
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let files = pages().into_iter().map(|page| {
        let file = directory.path().join(page.file_name());
        std::fs::write(&file, page.text()).unwrap();
        file
    });
    if crate::support::tools::are_there(&["mandoc"]) {
        let lint = std::process::Command::new("mandoc")
            .args(["-Tlint", "-Wstyle"])
            .args(files)
            .output()
            .unwrap();
        assert!(
            lint.status.success() && lint.stdout.is_empty(),
            "{}",
            String::from_utf8_lossy(&lint.stdout)
        );
    }
}

#[test]
fn short_help_fits_a_screen_and_long_help_begins_with_examples() {
    each_command(&cli::documented(), &mut |command| {
        let name = command.get_name().to_owned();
        let short = command.clone().term_width(80).render_help().to_string();
        assert!(
            short.lines().count() <= 40,
            "{name}: {} lines",
            short.lines().count()
        );
        assert!(
            short.lines().all(|line| line.chars().count() <= 80),
            "{name}"
        );
        let long = command
            .clone()
            .term_width(80)
            .render_long_help()
            .to_string();
        let place = |text: &str| {
            long.find(text)
                .unwrap_or_else(|| panic!("{name} has no {text}"))
        };
        assert!(place("Example") < place("Usage:"), "{name}");
    });
}

/// What stands for the output of a command in an example: the head of an audit log, which is also a
/// name.
const SUBSTITUTE: &str = "1:0000000000000000000000000000000000000000000000000000000000000000";

/// The command lines of this program in an example, as their words.
fn command_lines(example: &str) -> Vec<Vec<String>> {
    const PROGRAM: &str = "zenflow-keys ";
    let mut lines = Vec::new();
    for (place, _) in example.match_indices(PROGRAM) {
        let before = &example[..place];
        if !before.is_empty() && !before.ends_with([' ', '(']) {
            continue;
        }
        let (mut line, mut quote) = (String::new(), None);
        let mut rest = example[place..].chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '$' if rest.peek() == Some(&'(') => {
                    rest.by_ref().find(|c| *c == ')');
                    line += SUBSTITUTE;
                    continue;
                }
                '"' | '\'' if quote.is_none() => quote = Some(c),
                c if quote == Some(c) => quote = None,
                '|' | '<' | '>' | '&' | '#' | ')' if quote.is_none() => break,
                _ => {}
            }
            line.push(c);
        }
        let mut words = shlex::split(&line).unwrap();
        if before.ends_with("xargs -n1 ") {
            words.push("k3m9x2q7vd".into());
        }
        lines.push(words);
    }
    lines
}

#[test]
fn every_example_is_a_command_line_that_the_program_understands() {
    each_command(&cli::documented(), &mut |command| {
        let Examples(examples) = command
            .get()
            .unwrap_or_else(|| panic!("{} has no example", command.get_name()));
        let name = command.get_bin_name().unwrap_or("zenflow-keys");
        assert!(
            examples.iter().any(|example| example.contains(name)),
            "no example of {name} has {name}"
        );
        for example in *examples {
            let lines = command_lines(example);
            assert!(!lines.is_empty(), "{example}");
            for line in lines {
                let parsed = cli::command().try_get_matches_from(&line);
                assert!(parsed.is_ok(), "{example}\n{line:?}\n{parsed:?}");
            }
        }
    });
}

#[test]
fn a_commands_own_options_come_before_those_of_every_command() {
    each_command(&cli::documented(), &mut |command| {
        let is_global: Vec<bool> = command
            .get_arguments()
            .filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
            .map(clap::Arg::is_global_set)
            .collect();
        assert!(is_global.is_sorted(), "{}", command.get_name());
    });
    let help = cli::whole()
        .find_subcommand_mut("review")
        .unwrap()
        .render_long_help()
        .to_string();
    let place = |heading: &str| help.find(heading).unwrap();
    assert!(place("Thresholds:") < place("Global options:"), "{help}");
}

#[test]
fn no_option_is_described_twice() {
    each_command(&cli::documented(), &mut |command| {
        for arg in command.get_arguments() {
            let (Some(short), Some(long)) = (arg.get_help(), arg.get_long_help()) else {
                continue;
            };
            let (short, long) = (short.to_string(), long.to_string());
            assert!(long.matches(&short).count() < 2, "{}: {long}", arg.get_id());
        }
        let about = command.get_about().unwrap().to_string();
        if let Some(long) = command.get_long_about() {
            assert!(long.to_string().matches(&about).count() < 2, "{about}");
        }
    });
}

#[test]
fn help_is_written_in_ascii() {
    let is_ascii = |name: &str, help: &str| {
        let strange = help.lines().find(|line| !line.is_ascii());
        assert_eq!(strange, None, "{name}");
    };
    each_command(&cli::whole(), &mut |command| {
        let name = command.get_name();
        is_ascii(name, &command.clone().render_help().to_string());
        is_ascii(name, &command.clone().render_long_help().to_string());
    });
    let program = cli::whole();
    let statuses = program.find_subcommand("exit-status").unwrap();
    is_ascii(
        "exit-status",
        &statuses.get_long_about().unwrap().to_string(),
    );
}

fn each_command(command: &Command, see: &mut impl FnMut(&Command)) {
    if !command.is_hide_set() && command.get_name() != "help" {
        see(command);
        command
            .get_subcommands()
            .for_each(|subcommand| each_command(subcommand, see));
    }
}

#[test]
fn the_command_line_is_consistent() {
    cli::command().debug_assert();
}
