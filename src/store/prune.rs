//! The removal of keys and of old use. It may be much: each transaction removes a bounded number of
//! rows, so that an emergency does not have to wait for all of it.

use rusqlite::{OptionalExtension, ToSql, named_params};

use crate::domain::event::Action;
use crate::domain::tombstone::Tombstone;
use crate::domain::usage::CredibleTimes;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::store::failure;
use crate::store::traffic::UsageCursor;
use crate::store::{ReadTx, Store, WriteTx, convert, row_hash};

/// How many keys are asked for old use in one read.
const KEYS_ASKED: i64 = 2_000;

/// How much of a key was removed.
#[derive(Debug)]
pub struct Pruning {
    /// What is left of it; `None` if there are more uses of it to be removed first, by another
    /// transaction.
    pub tombstone: Option<Tombstone>,
    /// How many rows of usage went.
    pub rows: u64,
}

/// The start of the newest hour that was over at `by`.
fn newest_old_hour(by: Timestamp) -> i64 {
    by.unix() - 3_600
}

impl Store {
    /// Gives the space of what was removed back to the file system, and returns how many bytes that
    /// are. The store is written anew, for which there must be room beside it; nobody else can use it
    /// meanwhile.
    ///
    /// # Errors
    /// If it is locked for too long, or cannot be written.
    pub fn vacuum(&self) -> Result<u64, Error> {
        let size = || -> Result<u64, Error> {
            let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
            let bytes: i64 = self.conn.query_row(sql, [], |row| row.get(0))?;
            Ok(bytes.unsigned_abs())
        };
        let before = size()?;
        self.conn.execute_batch("VACUUM")?;
        Ok(before.saturating_sub(size()?))
    }

    /// How many rows of usage have an hour that was over at `by`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn old_usage(&self, by: Timestamp) -> Result<u64, Error> {
        let mut cursor = UsageCursor::until(newest_old_hour(by));
        let mut old = 0;
        while self.next_uses(&mut cursor, |_, _, _| {
            old += 1;
            Ok(())
        })? {}
        Ok(old)
    }
}

/// How far the keys were asked for old use.
#[derive(Debug)]
pub struct OldUsageCursor {
    by: Timestamp,
    seq: i64,
    is_done: bool,
}

impl OldUsageCursor {
    /// Begins with the oldest key.
    pub fn new(by: Timestamp) -> Self {
        OldUsageCursor {
            by,
            seq: i64::MIN,
            is_done: false,
        }
    }
}

impl ReadTx<'_> {
    /// The next keys that have use older than the cursor's instant, at most a page of them; `None`
    /// once all keys were asked.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn next_with_old_usage(
        &self,
        cursor: &mut OldUsageCursor,
    ) -> Result<Option<Vec<KeyId>>, Error> {
        if cursor.is_done {
            return Ok(None);
        }
        let mut statement = self.conn.prepare_cached(
            "SELECT k.id, k.seq, EXISTS (SELECT 1 FROM usage u WHERE u.key = k.seq AND u.hour <= ?2) FROM keys k \
             WHERE k.seq > ?1 ORDER BY k.seq LIMIT ?3",
        )?;
        let mut rows = statement.query((cursor.seq, newest_old_hour(cursor.by), KEYS_ASKED))?;
        let (mut with, mut asked) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            asked += 1;
            cursor.seq = row.get(1)?;
            if row.get(2)? {
                with.push(convert::id(row, 0)?);
            }
        }
        cursor.is_done = asked < KEYS_ASKED;
        Ok(Some(with))
    }
}

