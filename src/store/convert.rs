//! Rows to values of the domain and back, through the domain's own doors; SQLite's errors to the
//! program's.

use std::fmt::{Display, Write};
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::domain::event::{Action, Entry, Event, Hash};
use crate::domain::tombstone::Tombstone;
use crate::domain::usage::UsageBucket;
use crate::domain::{
    Digest, Invalid, Key, KeyId, LastUse, Name, Revocation, Text, Timestamp, endpoint,
};
use crate::error::Error;
use crate::store::details;
use crate::store::failure::damaged;
use crate::store::traffic::StoredUse;

/// The columns of a key, in the order in which [`key`] reads them. `k` is the row.
pub const KEY_COLUMNS: &str = "k.id, k.name, k.environment, k.scopes, k.allowed_ips, k.owner, k.note, k.created_at, k.expires_at, k.disabled_at, \
     k.revoked_at, k.revocation_reason, coalesce(k.rotated_from, (SELECT t.id FROM tombstones t WHERE t.rotated_to = k.id)), \
     (SELECT s.id FROM keys s WHERE s.rotated_from = k.id), k.last_used_at, k.last_used_ip, \
     k.seq, k.digest";

/// The columns of a tombstone, in the order in which [`tombstone`] reads them.
pub const TOMBSTONE_COLUMNS: &str = "id, name, environment, created_at, expires_at, revoked_at, last_used_at, rotated_to, pruned_at";

/// The columns of an event, in the order in which [`event`] reads them.
pub const EVENT_COLUMNS: &str = "seq, at, actor, action, key_id, key_name, details, hash";

fn column<T: FromSql>(row: &Row<'_>, at: usize) -> Result<T, Error> {
    row.get(at).map_err(|e| match e {
        rusqlite::Error::SqliteFailure(..) => Error::from(e),
        other => damaged(other),
    })
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<Option<&'r str>, Error> {
    row.get_ref(at)?.as_str_or_null().map_err(damaged)
}

/// A value, if its text is how the domain writes it. The domain reads more than that: an id in
/// capitals, say, which would be another id here.
fn written<T: FromStr<Err = Invalid> + Display>(text: &str) -> Result<T, Error> {
    written_as(text, T::from_str)
}

fn written_as<T: Display>(
    text: &str,
    read: impl Fn(&str) -> Result<T, Invalid>,
) -> Result<T, Error> {
    let value = read(text).map_err(damaged)?;
    let mut rest = Rest(text);
    let same = write!(rest, "{value}").is_ok() && rest.0.is_empty();
    if same {
        Ok(value)
    } else {
        Err(damaged(format!("'{text}' should be '{value}'")))
    }
}

/// What is left of a text when what is written to it is taken from its beginning; anything else
/// cannot be written.
struct Rest<'t>(&'t str);

impl Write for Rest<'_> {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(std::fmt::Error)?;
        Ok(())
    }
}

/// A text that every row has.
fn present<'r>(row: &'r Row<'_>, at: usize) -> Result<&'r str, Error> {
    text(row, at)?.ok_or_else(|| damaged(format!("column {at} is null")))
}

fn maybe<T: FromStr<Err = Invalid> + Display>(
    row: &Row<'_>,
    at: usize,
) -> Result<Option<T>, Error> {
    text(row, at)?.map(written).transpose()
}

fn value<T: FromStr<Err = Invalid> + Display>(row: &Row<'_>, at: usize) -> Result<T, Error> {
    maybe(row, at)?.ok_or_else(|| damaged(format!("column {at} is null")))
}

/// A text that a person attached.
fn maybe_text(row: &Row<'_>, at: usize) -> Result<Option<Text>, Error> {
    text(row, at)?
        .map(|text| written_as(text, Text::stored))
        .transpose()
}

/// The name of a key.
fn name(row: &Row<'_>, at: usize) -> Result<Name, Error> {
    written_as(present(row, at)?, Name::stored)
}

fn an_instant(seconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_unix(seconds).ok_or_else(|| damaged(format!("{seconds} is not an instant")))
}

