//! `backup`: a copy of the store that can take its place.

use std::path::PathBuf;

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::path::shown;
use crate::error::Error;
use crate::session::interruption::Interruption;
use crate::session::{Exit, Reading};
use crate::view::json::backup::BackedUp;

/// Copy the store, also while it is in use
///
/// The copy is of one instant, in a new file for this user alone (mode 0600), on the disk and read
/// back before it is called done. It is itself a store: '--db FILE list' looks into it. Those who
/// write meanwhile wait for less than a second, as long as the store is not larger than what the
/// machine reads in that time. A copy of a damaged store, or of one whose log was changed, is
/// refused.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys backup keys-$(date +%F).db
  zenflow-keys backup --json /var/backups/zenflow/keys.db | jq -r .head
  zenflow-keys list --all --db keys-2026-12-31.db")]
pub struct Backup {
    /// The new file; an existing one is refused
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
        session.output.backed_up(&BackedUp {
            file: shown(&backup.path),
            keys: extent.keys,
            events: extent.events,
            head: extent.head.to_string(),
            bytes: extent.bytes,
        })?;
        Ok(Exit::Done)
    }
}
