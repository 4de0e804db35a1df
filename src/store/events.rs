//! The table of events: appended in the change's own transaction, chained, read newest first, and recomputed.

use rusqlite::OptionalExtension;

use super::convert::{self, EVENT_COLUMNS};
use super::{Store, View, Write};
use crate::domain::event::{Action, Change, Entry, Event, Hash, Mark};
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;

/// How many events are read at once.
const PAGE: u64 = 1000;

/// Which events are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// Only those of this key.
    pub key: Option<KeyId>,
    /// Only those from this instant on.
    pub since: Option<Timestamp>,
}

/// What came of recomputing the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// How many events there are.
    pub events: u64,
    /// The newest, to be kept elsewhere.
    pub head: Mark,
    /// The first that is not right, and what is wrong with it.
    pub first_bad: Option<(i64, Problem)>,
}

/// What can be wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It cannot be read.
    Unreadable,
    /// Events are missing before it.
    Gap,
    /// Its hash is not that of its fields after the one before.
    HashMismatch,
    /// It is not there although it was expected: the end of the trail was cut off.
    Missing,
    /// It has not the hash that was expected: the trail was rewritten.
    Rewritten,
}

impl Problem {
    /// What is wrong, in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Problem::Unreadable => "the entry cannot be read",
            Problem::Gap => "entries are missing before this one",
            Problem::HashMismatch => "the entry was changed",
            Problem::Missing => "the entry that was expected is missing: the end of the log was cut off",
            Problem::Rewritten => "the entry is not the one that was expected: the log was rewritten",
        }
    }
}

impl Write<'_> {
    pub(super) fn append(&mut self, key: &Key, action: Action, changes: &[Change]) -> Result<(), Error> {
        let head = self.view().head()?;
        let details = convert::details(changes);
        let entry = Entry {
            seq: head.seq + 1,
            at: self.now.unix(),
            actor: self.actor.as_str(),
            action: action.word(),
            key_id: key.id.as_str(),
            key_name: key.name.as_str(),
            details: &details,
        };
        let hash = entry.hash(head.hash);
        self.tx.execute(
            &format!("INSERT INTO events ({EVENT_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
            (entry.seq, entry.at, entry.actor, entry.action, entry.key_id, entry.key_name, entry.details, hash.0),
        )?;
        self.last = Some(Mark { seq: entry.seq, hash });
        Ok(())
    }
}

impl View<'_> {
    /// The newest event; before the first one, the id of the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn head(&self) -> Result<Mark, Error> {
        let newest = self
            .conn
            .query_row("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(match newest {
            Some((seq, hash)) => Mark { seq, hash: Hash(hash) },
            None => Mark { seq: 0, hash: self.origin()? },
        })
    }

    fn origin(&self) -> Result<Hash, Error> {
        let id = self.conn.query_row("SELECT id FROM store", [], |row| row.get(0)).optional()?;
        id.map(Hash).ok_or_else(|| convert::damaged("the id of the store is missing"))
    }

    pub(super) fn event_hash(&self, seq: i64) -> Result<Option<Hash>, Error> {
        Ok(self.conn.query_row("SELECT hash FROM events WHERE seq = ?1", [seq], |row| row.get(0)).optional()?.map(Hash))
    }

    /// At most `limit` events before the entry `before`, newest first.
    ///
    /// # Errors
    /// If the store cannot be read or an entry is damaged.
    pub fn events(&self, which: Which, before: i64, limit: u64) -> Result<Vec<Event>, Error> {
        let by_key = if which.key.is_some() { "key_id = ?1" } else { "?1 IS NULL" };
        let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE {by_key} AND at >= ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4");
        let mut statement = self.conn.prepare(&sql)?;
        let since = which.since.map_or(i64::MIN, Timestamp::unix);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((which.key.as_ref().map(KeyId::as_str), since, before, limit))?;
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
    pub fn each_event(&self, which: Which, limit: Option<u64>, mut each: impl FnMut(Event) -> Result<bool, Error>) -> Result<(), Error> {
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

    /// Recomputes the chain from its first entry on, and holds it against a mark that was kept elsewhere.
    ///
    /// # Errors
    /// If the store cannot be read. What is wrong with the chain is the answer and no error.
    pub fn audit(&self, expected: Option<Mark>) -> Result<Audit, Error> {
        let origin = self.read(|view| view.origin())?;
        let mut head = Mark { seq: 0, hash: origin };
        let mut audit = Audit { events: 0, head, first_bad: None };
        let mut found = None;
        loop {
            let before = audit.events;
            self.read(|view| view.audit_page(&mut head, &mut audit, expected, &mut found))?;
            if audit.events - before < PAGE {
                break;
            }
        }
        if audit.first_bad.is_none()
            && let Some(mark) = expected
        {
            let found = if mark.seq == 0 { Some(origin) } else { found };
            audit.first_bad = match found {
                None => Some((mark.seq, Problem::Missing)),
                Some(hash) if hash != mark.hash => Some((mark.seq, Problem::Rewritten)),
                Some(_) => None,
            };
        }
        Ok(audit)
    }
}

impl View<'_> {
    fn audit_page(&self, head: &mut Mark, audit: &mut Audit, expected: Option<Mark>, found: &mut Option<Hash>) -> Result<(), Error> {
        let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query((head.seq, i64::try_from(PAGE).unwrap_or(i64::MAX)))?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let problem = match stored_hash(row, head.hash) {
                Err(_) => Some(Problem::Unreadable),
                Ok(_) if seq != head.seq + 1 => Some(Problem::Gap),
                Ok((stored, computed)) if stored != computed => Some(Problem::HashMismatch),
                Ok(_) if convert::event(row).is_err() => Some(Problem::Unreadable),
                Ok(_) => None,
            };
            if audit.first_bad.is_none() {
                audit.first_bad = problem.map(|problem| (seq, problem));
            }
            *head = Mark { seq, hash: Hash(row.get(7).unwrap_or([0; 32])) };
            if expected.is_some_and(|mark| mark.seq == seq) {
                *found = Some(head.hash);
            }
            audit.events += 1;
        }
        audit.head = *head;
        Ok(())
    }
}

/// The hash that a row has, and the one that it should have after `previous`.
fn stored_hash(row: &rusqlite::Row<'_>, previous: Hash) -> Result<(Hash, Hash), rusqlite::Error> {
    let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
    let entry = Entry {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor: text(2)?,
        action: text(3)?,
        key_id: text(4)?,
        key_name: text(5)?,
        details: text(6)?,
    };
    Ok((Hash(row.get(7)?), entry.hash(previous)))
}
