//! `man`: the manual, one page a command.

pub mod page;
mod pager;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::commands::program;
use crate::domain::path::shown;
use crate::error::{Code, Error};
use crate::session::{Exit, Setup};
use crate::store::files::{Destination, Kind, make_public_directory};
use crate::view::man::{ManualFiles, ManualPage};
use crate::view::{Format, Output};

pub use crate::commands::man::page::{Page, pages};

const PAGE: Kind = Kind {
    name: "a page of this manual",
    first_line: ".TH ZENFLOW-KEYS",
    mode: 0o644,
};

/// Show the manual, or write its pages into a directory
///
/// Without --dir, shows the page of COMMAND, or of the program itself: formatted at a terminal, and
/// as roff where standard output is a file or a pipe.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys man rotate",
    "zenflow-keys man allowlist add",
    "zenflow-keys man --dir ~/.local/share/man/man1",
]))]
#[command(own_options_first())]
pub struct Man {
    /// The command whose page is printed
    #[arg(value_name = "COMMAND", add = Completer::Command, conflicts_with = "dir")]
    command: Vec<String>,
    /// Write all pages into this directory, which is created if necessary
    #[arg(long, value_name = "DIR", add = Completer::File)]
    dir: Option<PathBuf>,
}

impl Man {
    /// Shows a page, or writes all.
    pub fn run(self, setup: Setup<'_>) -> Result<Exit, Error> {
        let mut output = setup.output;
        let pages = pages();
        if let Some(directory) = self.dir {
            write(&directory, &pages, &mut output)?;
            return Ok(Exit::Done);
        }
        let wanted = self.command.join(" ");
        let page = pages.iter().find(|page| page.command() == wanted);
        let page = page.ok_or_else(|| {
            Error::new(Code::Usage, format!("no command '{wanted}'")).hint(
                crate::domain::remedy::Hint::from("'")
                    .then(crate::domain::remedy::Remedy::Help(Vec::new()))
                    .then("' lists the commands"),
            )
        })?;
        let is_read = setup.input.streams.stdout_is_terminal && output.format() == Format::Human;
        if !is_read {
            output.show(&ManualPage {
                page: &page.file_name(),
                text: page.text(),
            })?;
        } else if !pager::show(page).map_err(|e| Error::io("run man", e))? {
            output.text(&help(&self.command))?;
        }
        Ok(Exit::Done)
    }
}

/// The long help of the command that these words name: what there is to read without `man`.
fn help(words: &[String]) -> String {
    let program = program::documented();
    let mut command = words
        .iter()
        .try_fold(&program, |command, word| command.find_subcommand(word))
        .expect("it has a page")
        .clone();
    command.render_long_help().to_string()
}

/// Writes the pages for everyone to read, once it is certain that none replaces anything but a page
/// of this manual.
fn write(directory: &Path, pages: &[Page], output: &mut Output<'_>) -> Result<(), Error> {
    make_public_directory(directory).map_err(|e| {
        Error::io(&format!("write the manual to {}", shown(directory)), e)
            .hint("name a directory that you can write to")
    })?;
    let mut places = Vec::with_capacity(pages.len());
    let mut paths = Vec::with_capacity(pages.len());
    for page in pages {
        let path = directory.join(page.file_name());
        let place = Destination::new(&path, None, Code::Io)?;
        place.must_be_free_or(PAGE)?;
        places.push(place);
        paths.push(path);
    }
    for (place, page) in places.iter().zip(pages) {
        place.replace(PAGE, page.text().as_bytes())?;
    }
    output.show(&ManualFiles::new(&paths))
}
