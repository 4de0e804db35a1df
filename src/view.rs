//! What people and scripts see: data on standard output, remarks on standard error. Each topic has a
//! file, named by the command's word, with its struct, its JSON and its text.
//!
//! It knows the domain and neither the store nor the command line. A reader that has gone away is
//! no error: what would be written is then dropped, except for a new key, which must reach
//! somebody.

pub mod allowlist;
pub mod backup;
pub mod changed;
pub mod check;
pub mod completions;
pub mod create;
pub mod csv;
pub mod delivery;
pub mod doctor;
pub mod error;
pub mod json;
pub mod key;
pub mod list;
pub mod log;
pub mod man;
pub mod output;
pub mod presets;
pub mod prune;
pub mod review;
pub mod rotate;
pub mod scan;
pub mod scopes;
pub mod serve;
pub mod show;
pub mod suggest;
pub mod text;
pub mod tombstone;
pub mod usage_import;
pub mod usage_report;
pub mod version;

use serde::Serialize;

use crate::domain::words::words;
use crate::view::text::theme::Theme;

pub use crate::view::output::{Output, OutputOptions, OutputProgress};

words! {
    kind "format";
    /// The form of what is shown.
    #[derive(Default)]
    pub enum Format {
        /// For people.
        #[default]
        Human = "human",
        /// One document.
        Json = "json",
        /// One object a line, for lists.
        Jsonl = "jsonl",
        /// For spreadsheets, for lists.
        Csv = "csv",
        /// For code scanning, for what a scan found.
        Sarif = "sarif",
    }
}

impl Format {
    /// Whether only lists have it.
    pub fn is_for_lists(self) -> bool {
        matches!(self, Format::Jsonl | Format::Csv)
    }

    /// Whether a program reads standard error: there is one JSON object on it, or nothing.
    fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl | Format::Sarif)
    }
}

/// Something that is shown as a whole: one document in JSON, or lines for people.
pub trait View {
    /// The fields of the document, without its version.
    fn json(&self) -> impl Serialize;

    /// The lines; no hidden character of a stored text is left in them.
    fn human(&self, theme: &Theme) -> Vec<String>;
}
