//! How bad a finding of `doctor` or `review` is.

use crate::domain::words::words;

words! {
    kind "severity";
    /// How bad a finding is; the last is the worst.
    #[derive(PartialOrd, Ord)]
    pub enum Severity {
        /// Worth knowing; nothing need be done.
        Note = "note",
        /// It works, and something should be done about it.
        Warning = "warning",
        /// A store that is damaged or that other commands refuse; a key in use that should be dead.
        Error = "error",
    }
}
