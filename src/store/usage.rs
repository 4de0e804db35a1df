//! The table of usage: counted, rolled up by the hour. Recording a use is no event.

use std::collections::BTreeMap;

use rusqlite::params;

use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{KeyId, LastUse, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// Since when uses are recorded; `None` if none ever was.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn usage_since(&self) -> Result<Option<Timestamp>, Error> {
        let seconds: Option<i64> =
            self.conn
                .query_row("SELECT usage_since FROM store", [], |row| row.get(0))?;
        Ok(seconds.and_then(Timestamp::from_unix))
    }
}

impl WriteTx<'_> {
    /// Adds uses to what was counted before.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn record(&mut self, all: &[UsageBucket]) -> Result<(), Error> {
        let mut newest: BTreeMap<KeyId, LastUse> = BTreeMap::new();
        let mut find = self.tx.prepare("SELECT seq FROM keys WHERE id = ?1")?;
        let mut add = self.tx.prepare(
            "INSERT INTO usage (key, hour, ip, endpoint, scopes, outcome, count, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT DO UPDATE SET count = count + excluded.count, first_at = min(first_at, excluded.first_at), \
             last_at = max(last_at, excluded.last_at)",
        )?;
        let mut key: Option<(KeyId, i64)> = None;
        for uses in all {
            let seq = match key {
                Some((id, seq)) if id == uses.key => seq,
                _ => find.query_row([uses.key.as_str()], |row| row.get(0))?,
            };
            key = Some((uses.key, seq));
            add.execute(params![
                seq,
                uses.hour(),
                uses.ip.map(|ip| ip.to_string()).unwrap_or_default(),
                uses.endpoint.map_or("", |endpoint| endpoint.pattern),
                uses.scopes.to_string(),
                uses.outcome.as_str(),
                i64::try_from(uses.count).unwrap_or(i64::MAX),
                uses.first_at.unix(),
                uses.last_at.unix(),
            ])?;
            let last = LastUse {
                at: uses.last_at,
                ip: uses.ip,
            };
            if uses.outcome == Outcome::Allowed
                && newest
                    .get(&uses.key)
                    .is_none_or(|known| known.at <= last.at)
            {
                newest.insert(uses.key, last);
            }
        }
        for (id, last) in newest {
            self.tx.execute(
                "UPDATE keys SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1 AND coalesce(last_used_at, -1) <= ?2",
                (id.as_str(), last.at.unix(), last.ip.map(|ip| ip.to_string())),
            )?;
        }
        if let Some(first) = all.iter().map(|uses| uses.first_at).min() {
            self.tx.execute(
                "UPDATE store SET usage_since = ?1 WHERE usage_since IS NULL OR usage_since > ?1",
                [first.unix()],
            )?;
        }
        Ok(())
    }
}
