//! What kind of file a store is, and the steps that lead from any older version to the present one.

use std::cell::OnceCell;

use rusqlite::Connection;

use crate::domain::Entropy;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::failure;

/// Marks a SQLite file as ours, in its header: `ZFK1`.
pub const APPLICATION_ID: i64 = 0x5a46_4b31;

/// Step `n` leads from version `n` to `n + 1`. Append-only: a step that was released is never
/// edited.
pub const STEPS: [&str; 6] = [
    include_str!("schema/001_keys.sql"),
    include_str!("schema/002_imports.sql"),
    include_str!("schema/003_tombstones.sql"),
    include_str!("schema/004_row_hashes.sql"),
    include_str!("schema/005_servings.sql"),
    include_str!("schema/006_acceptances.sql"),
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
const LATER_TABLES: [(i64, &str); 2] = [
    (
        3,
        "CREATE TEMP VIEW tombstones AS SELECT NULL AS id, NULL AS name, NULL AS name_folded, NULL AS environment, NULL AS created_at, \
         NULL AS expires_at, NULL AS revoked_at, NULL AS last_used_at, NULL AS rotated_to, NULL AS pruned_at WHERE false",
    ),
    (
        5,
        "CREATE TEMP VIEW servings AS SELECT NULL AS began_at, NULL AS counted_until, NULL AS ended_at, NULL AS turned_on_wal WHERE false",
    ),
];

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
            format!("the store has schema {version}, but this program knows {VERSION}"),
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
    let (mut scripts, mut rest) = (STEPS.into_iter().take(taken(version)), "");
    let all = OnceCell::new();
    // One column, and no text looked at twice: every `check` does this. An index that SQLite itself
    // adds has no text.
    let mut statement = conn.prepare("SELECT ifnull(sql, name) FROM main.sqlite_schema")?;
    let mut rows = statement.query([])?;
    let mut place = 0;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_bytes().map_err(failure::damaged)?;
        // They stand in the order in which they were made, unless the file was vacuumed.
        let is_ours = text.starts_with(b"sqlite_autoindex_")
            || is_next(&mut scripts, &mut rest, text)
            || all
                .get_or_init(|| statements(version))
                .iter()
                .any(|statement| after(statement, text).is_some());
        if !is_ours {
            return Err(foreign_object(conn, place));
        }
        place += 1;
    }
    Ok(())
}

/// What to say of the object with this place in the list of them.
fn foreign_object(conn: &Connection, place: i64) -> Error {
    let sql = "SELECT type, name FROM main.sqlite_schema LIMIT 1 OFFSET ?1";
    let object = conn.query_row(sql, [place], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    });
    match object {
        Err(error) => error.into(),
        Ok((kind, name)) => Error::new(
            Code::StoreDamaged,
            format!("the store holds something that the program did not make: {kind} '{name}'"),
        )
        .hint(
            Hint::from("find out who changed the store: '")
                .then(Remedy::Doctor { deep: false })
                .then("' lists what is wrong"),
        ),
    }
}

/// How many steps a store of this version has taken.
pub fn taken(version: i64) -> usize {
    usize::try_from(version).expect("what has a version below 1 is no store, and was refused")
}

/// Passes over the next statement of the steps, if it is this one.
fn is_next(
    scripts: &mut impl Iterator<Item = &'static str>,
    rest: &mut &'static str,
    sql: &[u8],
) -> bool {
    loop {
        *rest = rest.trim_ascii_start();
        if rest.starts_with("--") {
            *rest = rest.split_once('\n').map_or("", |(_, lines)| lines);
        } else if !rest.is_empty() {
            let follows = after(rest, sql);
            *rest = follows.unwrap_or(rest);
            return follows.is_some();
        } else if let Some(script) = scripts.next() {
            *rest = script;
        } else {
            return false;
        }
    }
}

/// What follows a statement and its `;`, if the text begins with it.
fn after(text: &'static str, sql: &[u8]) -> Option<&'static str> {
    text.as_bytes().starts_with(sql).then_some(())?;
    text.get(sql.len()..)?.strip_prefix(';')
}

/// The statements of the steps up to a version, each with whatever follows it.
fn statements(version: i64) -> Vec<&'static str> {
    STEPS
        .iter()
        .take(taken(version))
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
    Error::new(
        Code::StoreOlder,
        format!("the store has schema {version}, but this needs {VERSION}"),
    )
    .hint(
        Hint::from(
            "the next command that changes a key migrates the store; if that does not help, see '",
        )
        .then(Remedy::Doctor { deep: false })
        .then("'"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_of_every_version_are_ours_in_any_order_and_no_others() {
        for version in 1..=VERSION {
            let conn = Connection::open_in_memory().unwrap();
            for step in &STEPS[..taken(version)] {
                conn.execute_batch(step).unwrap();
            }
            check_objects(&conn, version).unwrap();
            conn.execute_batch("VACUUM").unwrap();
            check_objects(&conn, version).unwrap();
            for (kind, rest) in [
                ("index", "extra ON keys (note)"),
                ("table", "extra (a)"),
                ("view", "extra AS SELECT 1"),
                (
                    "trigger",
                    "extra AFTER INSERT ON keys BEGIN DELETE FROM keys; END",
                ),
            ] {
                conn.execute_batch(&format!("CREATE {kind} {rest}"))
                    .unwrap();
                let error = check_objects(&conn, version).unwrap_err();
                assert!(
                    error.message.ends_with(&format!("{kind} 'extra'")),
                    "{error:?}"
                );
                conn.execute_batch(&format!("DROP {kind} extra")).unwrap();
            }
            check_objects(&conn, version).unwrap();
        }
    }

    #[test]
    fn the_objects_of_a_store_stand_in_the_order_of_the_steps() {
        let conn = Connection::open_in_memory().unwrap();
        let (mut scripts, mut rest) = (STEPS.into_iter(), "");
        for step in STEPS {
            conn.execute_batch(step).unwrap();
        }
        let mut statement = conn
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let sql: String = row.get(0).unwrap();
            assert!(is_next(&mut scripts, &mut rest, sql.as_bytes()), "{sql}");
        }
    }

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