impl WriteTx<'_> {
    /// Removes a key and its recorded use, with its event, and leaves a tombstone, which is what
    /// links its successor to it. If it has more than `limit` rows of usage, it removes that many,
    /// and nothing else; the newest use that is believed goes last, since it tells whether the key
    /// may go at all.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn prune(&mut self, key: &Key, limit: u64) -> Result<Pruning, Error> {
        let credible = self.view().with_credible_use(key.clone(), self.now)?;
        let latest = CredibleTimes::at(self.now).latest();
        // Beyond what is believed; then all, the oldest first.
        let mut rows = self.delete_uses(key.id, newest_old_hour(latest) + 1..=i64::MAX, limit)?;
        rows += self.delete_uses(key.id, i64::MIN..=i64::MAX, limit - rows)?;
        if self.has_uses(key.id)? {
            if credible.last_use != key.last_use {
                self.keep_last_use(&credible)?;
            }
            return Ok(Pruning {
                tombstone: None,
                rows,
            });
        }
        let tombstone = Some(self.bury(&credible)?);
        Ok(Pruning { tombstone, rows })
    }

    /// The row of which this was read may be gone when the key itself goes.
    fn keep_last_use(&self, key: &Key) -> Result<(), Error> {
        let last = key.last_use.as_ref();
        self.tx.execute(
            "UPDATE keys SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1",
            (
                key.id.as_str(),
                last.map(|last| last.at.unix()),
                last.and_then(|last| last.ip).map(|ip| ip.to_string()),
            ),
        )?;
        Ok(())
    }

    /// Puts a tombstone in the place of a key without any use.
    fn bury(&mut self, key: &Key) -> Result<Tombstone, Error> {
        let stone = Tombstone::of(key, self.now);
        let unix = |at: Option<Timestamp>| at.map(Timestamp::unix);
        self.tx.execute(
            "INSERT INTO tombstones (id, name, name_folded, environment, created_at, expires_at, revoked_at, last_used_at, rotated_to, pruned_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            rusqlite::params![
                stone.id.as_str(),
                stone.name.as_str(),
                stone.name.folded(),
                stone.environment.as_str(),
                stone.created_at.unix(),
                unix(stone.expires_at),
                unix(stone.revoked_at),
                unix(stone.last_used_at),
                stone.rotated_to.as_ref().map(KeyId::as_str),
                stone.pruned_at.unix(),
            ],
        )?;
        let before = self.view().row_hash(stone.id)?;
        self.tx.execute(
            "UPDATE keys SET rotated_from = NULL WHERE rotated_from = ?1",
            [stone.id.as_str()],
        )?;
        let removed = self
            .tx
            .execute("DELETE FROM keys WHERE id = ?1", [stone.id.as_str()])?;
        if removed != 1 {
            return Err(failure::damaged(format!(
                "key {} cannot be found again",
                stone.id
            )));
        }
        // No field of the key changed: there is no key any more, and a tombstone in its place.
        let after = row_hash::of_tombstone(&stone);
        self.append(key, Action::Prune, &[row_hash::change(before, after)])?;
        if self.view().key(stone.id)?.is_some()
            || self.view().tombstone(stone.id)?.as_ref() != Some(&stone)
        {
            return Err(failure::damaged(format!("key {} is still there", stone.id)));
        }
        Ok(stone)
    }

    /// Removes at most `limit` rows of usage of a key that are older than `by`; what is recorded
    /// then begins there. Returns how many there were.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn forget_usage(&mut self, id: KeyId, by: Timestamp, limit: u64) -> Result<u64, Error> {
        let removed = self.delete_uses(id, i64::MIN..=newest_old_hour(by), limit)?;
        if removed > 0 {
            // With the first of them: a store that tells of less than it has misleads nobody.
            self.tx.execute(
                "UPDATE store SET usage_since = max(usage_since, ?1)",
                [by.hour()],
            )?;
        }
        Ok(removed)
    }

    fn has_uses(&self, id: KeyId) -> Result<bool, Error> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1))";
        Ok(self
            .tx
            .prepare_cached(sql)?
            .query_row([id.as_str()], |row| row.get(0))?)
    }

    /// Removes the first `limit` rows of usage of a key in these hours, the oldest first.
    fn delete_uses(
        &self,
        id: KeyId,
        hours: std::ops::RangeInclusive<i64>,
        limit: u64,
    ) -> Result<u64, Error> {
        const THESE: &str =
            "key = (SELECT seq FROM keys WHERE id = :id) AND hour BETWEEN :from AND :to";
        const ORDER: &str = "hour, ip, endpoint, scopes, outcome";
        let (from, to) = hours.into_inner();
        let id = id.as_str();
        // The first row that is not to go.
        let beyond = self
            .tx
            .prepare_cached(&format!(
                "SELECT {ORDER} FROM usage WHERE {THESE} ORDER BY {ORDER} LIMIT 1 OFFSET :limit"
            ))?
            .query_row(
                named_params! {":id": id, ":from": from, ":to": to, ":limit": i64::try_from(limit).unwrap_or(i64::MAX)},
                |row| {
                    let hour: i64 = row.get(0)?;
                    let texts: [String; 4] =
                        [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
                    Ok((hour, texts))
                },
            )
            .optional()?;
        let mut params: Vec<(&str, &dyn ToSql)> =
            vec![(":id", &id), (":from", &from), (":to", &to)];
        let sql = match &beyond {
            None => format!("DELETE FROM usage WHERE {THESE}"),
            Some((hour, [ip, endpoint, scopes, outcome])) => {
                params.extend([
                    (":hour", hour as &dyn ToSql),
                    (":ip", ip),
                    (":endpoint", endpoint),
                    (":scopes", scopes),
                    (":outcome", outcome),
                ]);
                format!(
                    "DELETE FROM usage WHERE {THESE} AND ({ORDER}) < (:hour, :ip, :endpoint, :scopes, :outcome)"
                )
            }
        };
        let removed = self.tx.prepare_cached(&sql)?.execute(&*params)?;
        Ok(removed as u64)
    }
}
