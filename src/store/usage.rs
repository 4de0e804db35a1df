//! The table of usage: counted, rolled up by the hour. Recording a use is no event.

use std::collections::BTreeMap;

use rusqlite::{Row, named_params};

use super::{View, Write};
use crate::domain::usage::{Outcome, Totals, Uses};
use crate::domain::{KeyId, LastUse, Timestamp};
use crate::error::Error;

/// The three numbers of [`Totals`].
const TOTALS: &str = "coalesce(sum(iif(outcome = 'allowed', count, 0)), 0), coalesce(sum(iif(outcome IN ('allowed', 'other'), 0, count)), 0), \
     coalesce(sum(iif(outcome = 'other', count, 0)), 0)";

fn totals(row: &Row<'_>, first: usize) -> Result<Totals, Error> {
    let number = |at| Ok::<_, Error>(row.get::<_, i64>(first + at).map(i64::unsigned_abs)?);
    Ok(Totals { allowed: number(0)?, refused: number(1)?, other: number(2)? })
}

impl View<'_> {
    /// How often a key was used, as far as it was recorded.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn use_totals(&self, id: KeyId) -> Result<Totals, Error> {
        let sql = format!("SELECT {TOTALS} FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1)");
        self.conn.query_row_and_then(&sql, [id.as_str()], |row| totals(row, 0))
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
    /// Adds uses to what was counted before.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn record(&mut self, all: &[Uses]) -> Result<(), Error> {
        let mut newest: BTreeMap<KeyId, LastUse> = BTreeMap::new();
        let mut add = self.tx.prepare(
            "INSERT INTO usage (key, hour, ip, endpoint, scopes, outcome, count, first_at, last_at) \
             VALUES ((SELECT seq FROM keys WHERE id = :id), :hour, :ip, :endpoint, :scopes, :outcome, :count, :first_at, :last_at) \
             ON CONFLICT DO UPDATE SET count = count + excluded.count, first_at = min(first_at, excluded.first_at), \
             last_at = max(last_at, excluded.last_at)",
        )?;
        for uses in all {
            add.execute(named_params! {
                ":id": uses.key.as_str(),
                ":hour": uses.hour(),
                ":ip": uses.ip.map(|ip| ip.to_string()).unwrap_or_default(),
                ":endpoint": uses.endpoint.map_or("", |endpoint| endpoint.pattern),
                ":scopes": uses.scopes.to_string(),
                ":outcome": uses.outcome.word(),
                ":count": i64::try_from(uses.count).unwrap_or(i64::MAX),
                ":first_at": uses.first_at.unix(),
                ":last_at": uses.last_at.unix(),
            })?;
            let last = LastUse { at: uses.last_at, ip: uses.ip };
            if uses.outcome == Outcome::Allowed && newest.get(&uses.key).is_none_or(|known| known.at <= last.at) {
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
            self.tx.execute("UPDATE store SET usage_since = ?1 WHERE usage_since IS NULL OR usage_since > ?1", [first.unix()])?;
        }
        Ok(())
    }
}
