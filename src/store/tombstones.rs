//! The table of tombstones, and what decides whether a key may become one.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Params};

use crate::domain::tombstone::Tombstone;
use crate::domain::usage::CredibleTimes;
use crate::domain::{Environment, Key, KeyId, Net, Timestamp, name};
use crate::error::Error;
use crate::store::ReadTx;
use crate::store::convert;
use crate::store::convert::TOMBSTONE_COLUMNS;
use crate::store::failure;

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

    /// When a key was last presented after `by` by somebody who may have its secret: from a network
    /// from which it was used while it worked, or from an unknown address. Its id alone is public,
    /// and a stranger who sends that must not keep it in the store.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn presented_by_its_users(
        &self,
        key: &Key,
        by: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        if self.presented_at(key.id, now)?.is_none_or(|at| at <= by) {
            return Ok(None);
        }
        let revoked = key.revocation.as_ref().map(|revocation| revocation.at);
        let end = [revoked, key.expires_at].into_iter().flatten().min();
        let end = end.unwrap_or(now);
        let nets =
            "SELECT ip, max(last_at) FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1)";
        let homes = self.newest_by_network(
            &format!("{nets} AND outcome = 'allowed' AND first_at <= ?2 GROUP BY ip"),
            (key.id.as_str(), end.unix()),
        )?;
        let latest = CredibleTimes::at(now).latest();
        let since = self.newest_by_network(
            &format!("{nets} AND last_at > ?2 AND last_at <= ?3 GROUP BY ip"),
            (key.id.as_str(), by.unix(), latest.unix()),
        )?;
        let is_home = |net: &Option<Net>| net.is_none() || homes.contains_key(net);
        Ok(since
            .iter()
            .filter(|(net, _)| is_home(net))
            .map(|(_, at)| *at)
            .max())
    }

    /// The newest instant of each network, by a query for addresses and instants.
    fn newest_by_network(
        &self,
        sql: &str,
        params: impl Params,
    ) -> Result<BTreeMap<Option<Net>, Timestamp>, Error> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut newest = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let ip: String = row.get(0)?;
            let net = match ip.as_str() {
                "" => None,
                ip => Some(ip.parse::<Net>().map_err(failure::damaged)?.neighbourhood()),
            };
            let at = convert::instant(row, 1)?;
            let known = newest.entry(net).or_insert(at);
            *known = at.max(*known);
        }
        Ok(newest)
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
