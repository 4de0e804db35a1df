//! Commits that fail in a write-ahead log (WAL). All of a change is written to it before it is
//! synced: if that fails, whoever recovers the log later would find the change whole.

use rusqlite::{Connection, ffi};

use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::failure::extended_code;

/// What a failed commit means, once the transaction was left: the change is not stored, now or
/// later; or nobody can tell.
pub fn refused(conn: &Connection, failure: rusqlite::Error) -> Error {
    if is_void(conn, &failure) {
        return failure.into();
    }
    Error::new(
        Code::StoreUncertain,
        "the disk failed while the change was being stored, and it may be stored or not",
    )
    .hint(Hint::from("once the disk works again, see what was stored: ").then(Remedy::ListKeys))
    .because(failure)
}

/// Makes sure that a change whose commit failed so does not come back: something that changes nothing
/// is written over its beginning. Whether that could be done.
fn is_void(conn: &Connection, failure: &rusqlite::Error) -> bool {
    let is_unsynced =
        |error: &rusqlite::Error| extended_code(error) == Some(ffi::SQLITE_IOERR_FSYNC);
    if !is_unsynced(failure) || !uses_wal(conn).unwrap_or(true) {
        return true;
    }
    let write_over = || {
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
        conn.execute_batch(&format!(
            "BEGIN IMMEDIATE; PRAGMA user_version = {version}; COMMIT"
        ))
    };
    let written: rusqlite::Result<()> = write_over();
    let _ = conn.execute_batch("ROLLBACK");
    written.is_ok() || written.is_err_and(|error| is_unsynced(&error))
}

/// Whether a store that was looked at before has a write-ahead log.
pub fn uses_wal(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("PRAGMA journal_mode", [], |row| {
        Ok(row.get_ref(0)?.as_str()? == "wal")
    })
}
