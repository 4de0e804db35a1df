//! How far recorded use has been read.

use rusqlite::OptionalExtension;

use crate::domain::usage::UsageFilter;
use crate::domain::{KeyId, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, convert};

/// How far the rows of usage have been read, in the order of keys and of hours.
#[derive(Debug)]
pub struct UsageCursor {
    pub(super) filter: UsageFilter,
    /// The newest hour that is meant.
    pub(super) until: i64,
    /// Before the first key, or behind the key that was read last.
    seq: i64,
    pub(super) key: Option<(KeyId, String)>,
    pub(super) after: UsagePlace,
    pub(super) is_done: bool,
}

/// The last row that was read of a key; no row has an empty outcome.
#[derive(Debug, Default)]
pub(super) struct UsagePlace {
    pub(super) hour: i64,
    pub(super) ip: String,
    pub(super) endpoint: String,
    pub(super) scopes: String,
    pub(super) outcome: String,
}

impl UsageCursor {
    /// Begins before the first row that is meant.
    pub fn new(filter: UsageFilter) -> Self {
        UsageCursor {
            filter,
            until: i64::MAX,
            seq: i64::MIN,
            key: None,
            after: UsagePlace::default(),
            is_done: false,
        }
    }

    /// The same, for the rows of all keys until the hour that begins then.
    pub fn until(hour: i64) -> Self {
        UsageCursor {
            until: hour,
            ..UsageCursor::new(UsageFilter::default())
        }
    }

    /// Moves on to the next key; `false` if there is none.
    pub(super) fn next_key(&mut self, view: ReadTx<'_>) -> Result<bool, Error> {
        // Two statements, so that one key is found and not looked for.
        let which = match &self.filter.key {
            Some(_) => "id = ?2",
            None => "?2 IS NULL",
        };
        let sql = format!(
            "SELECT seq, id, name FROM keys WHERE seq > ?1 AND {which} ORDER BY seq LIMIT 1"
        );
        let wanted = self.filter.key.as_ref().map(KeyId::as_str);
        let next = view
            .conn
            .prepare_cached(&sql)?
            .query_row((self.seq, wanted), |row| {
                Ok((row.get(0)?, convert::id_and_name_of(row, 1)))
            })
            .optional()?;
        let Some((seq, key)) = next else {
            self.is_done = true;
            return Ok(false);
        };
        let (id, name) = key?;
        self.seq = seq;
        self.key = Some((id, name.as_str().to_owned()));
        self.after = UsagePlace {
            hour: self.filter.since.map_or(0, Timestamp::hour),
            ..UsagePlace::default()
        };
        Ok(true)
    }
}
