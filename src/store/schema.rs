//! What kind of file a store is, and the steps that lead from any older version to the present one.

use rusqlite::{Connection, TransactionBehavior};

use crate::domain::Entropy;
use crate::error::{Code, Error};

/// Marks a SQLite file as ours, in its header: `ZFK1`.
pub const APPLICATION_ID: i64 = 0x5a46_4b31;

/// Step `n` leads from version `n` to `n + 1`. Append-only: a step that was released is never edited.
const STEPS: [&str; 1] = [include_str!("schema/001_keys.sql")];

/// The version that this program writes.
pub const VERSION: i64 = STEPS.len() as i64;

/// The bytes of a new, empty store.
///
/// # Errors
/// If the source of randomness fails or memory runs out.
pub fn new_store(entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
    let mut id = [0; 32];
    entropy.fill(&mut id).map_err(|e| Error::io("draw random bytes", e))?;
    let mut conn = Connection::open_in_memory()?;
    for step in STEPS {
        conn.execute_batch(step)?;
    }
    conn.execute("INSERT INTO store (one, id) VALUES (1, ?1)", [id])?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", VERSION)?;
    Ok(conn.serialize("main")?.to_vec())
}

/// Judges the two marks in the header of a file.
///
/// # Errors
/// If they are not those of a store that this program can use.
pub fn check(application_id: i64, version: i64) -> Result<(), Error> {
    if application_id != APPLICATION_ID || version < 1 {
        return Err(Error::new(Code::StoreForeign, "this SQLite file is not a store of zenflow-keys").hint("name another file with --db"));
    }
    if version > VERSION {
        return Err(Error::new(Code::StoreNewer, format!("the store has schema {version}, this program knows {VERSION}"))
            .hint("use the version of zenflow-keys that wrote it, or a newer one"));
    }
    Ok(())
}

/// Judges an open database; to be called inside a transaction.
///
/// # Errors
/// As for [`check`].
pub fn check_open(conn: &Connection) -> Result<i64, Error> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = pragma("user_version")?;
    check(pragma("application_id")?, version)?;
    Ok(version)
}

/// Brings an older store up to date; does nothing to a present one.
///
/// # Errors
/// If it is not a store, or cannot be written. It is then what it was.
pub fn migrate(conn: &mut Connection) -> Result<(), Error> {
    if check_open(conn)? == VERSION {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have migrated it while this one waited for the lock.
    let version = check_open(&tx)?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(STEPS.len())) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    Ok(tx.commit()?)
}
