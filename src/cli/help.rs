//! What the help of a command has besides what clap knows of it: examples, and sections of its own.
//! They are data of the command, `#[command(add = Examples(&[…]))]`; [`complete`] writes them for
//! `--help`, and the manual in roff.

use std::fmt::Write;

use clap::Command;
use clap::builder::CommandExt;

use crate::view::text::wrap::wrap_hanging;

/// What `--help` shows: what the command is for, examples and sections, then everything else.
const TEMPLATE: &str = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";

/// The width at which sections are wrapped.
const WIDTH: u16 = 80;

/// The longest term that has its meaning beside it and not below it.
const LONGEST_TERM: usize = 16;

/// Lines for a shell, to copy.
#[derive(Debug, Clone, Copy)]
pub struct Examples(pub &'static [&'static str]);

impl CommandExt for Examples {}

/// What a command has to explain besides its options.
#[derive(Debug, Clone, Copy)]
pub struct Sections(pub &'static [Section]);

impl CommandExt for Sections {}

/// The exit statuses by which a command answers. Only the help has them: a page of the manual has
/// those of the whole program.
#[derive(Debug, Clone, Copy)]
pub struct ExitStatuses(pub &'static [(&'static str, &'static str)]);

impl CommandExt for ExitStatuses {}

/// Terms and what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub title: &'static str,
    pub rows: fn() -> Vec<Row>,
}

/// A term and what it means.
pub type Row = (String, &'static str);

/// The rows of a fixed table.
pub fn rows(table: &[(&str, &'static str)]) -> Vec<Row> {
    table
        .iter()
        .map(|(term, meaning)| ((*term).to_owned(), *meaning))
        .collect()
}

/// clap lists the global options of a command that is defined late before its own.
pub trait OwnOptionsFirst {
    /// Moves the global options behind those of the command.
    fn own_options_first(self) -> Self;
}

impl OwnOptionsFirst for Command {
    fn own_options_first(self) -> Self {
        let globals: Vec<_> = self
            .get_arguments()
            .filter(|arg| arg.is_global_set())
            .map(|arg| arg.get_id().clone())
            .collect();
        // An argument that is changed goes to the end.
        globals
            .iter()
            .fold(self, |command, id| command.mut_arg(id, |arg| arg))
    }
}

/// The definition of a command whose help has its examples and sections, and so have those of its
/// subcommands.
pub fn complete(command: Command) -> Command {
    let command = command.mut_subcommands(complete);
    match command.get::<Examples>() {
        Some(examples) => {
            let text = text(examples, &command);
            command.help_template(TEMPLATE).after_long_help(text)
        }
        None => command,
    }
}

fn text(Examples(examples): &Examples, command: &Command) -> String {
    let mut text = String::from(if examples.len() == 1 {
        "Example:"
    } else {
        "Examples:"
    });
    for example in *examples {
        let _ = write!(text, "\n  {example}");
    }
    let statuses = command.get::<ExitStatuses>();
    let sections = command.get::<Sections>().map_or(&[][..], |all| all.0);
    let tables = sections
        .iter()
        .map(|section| (section.title, (section.rows)()))
        .chain(statuses.map(|statuses| ("Exit status", rows(statuses.0))));
    for (title, rows) in tables {
        let _ = write!(text, "\n\n{title}:");
        for line in table(&rows) {
            let _ = write!(text, "\n{line}");
        }
    }
    text
}

fn table(rows: &[Row]) -> Vec<String> {
    let widest = rows.iter().map(|(term, _)| term.len()).max().unwrap_or(0);
    let row = |(term, meaning): &Row| {
        if widest <= LONGEST_TERM {
            wrap_hanging(
                &format!("  {term:<widest$}  {meaning}"),
                widest + 4,
                Some(WIDTH),
            )
        } else {
            let mut lines = vec![format!("  {term}")];
            lines.extend(wrap_hanging(&format!("    {meaning}"), 4, Some(WIDTH)));
            lines
        }
    };
    rows.iter().flat_map(row).collect()
}
