//! What kind of file a store is, and the steps that lead from any older version to the present one.

use rusqlite::Connection;

use crate::domain::Entropy;
use crate::error::{Code, Error};
use crate::store::convert;

/// Marks a SQLite file as ours, in its header: `ZFK1`.
pub const APPLICATION_ID: i64 = 0x5a46_4b31;

/// Step `n` leads from version `n` to `n + 1`. Append-only: a step that was released is never
/// edited.
pub const STEPS: [&str; 4] = [
    include_str!("schema/001_keys.sql"),
    include_str!("schema/002_imports.sql"),
    include_str!("schema/003_tombstones.sql"),
    include_str!("schema/004_row_hashes.sql"),
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

/// Judges an open database; to be called inside a transaction.
///
/// # Errors
/// As for [`check`].
pub fn check_open(conn: &Connection) -> Result<i64, Error> {
    let version = version(conn)?;
    check(pragma(conn, "PRAGMA application_id")?, version)?;
    Ok(version)
}

/// The version that an open database says it has.
///
/// # Errors
/// If it cannot be read.
pub fn version(conn: &Connection) -> Result<i64, Error> {
    Ok(pragma(conn, "PRAGMA user_version")?)
}

fn pragma(conn: &Connection, sql: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Judges whether a store holds anything but what the steps up to its version make, save for the
/// indexes that SQLite itself adds. Something that is missing is for `doctor` to find; something
/// that was added could change what a command does.
///
/// # Errors
/// If there is something else, or the store cannot be read.
pub fn check_objects(conn: &Connection, version: i64) -> Result<(), Error> {
    let ours = statements(version);
    let mut next = 0;
    let mut statement = conn.prepare_cached("SELECT type, name, sql FROM main.sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str_or_null().map_err(convert::damaged);
        let (kind, name) = (text(0)?.unwrap_or_default(), text(1)?.unwrap_or_default());
        let is_ours = match text(2)? {
            None => kind == "index" && name.starts_with("sqlite_autoindex_"),
            Some(sql) => {
                let makes = |statement: &&str| {
                    statement
                        .strip_prefix(sql)
                        .is_some_and(|rest| rest.starts_with(';'))
                };
                // They stand in the order in which they were made, unless the file was vacuumed.
                if ours.get(next).is_some_and(makes) {
                    next += 1;
                    true
                } else {
                    ours.iter().any(makes)
                }
            }
        };
        if !is_ours {
            return Err(Error::new(
                Code::StoreDamaged,
                format!("the store holds something that the program did not make: {kind} '{name}'"),
            )
            .hint("find out who changed the store: 'zenflow-keys doctor' lists what is not as it should be"));
        }
    }
    Ok(())
}

/// The statements of the steps up to a version, each with whatever follows it.
fn statements(version: i64) -> Vec<&'static str> {
    let taken = usize::try_from(version).unwrap_or_default();
    STEPS
        .iter()
        .take(taken)
        .flat_map(|step| {
            step.match_indices("CREATE ")
                .filter(|(at, _)| *at == 0 || step.as_bytes()[at - 1] == b'\n')
                .map(|(at, _)| &step[at..])
        })
        .collect()
}

/// What a failure to read a store of this version means. An older one may have no place yet for
/// what is wanted of it.
pub fn unless_older(error: Error, version: i64) -> Error {
    if version >= VERSION || error.code != Code::StoreDamaged {
        return error;
    }
    older(version)
}

/// The store must be brought up to date first.
pub fn older(version: i64) -> Error {
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
