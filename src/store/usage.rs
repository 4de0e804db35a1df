//! The table of usage: counted, rolled up by the hour. Recording a use is no event.

use rusqlite::named_params;

use super::{View, Write};
use crate::domain::usage::{ALLOWED, Use};
use crate::domain::{KeyId, Timestamp};
use crate::error::Error;

/// How often a key was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UseSummary {
    /// Uses that were allowed.
    pub allowed: i64,
    /// Uses that were refused.
    pub refused: i64,
}

impl View<'_> {
    /// How often a key was used, as far as it was recorded.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn use_summary(&self, id: KeyId) -> Result<UseSummary, Error> {
        let sql = "SELECT coalesce(sum(iif(outcome = ?2, count, 0)), 0), coalesce(sum(iif(outcome = ?2, 0, count)), 0) \
                   FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1)";
        Ok(self.conn.query_row(sql, (id.as_str(), ALLOWED), |row| Ok(UseSummary { allowed: row.get(0)?, refused: row.get(1)? }))?)
    }

    /// Since when uses are recorded; `None` if none ever was.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn usage_since(&self) -> Result<Option<Timestamp>, Error> {
        let seconds: Option<i64> = self.conn.query_row("SELECT usage_since FROM store", [], |row| row.get(0))?;
        Ok(seconds.and_then(Timestamp::from_unix))
    }
}

impl Write<'_> {
    /// Counts a use.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn record(&mut self, used: &Use) -> Result<(), Error> {
        let ip = used.ip.map(|ip| ip.to_string());
        self.tx.execute(
            "INSERT INTO usage (key, hour, ip, endpoint, scopes, outcome, count, first_at, last_at) \
             VALUES ((SELECT seq FROM keys WHERE id = :id), :hour, :ip, :endpoint, :scopes, :outcome, 1, :at, :at) \
             ON CONFLICT DO UPDATE SET count = count + 1, first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
            named_params! {
                ":id": used.key.as_str(),
                ":hour": used.hour(),
                ":ip": ip.as_deref().unwrap_or(""),
                ":endpoint": used.endpoint.unwrap_or(""),
                ":scopes": used.scopes.to_string(),
                ":outcome": used.outcome,
                ":at": used.at.unix(),
            },
        )?;
        self.tx.execute("UPDATE store SET usage_since = ?1 WHERE usage_since IS NULL OR usage_since > ?1", [used.at.unix()])?;
        if used.outcome == ALLOWED {
            self.tx.execute(
                "UPDATE keys SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1 AND coalesce(last_used_at, -1) <= ?2",
                (used.key.as_str(), used.at.unix(), ip),
            )?;
        }
        Ok(())
    }
}
