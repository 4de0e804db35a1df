//! `backup`: the copy of the store that was made.

use serde::Serialize;

use crate::view::View;
use crate::view::text::escape::visible;
use crate::view::text::number::{count, size};
use crate::view::text::theme::Theme;

/// A backup that was made.
#[derive(Debug, Serialize)]
pub struct BackupReport {
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

impl View for BackupReport {
    fn json(&self) -> impl Serialize {
        self
    }

    /// Nothing: there is no data but the file.
    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}

impl BackupReport {
    /// Where the copy is, what it holds, and what to do with its head.
    pub fn remarks(&self) -> [String; 3] {
        let holds = format!(
            "{}, {}, {}",
            count(self.keys, "key"),
            count(self.events, "event"),
            size(self.bytes.unsigned_abs())
        );
        [
            format!("Backed up to {}: {holds}", visible(&self.file)),
            format!("  head {}", self.head),
            "Keep the head elsewhere: 'log --verify --expect HEAD' then shows whether the log was cut off or rewritten".into(),
        ]
    }
}
