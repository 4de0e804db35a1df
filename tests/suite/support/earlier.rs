//! Stores as earlier versions of the program wrote them.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use zenflow_keys::store::SCHEMA_VERSION;

use crate::support::process::set_mode;

/// The schema of the first version: what was released is never edited.
const FIRST: &str = include_str!("../../../src/store/schema/001_keys.sql");

/// Whether there is an earlier version.
pub fn is_there_one() -> bool {
    SCHEMA_VERSION > 1
}

/// Gives a store the form that the first version would have given it.
pub fn make_first_version(db: &Path) {
    let file = db.with_extension("first");
    let first = Connection::open(&file).unwrap();
    first.execute_batch(FIRST).unwrap();
    first
        .execute("ATTACH ?1 AS present", [db.to_str().unwrap()])
        .unwrap();
    for table in ["store", "keys", "events", "usage"] {
        let sql = format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{table}')");
        let columns: String = first.query_row(&sql, [], |row| row.get(0)).unwrap();
        first.execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table} ORDER BY 1")).unwrap();
    }
    let mark: i64 = first
        .query_row("PRAGMA present.application_id", [], |row| row.get(0))
        .unwrap();
    first.pragma_update(None, "application_id", mark).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    drop(first);
    set_mode(&file, 0o600);
    fs::rename(file, db).unwrap();
}
