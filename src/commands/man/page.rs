//! Pages of the manual, made from the definition of the command line: what `clap_mangen` knows,
//! then examples, exit statuses, environment, files and what to read next.

use clap::Command;
use clap_mangen::Man;
use roff::{Inline, Roff, bold, italic, roman};

use crate::cli::help::{Examples, Sections};
use crate::error::EXIT_STATUSES;

/// The day of the last change of the interface; `mandoc` wants one, and it must not be the day of
/// the build.
const DATE: &str = "2026-11-24";
/// How long a line of text may be.
const LONGEST: usize = 78;
const PROGRAM: &str = "zenflow-keys";

/// What the environment sets.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("ZENFLOW_KEYS_DB", "The store, unless --db names it."),
    (
        "ZENFLOW_KEYS_ACTOR",
        "The actor to record in the audit log, unless --actor names one.",
    ),
    (
        "NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE",
        "Whether to use colours, unless --color says so.",
    ),
    (
        "XDG_DATA_HOME",
        "The directory of the default store; $HOME/.local/share if it is not set.",
    ),
];

/// A page.
#[derive(Debug)]
pub struct Page {
    /// The words that lead to the command: none for the program itself.
    words: Vec<String>,
    text: String,
}

impl Page {
    /// The command, as it is typed: `allowlist add`; empty for the program itself.
    pub fn command(&self) -> String {
        self.words.join(" ")
    }

    /// Its name: `zenflow-keys-allowlist-add`.
    pub fn name(&self) -> String {
        name(&self.words)
    }

    /// The name of its file: `zenflow-keys-allowlist-add.1`.
    pub fn file_name(&self) -> String {
        format!("{}.1", self.name())
    }

    /// What it says, in roff.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn name(words: &[String]) -> String {
    std::iter::once(PROGRAM)
        .chain(words.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("-")
}

/// All pages, the program's own first.
pub fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    add(&crate::commands::program::documented(), &[], &mut pages);
    pages
}

fn add(command: &Command, words: &[String], pages: &mut Vec<Page>) {
    pages.push(Page {
        words: words.to_vec(),
        text: text(command, words),
    });
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| !subcommand.is_hide_set())
    {
        add(
            subcommand,
            &[words, &[subcommand.get_name().to_owned()]].concat(),
            pages,
        );
    }
}

fn text(command: &Command, words: &[String]) -> String {
    let man = Man::new(command.clone())
        .title(name(words).to_uppercase())
        .date(DATE)
        .source(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")))
        .manual("ZenFlow keys");
    let mut text = Vec::new();
    let written = man
        .render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| synopsis(command).to_writer(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text))
        .and_then(|()| {
            if command.has_subcommands() {
                man.render_subcommands_section(&mut text)
            } else {
                Ok(())
            }
        });
    debug_assert!(written.is_ok(), "a vector takes everything");
    let text = String::from_utf8_lossy(&text).into_owned() + &sections(command, words).to_roff();
    plain(&text)
}

fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let name = command.get_bin_name().unwrap_or(PROGRAM);
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold(name), roman(usage.strip_prefix(name).unwrap_or(usage))]);
    roff
}

/// The sections that the definition of a command line has no place for.
fn sections(command: &Command, words: &[String]) -> Roff {
    let mut roff = Roff::new();
    if let Some(Examples(examples)) = command.get() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for example in *examples {
            roff.text([roman(*example)]);
        }
        roff.control("fi", []);
    }
    for section in command.get::<Sections>().map_or(&[][..], |all| all.0) {
        roff.control("SH", [section.title.to_uppercase().as_str()]);
        for (term, meaning) in (section.rows)() {
            definition(&mut roff, bold(term), meaning);
        }
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in EXIT_STATUSES {
        definition(&mut roff, bold(status), meaning);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, meaning) in ENVIRONMENT {
        definition(&mut roff, bold(variable), meaning);
    }
    roff.control("SH", ["FILES"]);
    definition(
        &mut roff,
        italic("~/.local/share/zenflow-keys/keys.db"),
        "The store, unless another is named.",
    );
    roff.control("SH", ["SEE ALSO"]);
    let others: Vec<String> = match words.split_last() {
        None => command
            .get_subcommands()
            .filter(|c| !c.is_hide_set())
            .map(|c| name(&[c.get_name().to_owned()]))
            .collect(),
        Some((_, parents)) => vec![name(parents)],
    };
    roff.text([roman(
        others
            .iter()
            .map(|other| format!("{other}(1)"))
            .collect::<Vec<_>>()
            .join(", "),
    )]);
    roff
}

/// A term and, below it, what it means.
fn definition(roff: &mut Roff, term: Inline, meaning: &str) {
    roff.control("TP", []);
    roff.text([term]);
    roff.text([roman(meaning)]);
}

/// As `mandoc -Tlint` likes it: without macros for typographic quotes, which a reader that knows
/// only man(7) need not have, without blanks at the ends of lines, and without long lines, except
/// where lines are kept as they are.
fn plain(text: &str) -> String {
    let is_kept = |line: &&str| *line != r".ie \n(.g .ds Aq \(aq" && *line != r".el .ds Aq '";
    let mut plain = String::new();
    let mut is_filled = true;
    for line in text.lines().filter(is_kept) {
        let line = line.trim_end().replace(r"\*(Aq", r"\(aq");
        match line.as_str() {
            ".nf" => is_filled = false,
            ".fi" => is_filled = true,
            _ => {}
        }
        let mut column = 0;
        for (place, word) in line.split(' ').enumerate() {
            let breaks = is_filled
                && !line.starts_with('.')
                && column + word.len() > LONGEST
                && !word.starts_with(['.', '\'']);
            if place > 0 {
                plain.push(if breaks { '\n' } else { ' ' });
            }
            column = if breaks {
                word.len()
            } else {
                column + 1 + word.len()
            };
            plain.push_str(word);
        }
        plain.push('\n');
    }
    plain
}
