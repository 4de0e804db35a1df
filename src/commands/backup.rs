//! `backup`: a copy of the store that can take its place.

use std::path::PathBuf;

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::domain::path::shown;
use crate::error::Error;
use crate::session::interruption::Interruption;
use crate::session::{Exit, Reading};
use crate::view::backup::BackupReport;

/// Copy the store, even while it is in use
///
/// The copy is a snapshot in a new file that only you can read (mode 0600). It has been written to
/// the disk and read back when the command ends. It is itself a store: 'list --db FILE' reads it.
/// Writers wait for less than a second, unless the store is larger than what the machine can read
/// in that time. A damaged store, or one whose audit log was changed, is not copied.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    "zenflow-keys backup keys-$(date +%F).db",
    "zenflow-keys backup --json /var/backups/zenflow/keys.db | jq -r .head",
    "zenflow-keys list --all --db keys-2026-12-31.db",
]))]
#[command(own_options_first())]
pub struct Backup {
    /// New file; an existing one is refused
    #[arg(add = Completer::File)]
    file: PathBuf,
}

impl Backup {
    /// Makes the copy.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        if self.file.as_os_str() == "-" {
            return Err(Error::usage("a backup is a file, and is not printed")
                .hint("name a new file; ./- is one of that name"));
        }
        let interruption = Interruption::listen()?;
        let backup = session
            .store
            .back_up(&self.file, &|| interruption.go_on())?;
        let extent = backup.extent;
        let report = BackupReport {
            file: shown(&backup.path),
            keys: extent.keys,
            events: extent.events,
            head: extent.head.to_string(),
            bytes: extent.bytes,
        };
        session.output.show(&report)?;
        for remark in report.remarks() {
            session.output.remark(&remark);
        }
        Ok(Exit::Done)
    }
}
