//! `man`: the manual, one page a command.

pub mod page;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::path::shown;
use crate::error::{Code, Error};
use crate::session::Exit;
use crate::store::files::{Destination, Kind, make_public_directory};
use crate::view::Output;

pub use crate::commands::man::page::{Page, pages};

const PAGE: Kind = Kind {
    name: "a page of this manual",
    first_line: ".TH ZENFLOW-KEYS",
    mode: 0o644,
};

/// Print the manual, or write its pages into a directory
///
/// Without --dir one page is printed, that of the program itself or of COMMAND.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys man | man -l -
  zenflow-keys man rotate | man -l -
  zenflow-keys man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// The command whose page is printed
    #[arg(value_name = "COMMAND", add = Completer::Command, conflicts_with = "dir")]
    command: Vec<String>,
    /// Write all pages into this directory, which is made if need be
    #[arg(long, value_name = "DIR", add = Completer::File)]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints a page, or writes all.
    pub fn run(self, output: &mut Output<'_>) -> Result<Exit, Error> {
        let pages = pages();
        if let Some(directory) = self.dir {
            write(&directory, &pages, output)?;
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
        output.manual_page(&page.file_name(), page.text())?;
        Ok(Exit::Done)
    }
}

/// Writes the pages for everyone to read, once it is certain that none replaces anything but a page
/// of this manual.
fn write(directory: &Path, pages: &[Page], output: &mut Output<'_>) -> Result<(), Error> {
    make_public_directory(directory).map_err(|e| {
        Error::io(&format!("write the manual to {}", shown(directory)), e)
            .hint("name a directory that you may write")
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
    output.files_written(&paths)
}
