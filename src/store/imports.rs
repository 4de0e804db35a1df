//! The table of imports: how far each log was counted, so that no line is counted twice.

use crate::domain::Timestamp;
use crate::domain::usage::ImportMark;
use crate::error::Error;
use crate::store::failure;
use crate::store::{ReadTx, WriteTx};

impl ReadTx<'_> {
    /// The logs that begin with this line, and how far each was counted, the shortest first.
    ///
    /// # Errors
    /// If the store cannot be read or a row is damaged.
    pub fn counted(&self, head: [u8; 32]) -> Result<Vec<ImportMark>, Error> {
        let mut statement = self
            .conn
            .prepare("SELECT bytes, lines, digest FROM imports WHERE head = ?1 ORDER BY bytes")?;
        let mut rows = statement.query([head])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (bytes, lines): (i64, i64) = (row.get(0)?, row.get(1)?);
            let digest = row.get(2).map_err(failure::damaged)?;
            all.push(ImportMark {
                head,
                bytes: bytes.unsigned_abs(),
                lines: lines.unsigned_abs(),
                digest,
            });
        }
        Ok(all)
    }
}

/// How far a gateway's clock may have been ahead when its lines were counted, in seconds: a day.
const AHEAD: i64 = 86_400;

impl WriteTx<'_> {
    /// Removes at most `limit` notes of what was counted so long before `by` that no use of it is from
    /// then or later, and returns how many there were. If such a log is imported again, it is counted
    /// again: as use that is older than what is kept.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn forget_imports(&mut self, by: Timestamp, limit: u64) -> Result<u64, Error> {
        let sql = "DELETE FROM imports WHERE (head, bytes, digest) IN \
                   (SELECT head, bytes, digest FROM imports WHERE counted_at < ?1 LIMIT ?2)";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let removed = self.tx.execute(sql, (by.unix() - AHEAD, limit))?;
        Ok(removed as u64)
    }

    /// Notes how far a log is counted, in the change that counts it. Earlier notes stay: an older
    /// copy of the log is recognised by them.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn counted(&mut self, part: &ImportMark) -> Result<(), Error> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.tx.execute(
            "INSERT INTO imports (head, bytes, digest, lines, counted_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (part.head, number(part.bytes), part.digest, number(part.lines), self.now.unix()),
        )?;
        Ok(())
    }
}
