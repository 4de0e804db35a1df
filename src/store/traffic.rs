//! Recorded use, read back a key at a time.

use crate::domain::usage::UsageBucket;
use crate::domain::{KeyId, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, convert};

impl ReadTx<'_> {
    /// Hands what is recorded of a key, from the hour of `since` on, to `each`, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn each_use(
        &self,
        id: KeyId,
        since: Option<Timestamp>,
        mut each: impl FnMut(&UsageBucket),
    ) -> Result<(), Error> {
        let sql = "SELECT ip, endpoint, scopes, outcome, count, first_at, last_at FROM usage \
                   WHERE key = (SELECT seq FROM keys WHERE id = ?1) AND hour >= ?2 ORDER BY hour";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query((id.as_str(), since.map_or(0, Timestamp::hour)))?;
        while let Some(row) = rows.next()? {
            each(&convert::uses(row, id)?);
        }
        Ok(())
    }

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
}
