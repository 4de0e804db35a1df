//! Recorded use, read back a chunk at a time: a long read transaction would keep every writer
//! waiting.

mod cursor;

use crate::domain::usage::{CredibleTimes, Outcome, Totals, UsageBucket, UsageFilter};
use crate::domain::{KeyId, Timestamp};
use crate::error::Error;
use crate::store::traffic::cursor::UsagePlace;
use crate::store::{ReadTx, Store, convert};

pub use crate::store::traffic::cursor::UsageCursor;

/// The most rows of usage that one transaction reads; a key without any costs as much as a row.
pub(crate) const CHUNK: usize = 5_000;

/// The columns that [`convert::uses`] reads.
const COLUMNS: &str = "ip, endpoint, scopes, outcome, count, first_at, last_at, hour";

/// A row of usage as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct StoredUse<'r> {
    /// The start of the hour.
    pub hour: i64,
    /// The client's address; empty if it is not known.
    pub ip: &'r str,
    /// What was called; empty if it is none of the API's endpoints.
    pub endpoint: &'r str,
    /// How it was answered.
    pub outcome: Outcome,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first_at: i64,
    /// The last time.
    pub last_at: i64,
}

impl Store {
    /// Reads the next rows in one short transaction and hands them to `each`, with the key that was
    /// used and its name. Returns `false` once there are no more.
    ///
    /// # Errors
    /// If the store cannot be read, a row is damaged, or what `each` fails with.
    pub(crate) fn next_uses(
        &self,
        cursor: &mut UsageCursor,
        mut each: impl FnMut(KeyId, &str, &rusqlite::Row<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        self.read(|view| {
            let mut left = CHUNK;
            while left > 0 && !cursor.is_done {
                if cursor.key.is_none() {
                    left -= 1;
                    if !cursor.next_key(view)? {
                        break;
                    }
                    continue;
                }
                let read = view.uses_after(cursor, left, &mut each)?;
                if read < left {
                    cursor.key = None;
                }
                left -= read;
            }
            Ok(!cursor.is_done)
        })
    }

    /// Hands all rows that are meant to `each`; `between` runs after each chunk, when the store is
    /// free.
    ///
    /// # Errors
    /// If the store cannot be read, a row is damaged, or what `each` or `between` fails with.
    pub fn each_stored_use<S>(
        &self,
        filter: UsageFilter,
        state: &mut S,
        mut each: impl FnMut(&mut S, KeyId, &str, StoredUse<'_>) -> Result<(), Error>,
        mut between: impl FnMut(&mut S) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut cursor = UsageCursor::new(filter);
        while self.next_uses(&mut cursor, |id, name, row| {
            each(state, id, name, convert::stored_use(row)?)
        })? {
            between(state)?;
        }
        between(state)
    }

    /// Hands what is recorded of a key, from the hour of `since` on, to `each`, oldest first; what
    /// has a time that nobody believes is left out.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn each_use(
        &self,
        id: KeyId,
        since: Option<Timestamp>,
        now: Timestamp,
        mut each: impl FnMut(&UsageBucket),
    ) -> Result<(), Error> {
        let mut cursor = UsageCursor::new(UsageFilter {
            key: Some(id),
            since,
            times: Some(CredibleTimes::at(now)),
        });
        while self.next_uses(&mut cursor, |id, _, row| {
            each(&convert::uses(row, id)?);
            Ok(())
        })? {}
        Ok(())
    }

    /// How often a key was used, as far as it was recorded at times that are believed.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn use_totals(&self, id: KeyId, now: Timestamp) -> Result<Totals, Error> {
        let mut totals = Totals::default();
        self.each_use(id, None, now, |uses| totals.add(uses.outcome, uses.count))?;
        Ok(totals)
    }
}

