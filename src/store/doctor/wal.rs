//! What is to be said of a store that uses a write-ahead log (WAL): who turned it on, and whether it
//! is written back.

use std::fs;
use std::path::Path;

use crate::domain::health::{Finding, Kind};
use crate::store::file::{beside, quoted};
use crate::store::serving::note::Served;

/// SQLite writes the log back as soon as it has four megabytes. One this size was kept from it.
const LARGE: u64 = 64 << 20;

/// What a store says that uses such a log. `served` is what it says of those who serve it, if that
/// could be read.
pub fn findings(real: &Path, served: Option<Served>) -> Vec<Finding> {
    let mut found = vec![mode(real, served)];
    let size = fs::metadata(beside(real, "-wal")).map_or(0, |log| log.len());
    if size > LARGE {
        found.push(Finding {
            kind: Kind::LargeLog,
            message: format!(
                "the write-ahead log has {} MB: something has been reading the store for long, and keeps it from being written back",
                size >> 20
            ),
            remedy: format!("find out what it is, and end it: fuser -v {}", quoted(real)),
        });
    }
    found
}

fn mode(real: &Path, served: Option<Served>) -> Finding {
    let (message, remedy) = match served {
        Some(Served {
            open,
            turned_on_wal: true,
        }) if open > 0 => (
            "the store is served, and uses a write-ahead log until that ends: a plain copy of the file lacks the last changes".into(),
            "copy it with 'zenflow-keys backup'; if 'serve' was killed, the next command that changes a key switches the log off".into(),
        ),
        Some(Served {
            turned_on_wal: true,
            ..
        }) => (
            "'serve' turned on a write-ahead log, and could not switch it off when it ended: somebody else had the store open".into(),
            "the next command that changes a key switches it off".into(),
        ),
        _ => (
            "the store uses a write-ahead log: it is then up to three files, a plain copy of one of them lacks the last changes, \
             and it is no longer readable everywhere"
                .into(),
            format!(
                "unless that is meant: sqlite3 {} 'PRAGMA journal_mode=DELETE'",
                quoted(real)
            ),
        ),
    };
    Finding {
        kind: Kind::JournalMode,
        message,
        remedy,
    }
}
