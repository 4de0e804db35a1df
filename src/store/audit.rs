//! The audit chain, recomputed.
//!
//! Whether an entry is right depends on its own fields and on the hash of the entry before it, not
//! on how that hash came about. So a long chain is cut into parts, and each is recomputed by a
//! thread of its own; what they find is put together in order.

use std::thread;

use rusqlite::OptionalExtension;

use crate::domain::event::{Action, ChainHead, Hash};
use crate::error::Error;
use crate::store::convert;
use crate::store::convert::EVENT_COLUMNS;
use crate::store::{ReadTx, Store};

/// How many entries are read at once.
const PAGE: u64 = 1000;
/// Recomputing fewer entries than this takes less time than starting a thread that opens the store.
const SMALLEST_PART: i64 = 5000;

/// What came of recomputing the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// How many events there are.
    pub events: u64,
    /// The newest, to be kept elsewhere.
    pub head: ChainHead,
    /// The first that is not right, and what is wrong with it.
    pub first_bad: Option<(i64, Problem)>,
    /// Whether the store holds as many keys and tombstones as the log tells of.
    pub rows_fit: bool,
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
    /// It was expected and is missing: the end of the log was cut off.
    Missing,
    /// It does not have the hash that was expected: the log was rewritten.
    Rewritten,
}

impl Problem {
    /// What is wrong, in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Problem::Unreadable => "the entry cannot be read",
            Problem::Gap => "entries are missing before this one",
            Problem::HashMismatch => "the entry was changed",
            Problem::Missing => {
                "the entry that was expected is missing: the end of the log was cut off"
            }
            Problem::Rewritten => {
                "the entry is not the one that was expected: the log was rewritten"
            }
        }
    }
}

impl Store {
    /// Recomputes the chain from its first entry on, and compares it with a head that was kept
    /// elsewhere.
    ///
    /// # Errors
    /// If the store cannot be read. What is wrong with the chain is the answer, not an error.
    pub fn audit(&self, expected: Option<ChainHead>) -> Result<Audit, Error> {
        let (origin, last, rows) =
            self.read(|view| Ok((view.origin()?, view.last_event()?, Rows::of(view)?)))?;
        let ends = ends(last);
        let found = match ends.split_last() {
            // A copy without a name has no other connection.
            Some((_, others)) if !others.is_empty() && self.identity.is_some() => {
                self.audit_parts(&ends, expected)?
            }
            _ => vec![self.audit_part(0, last, expected)?],
        };
        let mut audit = Audit {
            events: 0,
            head: ChainHead {
                seq: 0,
                hash: origin,
            },
            first_bad: None,
            rows_fit: true,
        };
        let (mut told, mut there) = (Rows::default(), None);
        for part in found {
            audit.events += part.events;
            told.keys += part.rows.keys;
            told.tombstones += part.rows.tombstones;
            audit.head = part.head.unwrap_or(audit.head);
            audit.first_bad = audit.first_bad.or(part.first_bad);
            there = there.or(part.expected);
        }
        audit.rows_fit = told == rows;
        if audit.first_bad.is_none()
            && let Some(mark) = expected
        {
            let there = if mark.seq == 0 { Some(origin) } else { there };
            audit.first_bad = match there {
                None => Some((mark.seq, Problem::Missing)),
                Some(hash) if hash != mark.hash => Some((mark.seq, Problem::Rewritten)),
                Some(_) => None,
            };
        }
        Ok(audit)
    }

    /// The parts of the chain that end at these entries, all at once; the first on this thread.
    fn audit_parts(&self, ends: &[i64], expected: Option<ChainHead>) -> Result<Vec<Part>, Error> {
        thread::scope(|scope| {
            let part = |after: i64, through: i64| {
                let store = self.connect_again()?;
                let audit = move || store.audit_part(after, through, expected);
                thread::Builder::new()
                    .spawn_scoped(scope, audit)
                    .map_err(|e| Error::io("start a thread", e))
            };
            let others = ends
                .windows(2)
                .map(|pair| part(pair[0], pair[1]))
                .collect::<Result<Vec<_>, _>>()?;
            let first = self.audit_part(0, ends[0], expected);
            let ended_early = |_| Err(Error::ended_early());
            std::iter::once(first)
                .chain(
                    others
                        .into_iter()
                        .map(|other| other.join().unwrap_or_else(ended_early)),
                )
                .collect()
        })
    }