impl ReadTx<'_> {
    /// Reads at most `limit` rows of the cursor's key, and moves the cursor behind them.
    fn uses_after(
        &self,
        cursor: &mut UsageCursor,
        limit: usize,
        each: &mut impl FnMut(KeyId, &str, &rusqlite::Row<'_>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let Some((id, name)) = &cursor.key else {
            return Ok(0);
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1) AND (hour, ip, endpoint, scopes, outcome) > (?2, ?3, ?4, ?5, ?6) AND hour <= ?8 \
             ORDER BY hour, ip, endpoint, scopes, outcome LIMIT ?7"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let after = &cursor.after;
        let mut rows = statement.query(rusqlite::params![
            id.as_str(),
            after.hour,
            after.ip,
            after.endpoint,
            after.scopes,
            after.outcome,
            i64::try_from(limit).unwrap_or(i64::MAX),
            cursor.until,
        ])?;
        let mut read = 0;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let is_meant = match cursor.filter.times {
                Some(times) => times.contains(convert::instant(row, 6)?),
                None => true,
            };
            if is_meant {
                each(*id, name, row)?;
            }
            read += 1;
            if read == limit {
                last = Some(UsagePlace {
                    hour: row.get(7)?,
                    ip: row.get(0)?,
                    endpoint: row.get(1)?,
                    scopes: row.get(2)?,
                    outcome: row.get(3)?,
                });
            }
        }
        if let Some(last) = last {
            cursor.after = last;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rusqlite::Connection;

    use super::*;
    use crate::domain::api_key::entropy::tests::Repeated;
    use crate::store::Access;

    /// The start of an hour in 2020.
    const BEGIN: i64 = 444_445 * 3_600;
    const NOW: i64 = 1_800_000_000;

    /// A store with so many uses of each of three keys, an address each.
    fn store_with(rows: &[i64; 3]) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = directory.path().join("keys.db");
        let now = || Timestamp::from_unix(NOW).unwrap();
        drop(Store::open_or_create(&path, false, &mut Repeated(0), &now).unwrap());
        let conn = Connection::open(&path).unwrap();
        for (seq, rows) in (1..).zip(rows) {
            conn.execute(
                "INSERT INTO keys (seq, id, name, name_folded, environment, scopes, digest, created_at, allowed_ips) \
                 VALUES (?1, 'k3m9x2q7v' || ?1, 'Key ' || ?1, 'key ' || ?1, 'live', 'read:orders', randomblob(32), 0, '')",
                [seq],
            )
            .unwrap();
            conn.execute(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) \
                 INSERT INTO usage SELECT ?1, ?3 + i / 7 * 3600, '10.' || (i >> 16) || '.' || (i >> 8 & 255) || '.' || (i & 255), \
                 'GET /orders', 'read:orders', iif(i % 2, 'allowed', 'unknown'), 1, ?3 + i / 7 * 3600, ?3 + i / 7 * 3600 + 9 FROM n WHERE ?2 > 0",
                [seq, *rows, BEGIN],
            )
            .unwrap();
        }
        (directory, Store::open(&path, Access::Read).unwrap())
    }

    #[test]
    fn every_row_is_read_once_and_no_transaction_reads_more_than_a_chunk() {
        let chunk = i64::try_from(CHUNK).unwrap();
        let (_directory, store) = store_with(&[2 * chunk + 3, 0, chunk]);
        let mut cursor = UsageCursor::new(UsageFilter::default());
        let (mut all, mut seen) = (0, std::collections::BTreeSet::new());
        loop {
            let mut read = 0;
            let is_more = store
                .next_uses(&mut cursor, |id, _, row| {
                    read += 1;
                    seen.insert((id.to_string(), row.get::<_, String>(0)?));
                    Ok(())
                })
                .unwrap();
            assert!(read <= CHUNK, "{read}");
            assert!(store.conn.is_autocommit());
            all += read;
            if !is_more {
                break;
            }
        }
        assert_eq!((all, seen.len()), (3 * CHUNK + 3, 3 * CHUNK + 3));
    }

    #[test]
    fn a_writer_gets_its_turn_after_every_chunk() {
        let chunk = i64::try_from(CHUNK).unwrap();
        let (directory, store) = store_with(&[3 * chunk, 1, 0]);
        let writer = Connection::open(directory.path().join("keys.db")).unwrap();
        writer.busy_timeout(std::time::Duration::ZERO).unwrap();
        let (mut turns, mut rows) = (0, 0);
        let between = |rows: &mut u64| {
            turns += 1;
            writer
                .execute(
                    "UPDATE keys SET note = ?1 WHERE seq = 1",
                    [rows.to_string()],
                )
                .map(|_| ())
                .map_err(Error::from)
        };
        let each = |rows: &mut u64, _: KeyId, _: &str, uses: StoredUse<'_>| {
            *rows += uses.count;
            Ok(())
        };
        store
            .each_stored_use(UsageFilter::default(), &mut rows, each, between)
            .unwrap();
        assert_eq!(rows, u64::try_from(3 * chunk + 1).unwrap());
        assert!(turns >= 4, "{turns}");
    }

    #[test]
    fn a_key_and_an_hour_narrow_what_is_read() {
        let (_directory, store) = store_with(&[70, 70, 70]);
        let id: KeyId = "k3m9x2q7v2".parse().unwrap();
        let mut read = 0;
        let since = Timestamp::from_unix(BEGIN + 5 * 3600 + 59);
        let now = Timestamp::from_unix(NOW).unwrap();
        store
            .each_use(id, since, now, |uses| {
                assert!(uses.key == id && uses.hour() >= BEGIN + 5 * 3600);
                read += 1;
            })
            .unwrap();
        assert_eq!(read, 35);
        assert_eq!(store.use_totals(id, now).unwrap().count(), 70);
        let by = Timestamp::from_unix(BEGIN + 2 * 3600).unwrap();
        assert_eq!(store.old_usage(by).unwrap(), 3 * 14);
    }
}
