//! The table of usage: counted, rolled up by the hour. Recording a use is no event.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use crate::domain::usage::{GroupBy, Outcome, Totals, UsageBucket, UsageFilter, UsageRow};
use crate::domain::{KeyId, LastUse, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, WriteTx, convert};

/// The three numbers of [`Totals`].
const TOTALS: &str = "coalesce(sum(iif(outcome = 'allowed', count, 0)), 0), coalesce(sum(iif(outcome IN ('allowed', 'other'), 0, count)), 0), \
     coalesce(sum(iif(outcome = 'other', count, 0)), 0)";

fn totals(row: &Row<'_>, first: usize) -> Result<Totals, Error> {
    let number = |at| Ok::<_, Error>(row.get::<_, i64>(first + at).map(i64::unsigned_abs)?);
    Ok(Totals {
        allowed: number(0)?,
        refused: number(1)?,
        other: number(2)?,
    })
}

impl ReadTx<'_> {
    /// How often a key was used, as far as it was recorded.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn use_totals(&self, id: KeyId) -> Result<Totals, Error> {
        let sql =
            format!("SELECT {TOTALS} FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1)");
        self.conn
            .query_row_and_then(&sql, [id.as_str()], |row| totals(row, 0))
    }

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

impl ReadTx<'_> {
    /// The uses that are meant, arranged: parts of time in their order, others by how many there
    /// are.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn shares(&self, window: UsageFilter, by: GroupBy) -> Result<Vec<UsageRow>, Error> {
        let (group, order) = match by {
            GroupBy::Day => ("strftime('%Y-%m-%d', u.hour, 'unixepoch')", "1"),
            GroupBy::Hour => ("strftime('%Y-%m-%dT%H:00:00Z', u.hour, 'unixepoch')", "1"),
            GroupBy::Key => (
                "(SELECT k.id FROM keys k WHERE k.seq = u.key)",
                "sum(count) DESC, 1",
            ),
            GroupBy::Address => ("u.ip", "sum(count) DESC, 1"),
            GroupBy::Endpoint => ("u.endpoint", "sum(count) DESC, 1"),
            GroupBy::Outcome => ("u.outcome", "sum(count) DESC, 1"),
        };
        let name = if by == GroupBy::Key {
            "(SELECT k.name FROM keys k WHERE k.seq = u.key)"
        } else {
            "NULL"
        };
        self.grouped(
            window,
            &format!("nullif({group}, ''), {name}"),
            &format!("GROUP BY 1 ORDER BY {order}"),
        )
    }

    /// All uses that are meant; `None` if there are none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn all_uses(&self, window: UsageFilter) -> Result<Option<UsageRow>, Error> {
        Ok(self
            .grouped(window, "NULL, NULL", "HAVING count(*) > 0")?
            .pop())
    }

    fn grouped(
        &self,
        window: UsageFilter,
        columns: &str,
        rest: &str,
    ) -> Result<Vec<UsageRow>, Error> {
        let which = of_window(window);
        let sql = format!(
            "SELECT {columns}, {TOTALS}, min(first_at), max(last_at) FROM usage u WHERE {which} {rest}"
        );
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query(bounds(&window))?;
        let mut shares = Vec::new();
        while let Some(row) = rows.next()? {
            shares.push(UsageRow {
                group: row.get(0)?,
                name: row.get(1)?,
                totals: totals(row, 2)?,
                first_at: convert::instant(row, 5)?,
                last_at: convert::instant(row, 6)?,
            });
        }
        Ok(shares)
    }

    /// From how many addresses or networks the uses came that are meant.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn address_count(&self, window: UsageFilter) -> Result<u64, Error> {
        let sql = format!(
            "SELECT count(DISTINCT nullif(ip, '')) FROM usage u WHERE {}",
            of_window(window)
        );
        let count: i64 = self
            .conn
            .prepare(&sql)?
            .query_row(bounds(&window), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

/// The condition that a use is meant; its parameters are [`bounds`].
fn of_window(window: UsageFilter) -> &'static str {
    // Two conditions, so that the uses of one key are found and not looked for.
    if window.key.is_some() {
        "u.key = (SELECT seq FROM keys WHERE id = ?1) AND u.hour >= ?2"
    } else {
        "?1 IS NULL AND u.hour >= ?2"
    }
}

fn bounds(window: &UsageFilter) -> (Option<&str>, i64) {
    (
        window.key.as_ref().map(KeyId::as_str),
        window.since.map_or(0, Timestamp::hour),
    )
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
