//! The table of tombstones, and the removal of keys and of old use.

use rusqlite::{OptionalExtension, Params};

use crate::domain::event::Action;
use crate::domain::tombstone::Tombstone;
use crate::domain::usage::CredibleTimes;
use crate::domain::{Environment, Key, KeyId, Timestamp, name};
use crate::error::Error;
use crate::store::convert;
use crate::store::convert::TOMBSTONE_COLUMNS;
use crate::store::{ReadTx, WriteTx, row_hash};

/// Rows of usage whose hour was over at `?1`. Looked for key by key, since that is how they are
/// ordered.
const OLD_USAGE: &str = "key IN (SELECT seq FROM keys) AND hour <= ?1 - 3600";

impl ReadTx<'_> {
    /// What is left of the key with this id, if it was removed.
    ///
    /// # Errors
    /// If the store cannot be read or the row is damaged.
    pub fn tombstone(&self, id: KeyId) -> Result<Option<Tombstone>, Error> {
        self.tombstone_where("id = ?1", [id.as_str()])
    }

    /// What is left of the newest removed key of this name.
    ///
    /// # Errors
    /// If the store cannot be read or the row is damaged.
    pub fn tombstone_named(
        &self,
        text: &str,
        environment: Option<Environment>,
    ) -> Result<Option<Tombstone>, Error> {
        let filter = "name_folded = ?1 AND (?2 IS NULL OR environment = ?2) ORDER BY created_at DESC LIMIT 1";
        self.tombstone_where(
            filter,
            (name::fold(text), environment.map(Environment::as_str)),
        )
    }

    fn tombstone_where(
        &self,
        filter: &str,
        params: impl Params,
    ) -> Result<Option<Tombstone>, Error> {
        let sql = format!("SELECT {TOMBSTONE_COLUMNS} FROM tombstones WHERE {filter}");
        self.conn
            .query_row_and_then(&sql, params, |row| {
                Ok::<_, rusqlite::Error>(convert::tombstone(row))
            })
            .optional()?
            .transpose()
    }

    /// When a key was last presented, as far as that was recorded and is believed, however it was
    /// answered.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn presented_at(&self, id: KeyId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        // Only its newest hour is read: the last use is never in an earlier one.
        let sql = "SELECT max(u.last_at) FROM (SELECT key, max(hour) AS hour FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1) AND hour + 3600 <= ?2) newest \
                   JOIN usage u ON u.key = newest.key AND u.hour = newest.hour";
        let latest = CredibleTimes::at(now).latest();
        let seconds: Option<i64> = self
            .conn
            .prepare_cached(sql)?
            .query_row((id.as_str(), latest.unix()), |row| row.get(0))?;
        Ok(seconds.and_then(Timestamp::from_unix))
    }
}

impl WriteTx<'_> {
    /// Removes a key and its recorded use, with its event, and leaves a tombstone, which is what
    /// links its successor to it.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn prune(&mut self, key: &Key) -> Result<Tombstone, Error> {
        let key = &self.view().with_credible_use(key.clone(), self.now)?;
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
        self.tx.execute(
            "DELETE FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1)",
            [stone.id.as_str()],
        )?;
        let removed = self
            .tx
            .execute("DELETE FROM keys WHERE id = ?1", [stone.id.as_str()])?;
        if removed != 1 {
            return Err(convert::damaged(format!(
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
            return Err(convert::damaged(format!("key {} is still there", stone.id)));
        }
        Ok(stone)
    }

    /// Removes the rows of usage that are older than `by`; what is recorded then begins there.
    /// Returns how many there were.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn forget_usage(&mut self, by: Timestamp) -> Result<u64, Error> {
        let removed = self
            .tx
            .execute(&format!("DELETE FROM usage WHERE {OLD_USAGE}"), [by.unix()])?;
        if removed > 0 {
            self.tx.execute(
                "UPDATE store SET usage_since = max(usage_since, ?1)",
                [by.hour()],
            )?;
        }
        Ok(removed as u64)
    }
}
