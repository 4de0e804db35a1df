//! The table of usage: counted, rolled up by the hour. Recording a use is no event.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, params};

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::usage::{CredibleTimes, Outcome, UsageBucket};
use crate::domain::{Key, KeyId, LastUse, Timestamp};
use crate::error::{Code, Error};
use crate::store::{ReadTx, Store, WriteTx, convert};

/// The newest allowed use of the key `?1` until `?2`.
const LAST_USE: &str = "FROM usage WHERE key = (SELECT seq FROM keys WHERE id = ?1) AND outcome = 'allowed' AND last_at <= ?2 \
     ORDER BY last_at DESC LIMIT 1";

/// The earliest use that is believed, by the first row of each key: at most an hour late.
const EARLIEST_USE: &str = "SELECT min((SELECT first_at FROM usage WHERE key = k.seq AND hour >= ?1 ORDER BY hour LIMIT 1)) FROM keys k";

/// The newest use until `?1` of the keys after the one with the number `?2`, and the number of the
/// last of them: by the newest rows of each key, since no index is by the instant.
const NEWEST_USE: &str = "SELECT max(k.seq), max((SELECT max(last_at) FROM usage WHERE key = k.seq AND last_at <= ?1 AND hour = \
     (SELECT max(hour) FROM usage WHERE key = k.seq AND hour <= ?1))) \
     FROM (SELECT seq FROM keys WHERE seq > ?2 ORDER BY seq LIMIT ?3) k";

/// The newest use of so many keys is looked up in one read.
const KEYS_AT_ONCE: i64 = 1_000;

/// The keys after the one with the number `?1`.
const KEYS_AFTER: &str = "SELECT seq FROM keys WHERE seq > ?1 ORDER BY seq LIMIT ?2";

/// The first hour of these in which a use of the key `?1` is recorded.
const NEXT_USE: &str = "SELECT min(hour) FROM usage WHERE key = ?1 AND hour >= ?2 AND hour < ?3";

/// The seconds of a day.
const DAY: i64 = 86_400;

impl Store {
    /// Up to when uses are recorded, as far as that is believed; `None` if none ever was.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn usage_until(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let latest = CredibleTimes::at(now).latest().unix();
        let (mut newest, mut after) = (None, 0);
        loop {
            let (last, until): (Option<i64>, Option<i64>) = self.read(|view| {
                let mut statement = view.conn.prepare_cached(NEWEST_USE)?;
                let params = (latest, after, KEYS_AT_ONCE);
                Ok(statement.query_row(params, |row| Ok((row.get(0)?, row.get(1)?)))?)
            })?;
            newest = newest.max(until);
            let Some(last) = last else { break };
            after = last;
        }
        Ok(newest
            .filter(|until| *until >= CredibleTimes::EARLIEST)
            .and_then(Timestamp::from_unix))
    }

    /// The days, counted from 1970, from that of the hour `since` to that of `until`, on which a use
    /// of any key is recorded. A few keys at a time are asked, and only for days that are not found
    /// yet.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn recorded_days(&self, since: i64, until: Timestamp) -> Result<BTreeSet<i64>, Error> {
        let all = since / DAY..=until.unix() / DAY;
        let mut missing: BTreeSet<i64> = all.clone().collect();
        let mut last_key = Some(0);
        while let Some(after) = last_key.filter(|_| !missing.is_empty()) {
            last_key = self.read(|view| view.cross_off(&mut missing, after))?;
        }
        Ok(all.filter(|day| !missing.contains(day)).collect())
    }
}

