//! What `doctor` says about a store that uses a write-ahead log (WAL): who turned it on, and
//! whether it is written back.

use std::fs;
use std::path::Path;

use crate::domain::remedy::{Hint, Remedy};
use crate::store::doctor::finding::{FindingKind, StoreFinding};
use crate::store::file::beside;
use crate::store::serving::note::Served;

/// SQLite writes the log back as soon as it has four megabytes. One this size was kept from it.
const LARGE: u64 = 64 << 20;

/// The findings about a store that uses such a log. `served` is what the store says about those who
/// serve it, if that could be read.
pub fn findings(real: &Path, served: Option<Served>) -> Vec<StoreFinding> {
    let mut found = vec![mode(real, served)];
    let size = fs::metadata(beside(real, "-wal")).map_or(0, |log| log.len());
    if size > LARGE {
        found.push(StoreFinding {
            kind: FindingKind::LargeLog,
            message: format!(
                "the write-ahead log has grown to {} MiB: something has been reading the store for a long time, and keeps the log from being written back",
                size >> 20
            ),
            remedy: Hint::from("find out what it is, and stop it: ")
                .then(Remedy::ListUsers(real.into())),
        });
    }
    found
}

fn mode(real: &Path, served: Option<Served>) -> StoreFinding {
    let (message, remedy) = match served {
        Some(Served {
            open,
            turned_on_wal: true,
        }) if open > 0 => (
            "'serve' is using the store with a write-ahead log: a plain copy of the file lacks the latest changes".into(),
            Hint::from("copy it with '").then(Remedy::BackUp).then(
                "'; if 'serve' was killed, the next command that changes a key switches the log off",
            ),
        ),
        Some(Served {
            turned_on_wal: true,
            ..
        }) => (
            "'serve' turned on a write-ahead log, and could not switch it off at its end because something else had the store open".into(),
            Hint::from("the next command that changes a key switches it off"),
        ),
        _ => (
            "the store uses a write-ahead log: it is then up to three files, a plain copy of one of them lacks the last changes, \
             and it is no longer readable everywhere"
                .into(),
            Hint::from("unless that is meant: ").then(Remedy::LeaveWal(real.into())),
        ),
    };
    StoreFinding {
        kind: FindingKind::JournalMode,
        message,
        remedy,
    }
}
