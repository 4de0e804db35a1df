//! The table of events: appended in the change's own transaction, chained, and read newest first.

use rusqlite::{Connection, OptionalExtension};

use crate::domain::event::{Action, ChainHead, Entry, Event, FieldChange, Hash};
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::store::convert;
use crate::store::convert::EVENT_COLUMNS;
use crate::store::{ReadTx, Store, WriteTx};
use crate::store::{details, failure};

/// How many events are read at once.
const PAGE: u64 = 1000;

/// Which events are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter {
    /// Only those of this key.
    pub key: Option<KeyId>,
    /// Only those from this instant on.
    pub since: Option<Timestamp>,
}

impl WriteTx<'_> {
    pub(crate) fn append(
        &mut self,
        key: &Key,
        action: Action,
        changes: &[FieldChange],
    ) -> Result<(), Error> {
        let head = self.view().head()?;
        let details = details::written(changes);
        let entry = Entry {
            seq: head.seq + 1,
            at: self.now.unix(),
            actor: self.actor.as_str(),
            action: action.as_str(),
            key_id: key.id.as_str(),
            key_name: key.name.as_str(),
            details: &details,
        };
        self.last = Some(add(&self.tx, &entry, head.hash)?);
        Ok(())
    }
}

/// Adds an entry after the one whose hash is `previous`; returns the new head.
pub(crate) fn add(
    conn: &Connection,
    entry: &Entry<'_>,
    previous: Hash,
) -> Result<ChainHead, Error> {
    let hash = entry.hash(previous);
    let sql =
        format!("INSERT INTO events ({EVENT_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    conn.prepare_cached(&sql)?.execute((
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.key_id,
        entry.key_name,
        entry.details,
        hash.0,
    ))?;
    Ok(ChainHead {
        seq: entry.seq,
        hash,
    })
}

impl ReadTx<'_> {
    /// When the scopes of a key were last changed; at the latest when it was made.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn scopes_changed_at(&self, id: KeyId) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT max(at) FROM events WHERE key_id = ?1 AND json_type(details, '$.scopes') IS NOT NULL";
        let seconds: Option<i64> = self
            .conn
            .prepare_cached(sql)?
            .query_row([id.as_str()], |row| row.get(0))?;
        Ok(seconds.and_then(Timestamp::from_unix))
    }

    /// The newest event; before the first one, the id of the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn head(&self) -> Result<ChainHead, Error> {
        let newest = self
            .conn
            .query_row(
                "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(match newest {
            Some((seq, hash)) => ChainHead {
                seq,
                hash: Hash(hash),
            },
            None => ChainHead {
                seq: 0,
                hash: self.origin()?,
            },
        })
    }

    pub(crate) fn origin(&self) -> Result<Hash, Error> {
        let id = self
            .conn
            .query_row("SELECT id FROM store", [], |row| row.get(0))
            .optional()?;
        id.map(Hash)
            .ok_or_else(|| failure::damaged("the id of the store is missing"))
    }

    pub(crate) fn event_hash(&self, seq: i64) -> Result<Option<Hash>, Error> {
        Ok(self
            .conn
            .query_row("SELECT hash FROM events WHERE seq = ?1", [seq], |row| {
                row.get(0)
            })
            .optional()?
            .map(Hash))
    }

    /// At most `limit` events before the entry `before`, newest first.
    ///
    /// # Errors
    /// If the store cannot be read or an entry is damaged.
    pub fn events(&self, which: EventFilter, before: i64, limit: u64) -> Result<Vec<Event>, Error> {
        let by_key = if which.key.is_some() {
            "key_id = ?1"
        } else {
            "?1 IS NULL"
        };
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM events WHERE {by_key} AND at >= ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4"
        );
        let mut statement = self.conn.prepare(&sql)?;
        let since = which.since.map_or(i64::MIN, Timestamp::unix);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows =
            statement.query((which.key.as_ref().map(KeyId::as_str), since, before, limit))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(convert::event(row)?);
        }
        Ok(events)
    }
}

impl Store {
    /// Hands events to `each`, newest first, at most `limit`, until it says `false`.
    ///
    /// # Errors
    /// If the store cannot be read, an entry is damaged, or what `each` fails with.
    pub fn each_event(
        &self,
        which: EventFilter,
        limit: Option<u64>,
        mut each: impl FnMut(Event) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut left = limit.unwrap_or(u64::MAX);
        let mut before = i64::MAX;
        while left > 0 {
            let size = left.min(PAGE);
            let page = self.read(|view| view.events(which, before, size))?;
            let read = page.len() as u64;
            before = page.last().map_or(0, |event| event.seq);
            for event in page {
                if !each(event)? {
                    return Ok(());
                }
            }
            left = if read < size { 0 } else { left - read };
        }
        Ok(())
    }
}
