//! How bad a finding is, of `review` or of `doctor`.

use crate::domain::words::words;

words! {
    kind "severity";
    /// How bad a finding is.
    #[derive(PartialOrd, Ord)]
    pub enum Severity {
        /// Worth knowing; nothing need be done.
        Note = "note",
        /// It works, and it should be mended.
        Warning = "warning",
        /// It is damaged, or other commands refuse it.
        Error = "error",
    }
}