impl ReadTx<'_> {
    /// Crosses off the days on which one of the next few keys was used; the number of the last of
    /// these keys, if there is one.
    fn cross_off(&self, missing: &mut BTreeSet<i64>, after: i64) -> Result<Option<i64>, Error> {
        let mut keys = self.conn.prepare_cached(KEYS_AFTER)?;
        let mut next_use = self.conn.prepare_cached(NEXT_USE)?;
        let mut keys = keys.query((after, KEYS_AT_ONCE))?;
        let mut last = None;
        while let Some(key) = keys.next()? {
            let key: i64 = key.get(0)?;
            last = Some(key);
            let mut from = i64::MIN;
            while let (Some(day), Some(end)) = (missing.range(from..).next(), missing.last()) {
                let hours = (key, day * DAY, (end + 1) * DAY);
                let hour: Option<i64> = next_use.query_row(hours, |row| row.get(0))?;
                let Some(hour) = hour else { break };
                missing.remove(&(hour / DAY));
                from = hour / DAY + 1;
            }
        }
        Ok(last)
    }

    /// The key with the last use that is believed. A store of an earlier version can hold uses of
    /// any future.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn with_credible_use(&self, key: Key, now: Timestamp) -> Result<Key, Error> {
        let latest = CredibleTimes::at(now).latest();
        if key.last_use.is_none_or(|last| last.at <= latest) {
            return Ok(key);
        }
        let sql = format!("SELECT last_at, nullif(ip, '') {LAST_USE}");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query((key.id.as_str(), latest.unix()))?;
        let last_use = rows.next()?.map(convert::last_use).transpose()?;
        Ok(Key { last_use, ..key })
    }

    /// Since when uses have been recorded, as far as that is believed; `None` if none ever was.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn usage_since(&self) -> Result<Option<Timestamp>, Error> {
        let mut seconds: Option<i64> =
            self.conn
                .query_row("SELECT usage_since FROM store", [], |row| row.get(0))?;
        // An earlier version believed a log of 1970. Key by key, since no index is by the hour.
        if seconds.is_some_and(|since| since < CredibleTimes::EARLIEST) {
            seconds = self
                .conn
                .query_row(EARLIEST_USE, [CredibleTimes::EARLIEST], |row| row.get(0))?;
        }
        Ok(seconds.and_then(Timestamp::from_unix))
    }
}

/// How many uses were not recorded, and why.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unrecorded {
    /// Their key was pruned after it had been looked up.
    pub unknown_key: u64,
    /// Nobody would believe their time.
    pub incredible: u64,
}

impl Unrecorded {
    /// For uses that are recorded as they happen: the clock must be right.
    ///
    /// # Errors
    /// If it cannot be.
    pub fn check_clock(self, now: Timestamp) -> Result<(), Error> {
        if self.incredible == 0 {
            return Ok(());
        }
        let fault = format!("the clock says {now}, and no use can be recorded for that time");
        Err(Error::new(Code::Internal, fault)
            .hint(Hint::from("set the clock: ").then(Remedy::SetClock)))
    }
}

impl WriteTx<'_> {
    /// Adds uses to what was counted before. Says how many could not be added.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn record(&mut self, all: &[UsageBucket]) -> Result<Unrecorded, Error> {
        let times = CredibleTimes::at(self.now);
        let mut unrecorded = Unrecorded::default();
        let mut first_at: Option<Timestamp> = None;
        let mut newest: BTreeMap<KeyId, LastUse> = BTreeMap::new();
        let mut find = self.tx.prepare("SELECT seq FROM keys WHERE id = ?1")?;
        let mut add = self.tx.prepare(
            "INSERT INTO usage (key, hour, ip, endpoint, scopes, outcome, count, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT DO UPDATE SET count = count + excluded.count, first_at = min(first_at, excluded.first_at), \
             last_at = max(last_at, excluded.last_at)",
        )?;
        let mut key: Option<(KeyId, Option<i64>)> = None;
        for uses in all {
            let seq = match key {
                Some((id, seq)) if id == uses.key => seq,
                _ => find
                    .query_row([uses.key.as_str()], |row| row.get(0))
                    .optional()?,
            };
            key = Some((uses.key, seq));
            if !times.contains(uses.first_at) || !times.contains(uses.last_at) {
                unrecorded.incredible += uses.count;
                continue;
            }
            let Some(seq) = seq else {
                unrecorded.unknown_key += uses.count;
                continue;
            };
            first_at = Some(first_at.map_or(uses.first_at, |first| first.min(uses.first_at)));
            add.execute(params![
                seq,
                uses.hour(),
                uses.ip.map_or_else(String::new, |ip| ip.to_string()),
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
            let updated = self.tx.execute(
                "UPDATE keys SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1 AND coalesce(last_used_at, -1) <= ?2",
                (id.as_str(), last.at.unix(), last.ip.map(|ip| ip.to_string())),
            )?;
            if updated == 0 {
                // A last use that is not believed gives way to the newest one that is.
                self.tx.execute(
                    &format!(
                        "UPDATE keys SET (last_used_at, last_used_ip) = (SELECT last_at, nullif(ip, '') {LAST_USE}) \
                         WHERE id = ?1 AND last_used_at > ?2"
                    ),
                    (id.as_str(), times.latest().unix()),
                )?;
            }
        }
        if let Some(first) = first_at {
            self.tx.execute(
                "UPDATE store SET usage_since = ?1 WHERE usage_since IS NULL OR usage_since > ?1",
                [first.unix()],
            )?;
        }
        Ok(unrecorded)
    }
}
