//! What rate limits go on from when `serve` starts: the allowed uses of the hour and of the day.

use crate::domain::{KeyId, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, failure};

/// How often a key was allowed in the hour and in the day (UTC) that have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentUse {
    /// The key.
    pub key: KeyId,
    /// In the present hour.
    pub hour: u64,
    /// In the present day.
    pub day: u64,
}

impl ReadTx<'_> {
    /// The keys that were allowed today, each with how often.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn recent_uses(&self, now: Timestamp) -> Result<Vec<RecentUse>, Error> {
        let (hour, day) = (now.hour(), now.unix().div_euclid(86_400) * 86_400);
        // By the keys with a use today, not by all uses: these have no index of time alone.
        let mut statement = self.conn.prepare(
            "SELECT k.id, sum(u.count) FILTER (WHERE u.hour = ?1), sum(u.count) FROM keys k \
             CROSS JOIN usage u ON u.key = k.seq AND u.hour BETWEEN ?2 AND ?1 AND u.outcome = 'allowed' \
             WHERE coalesce(k.last_used_at, -1) >= ?2 GROUP BY k.seq",
        )?;
        let mut rows = statement.query([hour, day])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let number = |at| -> Result<u64, Error> {
                let count: Option<i64> = row.get(at).map_err(failure::damaged)?;
                Ok(count.map_or(0, i64::unsigned_abs))
            };
            let id: String = row.get(0).map_err(failure::damaged)?;
            all.push(RecentUse {
                key: id.parse().map_err(failure::damaged)?,
                hour: number(1)?,
                day: number(2)?,
            });
        }
        Ok(all)
    }
}