    /// Recomputes the entries after `after`, up to and including `through`.
    fn audit_part(
        &self,
        after: i64,
        through: i64,
        expected: Option<ChainHead>,
    ) -> Result<Part, Error> {
        let mut part = Part::default();
        let mut before = self.read(|view| view.mark_at_or_before(after))?;
        loop {
            let counted = part.events;
            self.read(|view| view.audit_page(&mut before, through, expected, &mut part))?;
            if part.events - counted < PAGE {
                // SQLite ends a range at the first entry beyond it, also where that is out of
                // order: the entries behind it would go unseen.
                if part.first_bad.is_none() && before.seq < through {
                    part.first_bad = Some((before.seq + 2, Problem::Gap));
                }
                return Ok(part);
            }
        }
    }
}

/// Where the parts of a chain of this length end. Entries that are added meanwhile belong to none.
fn ends(last: i64) -> Vec<i64> {
    if last < 2 * SMALLEST_PART {
        return vec![last];
    }
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let parts = i64::try_from(processors)
        .unwrap_or(1)
        .min(last / SMALLEST_PART);
    (1..parts)
        .map(|part| last / parts * part)
        .chain([last])
        .collect()
}

/// How many keys and tombstones there are, or should be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    keys: i64,
    tombstones: i64,
}

impl Rows {
    fn of(view: ReadTx<'_>) -> Result<Self, Error> {
        let sql = "SELECT (SELECT count(*) FROM keys), (SELECT count(*) FROM tombstones)";
        Ok(view.conn.query_row(sql, [], |row| {
            Ok(Rows {
                keys: row.get(0)?,
                tombstones: row.get(1)?,
            })
        })?)
    }

    /// Adds the row that an entry creates or removes.
    fn follow(&mut self, action: &str) {
        if [Action::Create, Action::Rotate]
            .map(Action::as_str)
            .contains(&action)
        {
            self.keys += 1;
        } else if action == Action::Prune.as_str() {
            self.keys -= 1;
            self.tombstones += 1;
        }
    }
}

/// What came of recomputing a part.
#[derive(Debug, Default)]
struct Part {
    events: u64,
    head: Option<ChainHead>,
    first_bad: Option<(i64, Problem)>,
    /// The hash that the expected entry has, if it is in this part.
    expected: Option<Hash>,
    /// The rows that its entries create and remove.
    rows: Rows,
}

impl ReadTx<'_> {
    fn last_event(&self) -> Result<i64, Error> {
        Ok(self
            .conn
            .query_row("SELECT coalesce(max(seq), 0) FROM events", [], |row| {
                row.get(0)
            })?)
    }

    fn mark_at_or_before(&self, seq: i64) -> Result<ChainHead, Error> {
        let sql = "SELECT seq, hash FROM events WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1";
        let mark = self
            .conn
            .query_row(sql, [seq], |row| {
                Ok(ChainHead {
                    seq: row.get(0)?,
                    hash: hash_of(row, 1),
                })
            })
            .optional()?;
        mark.map_or_else(
            || {
                Ok(ChainHead {
                    seq: 0,
                    hash: self.origin()?,
                })
            },
            Ok,
        )
    }

    fn audit_page(
        &self,
        before: &mut ChainHead,
        through: i64,
        expected: Option<ChainHead>,
        part: &mut Part,
    ) -> Result<(), Error> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows =
            statement.query((before.seq, through, i64::try_from(PAGE).unwrap_or(i64::MAX)))?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let read = convert::entry(row);
            let problem = match &read {
                Err(_) => Some(Problem::Unreadable),
                Ok(_) if seq != before.seq + 1 => Some(Problem::Gap),
                Ok((entry, stored)) if entry.hash(before.hash) != *stored => {
                    Some(Problem::HashMismatch)
                }
                // A constraint, which `doctor` checks, says that the details are JSON.
                Ok((entry, stored)) if convert::event_without_changes(entry, *stored).is_err() => {
                    Some(Problem::Unreadable)
                }
                Ok(_) => None,
            };
            if part.first_bad.is_none() {
                part.first_bad = problem.map(|problem| (seq, problem));
            }
            if let Ok((entry, _)) = &read {
                part.rows.follow(entry.action);
            }
            *before = ChainHead {
                seq,
                hash: read.map_or_else(|_| hash_of(row, 7), |(_, stored)| stored),
            };
            part.head = Some(*before);
            if expected.is_some_and(|mark| mark.seq == seq) {
                part.expected = Some(before.hash);
            }
            part.events += 1;
        }
        Ok(())
    }
}

/// The hash in a column; for one that cannot be read, a hash that no entry follows.
fn hash_of(row: &rusqlite::Row<'_>, column: usize) -> Hash {
    Hash(row.get(column).unwrap_or([0; 32]))
}