fn maybe_instant(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>, Error> {
    column::<Option<i64>>(row, at)?.map(an_instant).transpose()
}

/// Reads a column that holds an instant.
pub fn instant(row: &Row<'_>, at: usize) -> Result<Timestamp, Error> {
    maybe_instant(row, at)?.ok_or_else(|| damaged("an instant is missing"))
}

/// Reads a row of [`KEY_COLUMNS`].
pub fn key(row: &Row<'_>) -> Result<Key, Error> {
    let reason = maybe_text(row, 11)?;
    let ip = maybe(row, 15)?;
    let key = Key {
        id: value(row, 0)?,
        name: name(row, 1)?,
        environment: value(row, 2)?,
        scopes: value(row, 3)?,
        allowlist: value(row, 4)?,
        owner: maybe_text(row, 5)?,
        note: maybe_text(row, 6)?,
        created_at: instant(row, 7)?,
        expires_at: maybe_instant(row, 8)?,
        disabled_at: maybe_instant(row, 9)?,
        revocation: maybe_instant(row, 10)?.map(|at| Revocation { at, reason }),
        rotated_from: maybe(row, 12)?,
        rotated_to: maybe(row, 13)?,
        last_use: maybe_instant(row, 14)?.map(|at| LastUse { at, ip }),
    };
    if key.scopes.is_empty() {
        return Err(damaged(format!("key {} has no scope", key.id)));
    }
    Ok(key)
}

/// Reads a row of a last use: instant, ip.
pub fn last_use(row: &Row<'_>) -> Result<LastUse, Error> {
    Ok(LastUse {
        at: instant(row, 0)?,
        ip: maybe(row, 1)?,
    })
}

/// The place of a row of [`KEY_COLUMNS`] in the order of creation.
pub fn key_seq(row: &Row<'_>) -> Result<i64, Error> {
    column(row, 16)
}

/// The digest of a row of [`KEY_COLUMNS`].
pub fn key_digest(row: &Row<'_>) -> Result<Digest, Error> {
    column(row, 17).map(Digest::from_bytes)
}

/// Reads a row of [`EVENT_COLUMNS`] as it stands there, and the hash that it has.
pub fn entry<'r>(row: &'r Row<'_>) -> Result<(Entry<'r>, Hash), Error> {
    let text = |at| present(row, at);
    let entry = Entry {
        seq: column(row, 0)?,
        at: column(row, 1)?,
        actor: text(2)?,
        action: text(3)?,
        key_id: text(4)?,
        key_name: text(5)?,
        details: text(6)?,
    };
    Ok((entry, Hash(column(row, 7)?)))
}

/// Reads a row of [`EVENT_COLUMNS`].
pub fn event(row: &Row<'_>) -> Result<Event, Error> {
    let (entry, hash) = entry(row)?;
    Ok(Event {
        changes: details::read(entry.details)?,
        ..event_without_changes(&entry, hash)?
    })
}

/// What an entry says, but for what it changed: to read that takes longer than to hash the entry.
pub fn event_without_changes(entry: &Entry<'_>, hash: Hash) -> Result<Event, Error> {
    Ok(Event {
        seq: entry.seq,
        at: an_instant(entry.at)?,
        actor: written_as(entry.actor, Text::stored)?,
        action: entry.action.parse::<Action>().map_err(damaged)?,
        key_id: written(entry.key_id)?,
        key_name: written_as(entry.key_name, Name::stored)?,
        changes: Vec::new(),
        hash,
    })
}

/// Reads the id of a key.
pub fn id(row: &Row<'_>, at: usize) -> Result<KeyId, Error> {
    value(row, at)
}

/// Reads the id and the name of a key from the first two columns.
pub fn id_and_name(row: &Row<'_>) -> Result<(KeyId, Name), Error> {
    id_and_name_of(row, 0)
}

/// Reads the id and the name of a key from two columns, the first of which is `first`.
pub fn id_and_name_of(row: &Row<'_>, first: usize) -> Result<(KeyId, Name), Error> {
    Ok((value(row, first)?, value(row, first + 1)?))
}

/// Reads a row of [`TOMBSTONE_COLUMNS`].
pub fn tombstone(row: &Row<'_>) -> Result<Tombstone, Error> {
    Ok(Tombstone {
        id: value(row, 0)?,
        name: name(row, 1)?,
        environment: value(row, 2)?,
        created_at: instant(row, 3)?,
        expires_at: maybe_instant(row, 4)?,
        revoked_at: maybe_instant(row, 5)?,
        last_used_at: maybe_instant(row, 6)?,
        rotated_to: maybe(row, 7)?,
        pruned_at: instant(row, 8)?,
    })
}

/// Reads a row of a key's recorded use: ip, endpoint, scopes, outcome, count, first and last
/// instant.
pub fn uses(row: &Row<'_>, key: KeyId) -> Result<UsageBucket, Error> {
    Ok(UsageBucket {
        key,
        ip: text(row, 0)?
            .filter(|ip| !ip.is_empty())
            .map(str::parse)
            .transpose()
            .map_err(damaged)?,
        endpoint: text(row, 1)?.and_then(endpoint::with_pattern),
        scopes: present(row, 2)?.parse().map_err(damaged)?,
        outcome: present(row, 3)?.parse().map_err(damaged)?,
        count: column::<i64>(row, 4)?.unsigned_abs(),
        first_at: instant(row, 5)?,
        last_at: instant(row, 6)?,
    })
}

/// Reads the same columns, and the hour behind them, as they stand there: for sums over many rows.
pub fn stored_use<'r>(row: &'r Row<'_>) -> Result<StoredUse<'r>, Error> {
    let text = |at| present(row, at);
    Ok(StoredUse {
        hour: column(row, 7)?,
        ip: text(0)?,
        endpoint: text(1)?,
        outcome: text(3)?.parse().map_err(damaged)?,
        count: column::<i64>(row, 4)?.unsigned_abs(),
        first_at: column(row, 5)?,
        last_at: column(row, 6)?,
    })
}
