//! The owners that keys have.

use rusqlite::OptionalExtension;

use crate::error::Error;
use crate::store::ReadTx;

impl ReadTx<'_> {
    /// The first owners whose text begins so, in order. Each is looked up behind the one before it,
    /// so that one with many keys takes no longer.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn owners(&self, beginning: &str, limit: usize) -> Result<Vec<String>, Error> {
        let mut next = self.conn.prepare(
            "SELECT owner FROM keys WHERE owner IS NOT NULL AND owner >= ?1 AND owner IS NOT ?2 ORDER BY owner LIMIT 1",
        )?;
        let mut owners: Vec<String> = Vec::new();
        while owners.len() < limit {
            let last = owners.last().map(String::as_str);
            let owner: Option<String> = next
                .query_row((last.unwrap_or(beginning), last), |row| row.get(0))
                .optional()?;
            match owner.filter(|owner| owner.starts_with(beginning)) {
                Some(owner) => owners.push(owner),
                None => break,
            }
        }
        Ok(owners)
    }
}
