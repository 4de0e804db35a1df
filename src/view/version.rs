//! `--version`: what this program is made of.

use serde::Serialize;

use crate::view::View;
use crate::view::text::theme::Theme;

/// The versions of the program and of what is in it.
#[derive(Debug, Serialize)]
pub struct Versions {
    /// The version of the program.
    pub version: &'static str,
    /// The version of the SQLite that is built in.
    pub sqlite: &'static str,
    /// The version of the schema of the stores that it writes.
    pub store_schema: i64,
}

impl View for Versions {
    fn json(&self) -> impl Serialize {
        self
    }

    fn human(&self, _: &Theme) -> Vec<String> {
        vec![format!(
            "zenflow-keys {} (SQLite {}, schema {})",
            self.version, self.sqlite, self.store_schema
        )]
    }
}
