//! Sums that may be too many for the memory: a database of SQLite's own temporary kind. It has no
//! name, it is read by nobody else, it is gone when it is closed, and it is on the disk only as far
//! as it does not fit into a small cache.

use rusqlite::{Connection, Row, params};

use crate::domain::Timestamp;
use crate::domain::usage::{GroupBy, Sums, Totals, UsageRow};
use crate::error::Error;
use crate::store::failure;

/// The page cache, in KiB; what is sorted in memory is as much again.
const CACHE: i64 = 8 * 1024;

/// Sums of uses by groups.
#[derive(Debug)]
pub(crate) struct Scratch {
    conn: Connection,
}

/// A failure of the temporary file, which is not the store's.
fn failed(cause: rusqlite::Error) -> Error {
    Error::unexpected("the sums could not be kept in a temporary file")
        .hint("free some space where temporary files are kept, or name another directory in TMPDIR")
        .because(cause)
}

impl Scratch {
    pub(crate) fn new() -> Result<Self, Error> {
        let open = || {
            let conn = Connection::open("")?;
            conn.execute_batch(&format!(
                "PRAGMA cache_size = -{CACHE}; PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            ))?;
            for by in GroupBy::ALL {
                conn.execute_batch(&format!(
                    "CREATE TABLE {} (label TEXT NOT NULL, name TEXT, allowed INTEGER NOT NULL, refused INTEGER NOT NULL, \
                     other INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT",
                    parts_of(by)
                ))?;
            }
            // One transaction for all of it: there is nothing to be kept.
            conn.execute_batch("BEGIN")?;
            Ok(conn)
        };
        open().map(|conn| Scratch { conn }).map_err(failed)
    }

    /// Adds to the sums of a group; several times for one group is fine.
    pub(crate) fn add(
        &self,
        by: GroupBy,
        group: &str,
        name: Option<&str>,
        sums: &Sums,
    ) -> Result<(), Error> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                parts_of(by)
            ))
            .and_then(|mut insert| {
                insert.execute(params![
                    group,
                    name,
                    number(sums.totals.allowed),
                    number(sums.totals.refused),
                    number(sums.totals.other),
                    sums.first_at,
                    sums.last_at
                ])
            })
            .map(|_| ())
            .map_err(failed)
    }

    /// Brings the parts of each group together. Nothing is added after that.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        GroupBy::ALL.into_iter().try_for_each(|by| {
            self.conn
                .execute_batch(&format!(
                    "CREATE TABLE {} AS SELECT label, max(name) AS name, sum(allowed) AS allowed, sum(refused) AS refused, \
                     sum(other) AS other, min(first_at) AS first_at, max(last_at) AS last_at FROM {} GROUP BY label",
                    sums_of(by), parts_of(by)
                ))
                .map_err(failed)
        })
    }

    /// How many groups there are, and how many of them are known by a label.
    pub(crate) fn count(&self, by: GroupBy) -> Result<(u64, u64), Error> {
        let sql = format!(
            "SELECT count(*), count(nullif(label, '')) FROM {}",
            sums_of(by)
        );
        let number = |row: &Row<'_>, at| row.get::<_, i64>(at).map(i64::unsigned_abs);
        self.conn
            .query_row(&sql, [], |row| Ok((number(row, 0)?, number(row, 1)?)))
            .map_err(failed)
    }

    /// Hands the groups to `each`: parts of time in their order, at most the last `limit` of them;
    /// others by how many uses they have, the `limit` largest.
    pub(crate) fn each_row(
        &self,
        by: GroupBy,
        limit: Option<u64>,
        each: &mut dyn FnMut(&UsageRow) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let limit = limit.and_then(|limit| i64::try_from(limit).ok());
        let (table, limit) = (sums_of(by), limit.unwrap_or(-1));
        let sql = if by.seconds().is_some() {
            format!(
                "SELECT * FROM (SELECT * FROM {table} ORDER BY label DESC LIMIT ?1) ORDER BY label"
            )
        } else {
            format!("SELECT * FROM {table} ORDER BY allowed + refused + other DESC, label LIMIT ?1")
        };
        let mut statement = self.conn.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([limit]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(&usage_row(row)?)?;
        }
        Ok(())
    }
}

fn parts_of(by: GroupBy) -> String {
    format!("parts_by_{}", by.as_str())
}

fn sums_of(by: GroupBy) -> String {
    format!("sums_by_{}", by.as_str())
}

fn usage_row(row: &Row<'_>) -> Result<UsageRow, Error> {
    let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs).map_err(failed);
    let label: String = row.get(0).map_err(failed)?;
    Ok(UsageRow {
        group: Some(label).filter(|label| !label.is_empty()),
        name: row.get(1).map_err(failed)?,
        totals: Totals {
            allowed: number(2)?,
            refused: number(3)?,
            other: number(4)?,
        },
        first_at: instant(row.get(5).map_err(failed)?)?,
        last_at: instant(row.get(6).map_err(failed)?)?,
    })
}

/// An instant that was summed up as a number.
pub(crate) fn instant(seconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_unix(seconds)
        .ok_or_else(|| failure::damaged(format!("{seconds} is not an instant")))
}
