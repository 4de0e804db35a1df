//! `man`: the manual, one page a command.

mod page;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Code, Error};
use crate::output::Output;

pub use page::{Page, pages};

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
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write all pages into this directory, which is made if need be
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints a page, or writes all.
    ///
    /// # Errors
    /// If there is no such command, or a page cannot be written.
    pub fn run(self, output: &mut Output<'_>) -> Result<(), Error> {
        let pages = pages();
        if let Some(directory) = self.dir {
            for page in &pages {
                write(&directory, page).map_err(|e| {
                    Error::io(&format!("write the manual to {}", directory.display()), e)
                        .hint("name a directory that you may write")
                })?;
            }
            let paths = pages
                .iter()
                .map(|page| directory.join(page.file_name()))
                .collect::<Vec<_>>();
            return output.files_written(&paths);
        }
        let wanted = self.command.join(" ");
        let page = pages.iter().find(|page| page.command() == wanted);
        let page = page.ok_or_else(|| {
            Error::new(Code::Usage, format!("no command '{wanted}'"))
                .hint("'zenflow-keys help' lists the commands")
        })?;
        output.manual_page(&page.file_name(), page.text())
    }
}

/// Writes a page for everyone to read.
fn write(directory: &Path, page: &Page) -> std::io::Result<()> {
    if !directory.is_dir() {
        fs::create_dir_all(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    }
    let path = directory.join(page.file_name());
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(page.text().as_bytes())
}
