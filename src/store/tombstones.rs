//! The table of tombstones, and what decides whether a key may become one.

use rusqlite::{OptionalExtension, Params};

use crate::domain::tombstone::Tombstone;
use crate::domain::usage::CredibleTimes;
use crate::domain::{Environment, KeyId, Timestamp, name};
use crate::error::Error;
use crate::store::ReadTx;
use crate::store::convert;
use crate::store::convert::TOMBSTONE_COLUMNS;

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
