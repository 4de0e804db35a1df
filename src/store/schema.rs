//! What kind of file a store is, and the steps that lead from any older version to the present one.

use rusqlite::{Connection, OptionalExtension as _};

use crate::domain::Entropy;
use crate::error::{Code, Error};

/// Marks a SQLite file as ours, in its header: `ZFK1`.
pub const APPLICATION_ID: i64 = 0x5a46_4b31;

/// Step `n` leads from version `n` to `n + 1`. Append-only: a step that was released is never
/// edited.
pub const STEPS: [&str; 3] = [
    include_str!("schema/001_keys.sql"),
    include_str!("schema/002_imports.sql"),
    include_str!("schema/003_tombstones.sql"),
];

/// The version that this program writes.
pub const VERSION: i64 = STEPS.len() as i64;

/// The bytes of a new, empty store.
///
/// # Errors
/// If the source of randomness fails or memory runs out.
pub fn new_store(entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
    let mut id = [0; 32];
    entropy
        .fill(&mut id)
        .map_err(|e| Error::io("draw random bytes", e))?;
    let mut conn = Connection::open_in_memory()?;
    for step in STEPS {
        conn.execute_batch(step)?;
    }
    conn.execute("INSERT INTO store (one, id) VALUES (1, ?1)", [id])?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", VERSION)?;
    Ok(conn.serialize("main")?.to_vec())
}

/// What stands for the tables of later steps while an older store is only read, and so stays as it
/// is: they are empty.
const LATER_TABLES: [(i64, &str); 1] = [(
    3,
    "CREATE TEMP VIEW tombstones AS SELECT NULL AS id, NULL AS name, NULL AS name_folded, NULL AS environment, NULL AS created_at, \
     NULL AS expires_at, NULL AS revoked_at, NULL AS last_used_at, NULL AS rotated_to, NULL AS pruned_at WHERE false",
)];

/// Lets a store of this version, if it is an older one, be read as if it were of the present, until
/// the end of the transaction. The store itself stays as it is: it was opened for reading only, or
/// it would be up to date.
///
/// # Errors
/// If it cannot be read.
pub fn complete(conn: &Connection, version: i64) -> Result<(), Error> {
    for (_, stand_in) in LATER_TABLES.iter().filter(|(since, _)| version < *since) {
        conn.execute_batch(&format!(
            "PRAGMA query_only = OFF; {stand_in}; PRAGMA query_only = ON;"
        ))?;
    }
    Ok(())
}

/// Judges the two marks in the header of a file.
///
/// # Errors
/// If they are not those of a store that this program can use.
pub fn check(application_id: i64, version: i64) -> Result<(), Error> {
    if application_id != APPLICATION_ID || version < 1 {
        return Err(Error::new(
            Code::StoreForeign,
            "this SQLite file is not a store of zenflow-keys",
        )
        .hint("name another file with --db"));
    }
    if version > VERSION {
        return Err(Error::new(
            Code::StoreNewer,
            format!("the store has schema {version}, this program knows {VERSION}"),
        )
        .hint("use the version of zenflow-keys that wrote it, or a newer one"));
    }
    Ok(())
}

/// The tables of a store, of whatever version.
fn tables() -> impl Iterator<Item = &'static str> {
    let names = |step: &'static str| step.split("CREATE TABLE ").skip(1);
    STEPS
        .into_iter()
        .flat_map(names)
        .filter_map(|rest| rest.split([' ', '(']).next())
}

/// A table of the store with a column that is computed as it is read, which may take any time and
/// any memory. The program makes none. (A view in the place of a table cannot be read at all.)
///
/// # Errors
/// If the database cannot be read.
pub fn computed_table(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let names: Vec<_> = tables().map(|name| format!("('{name}')")).collect();
    conn.query_row(
        &format!(
            "SELECT one.column1 FROM (VALUES {}) AS one, pragma_table_xinfo(one.column1) AS it WHERE it.hidden <> 0",
            names.join(", ")
        ),
        [],
        |row| row.get(0),
    )
    .optional()
}

/// Judges an open database; to be called inside a transaction.
///
/// # Errors
/// As for [`check`].
pub fn check_open(conn: &Connection) -> Result<i64, Error> {
    let pragma = |sql: &str| {
        conn.prepare_cached(sql)?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    let version = pragma("PRAGMA user_version")?;
    check(pragma("PRAGMA application_id")?, version)?;
    Ok(version)
}

/// What a failure to read a store of this version means. An older one may have no place yet for
/// what is wanted of it.
pub fn unless_older(error: Error, version: i64) -> Error {
    if version >= VERSION || error.code != Code::StoreDamaged {
        return error;
    }
    Error::new(Code::StoreOlder, format!("the store has schema {version}, and this needs {VERSION}"))
        .hint("the next command that changes a key brings the store up to date; if that does not help, ask 'zenflow-keys doctor'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_store_cannot_answer_is_no_damage() {
        let failure = || Error::new(Code::StoreDamaged, "no such table");
        assert_eq!(unless_older(failure(), VERSION - 1).code, Code::StoreOlder);
        assert_eq!(unless_older(failure(), VERSION).code, Code::StoreDamaged);
        assert_eq!(
            unless_older(Error::new(Code::KeyNotFound, ""), VERSION - 1).code,
            Code::KeyNotFound
        );
    }
}
