//! What binds a row to the audit log: its hash stands in the event that made it, so that a row that
//! was changed past the program can be told from the one that was made.
//!
//! The hash of a key covers what never changes in it and stands in no other field of an event: its
//! place in the order of creation, its digest, and when it was made. That of a tombstone covers all
//! of it.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest as _, Sha256};

use crate::domain::event::{Action, ChainHead, Entry, FieldChange, Hash, Value};
use crate::domain::tombstone::Tombstone;
use crate::domain::{Digest, KeyId, Name, Timestamp};
use crate::error::Error;
use crate::store::ReadTx;
use crate::store::convert;
use crate::store::details;
use crate::store::events;

/// The field in the details of an event.
pub const FIELD: &str = "row_hash";

/// The version from which on every row has its hash in the log.
pub const SINCE: i64 = 4;

/// Who brings older stores up to date.
const ACTOR: &str = "zenflow-keys";

/// The hash of the row of a key.
pub fn of_key(seq: i64, id: KeyId, created_at: Timestamp, digest: &Digest) -> Hash {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend(b"zenflow-keys key row 1\0");
    bytes.extend(seq.to_be_bytes());
    bytes.extend(created_at.unix().to_be_bytes());
    bytes.extend(id.as_str().as_bytes());
    bytes.extend(digest.as_bytes());
    Hash(Sha256::digest(&bytes).into())
}

/// The hash of the row of a tombstone.
pub fn of_tombstone(stone: &Tombstone) -> Hash {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend(b"zenflow-keys tombstone row 1\0");
    let texts = [
        stone.id.as_str(),
        stone.name.as_str(),
        stone.environment.as_str(),
        stone.rotated_to.as_ref().map_or("", KeyId::as_str),
    ];
    for text in texts {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    let instants = [
        Some(stone.created_at),
        stone.expires_at,
        stone.revoked_at,
        stone.last_used_at,
        Some(stone.pruned_at),
    ];
    for instant in instants {
        // No instant of the domain is as early.
        let seconds = instant.map_or(i64::MIN, Timestamp::unix);
        bytes.extend(seconds.to_be_bytes());
    }
    Hash(Sha256::digest(&bytes).into())
}

/// The change of a row's hash, as an event tells it.
pub fn change(before: Option<Hash>, after: Hash) -> FieldChange {
    FieldChange {
        field: FIELD.into(),
        before: before.map_or(Value::Absent, |hash| Value::Text(hash.to_string())),
        after: Value::Text(after.to_string()),
    }
}

impl ReadTx<'_> {
    /// The hash of the row of this key, if it is there.
    pub(crate) fn row_hash(&self, id: KeyId) -> Result<Option<Hash>, Error> {
        let sql = "SELECT seq, created_at, digest FROM keys WHERE id = ?1";
        self.conn
            .prepare_cached(sql)?
            .query_row([id.as_str()], |row| {
                Ok((row.get(0)?, convert::instant(row, 1), row.get(2)?))
            })
            .optional()?
            .map(|(seq, created_at, digest)| {
                Ok(of_key(seq, id, created_at?, &Digest::from_bytes(digest)))
            })
            .transpose()
    }
}

/// Appends an event with the hash of each row that is there, for a store whose events have none
/// yet. A row that cannot be read gets none, and `doctor` goes on telling of it.
///
/// # Errors
/// If the store cannot be read or written.
pub fn record_all(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    let mut head = ReadTx { conn }.head()?;
    let mut keys =
        conn.prepare("SELECT id, name, seq, created_at, digest FROM keys ORDER BY seq")?;
    let mut rows = keys.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok((id, name)) = convert::id_and_name(row)
            && let Ok(created_at) = convert::instant(row, 3)
            && let Ok(digest) = row.get(4)
        {
            let hash = of_key(row.get(2)?, id, created_at, &Digest::from_bytes(digest));
            head = record(conn, head, now, id, &name, hash)?;
        }
    }
    let sql = format!(
        "SELECT {} FROM tombstones ORDER BY id",
        convert::TOMBSTONE_COLUMNS
    );
    let mut tombstones = conn.prepare(&sql)?;
    let mut rows = tombstones.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(stone) = convert::tombstone(row) {
            head = record(conn, head, now, stone.id, &stone.name, of_tombstone(&stone))?;
        }
    }
    Ok(())
}

fn record(
    conn: &Connection,
    head: ChainHead,
    now: Timestamp,
    id: KeyId,
    name: &Name,
    hash: Hash,
) -> Result<ChainHead, Error> {
    let entry = Entry {
        seq: head.seq + 1,
        at: now.unix(),
        actor: ACTOR,
        action: Action::Migrate.as_str(),
        key_id: id.as_str(),
        key_name: name.as_str(),
        details: &details::written(&[change(None, hash)]),
    };
    events::add(conn, &entry, head.hash)
}
