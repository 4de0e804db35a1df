//! The document of `backup`.

use serde::Serialize;

/// A backup that was made.
#[derive(Debug, Serialize)]
pub struct BackedUp {
    /// Where it is.
    pub file: String,
    /// How many keys it holds.
    pub keys: i64,
    /// How many events.
    pub events: i64,
    /// The newest event, as `SEQ:HASH`.
    pub head: String,
    /// Its size.
    pub bytes: i64,
}
