//! The lines of `serve`.

use serde::Serialize;

/// Something that happened while it serves.
#[derive(Debug, Serialize)]
pub struct ServeLine<'a> {
    /// When it was told.
    pub at: String,
    /// `listening`, `ready`, `trouble`, `stopping` or `ended`.
    pub event: &'static str,
    /// What kind of trouble.
    pub trouble: Option<&'static str>,
    /// Where it listens.
    pub address: Option<&'a str>,
    /// How often there was trouble; how many uses were stored.
    pub count: Option<u64>,
    /// The same in words.
    pub message: &'a str,
}
