//! What an examination of a store can find.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Note,
    /// It works, and it should be mended.
    Warning,
    /// It is damaged, or other commands refuse it.
    Error,
}

impl Severity {
    /// All of them.
    pub const ALL: [Severity; 3] = [Severity::Note, Severity::Warning, Severity::Error];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is, for scripts: a word that stays.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in one line without a full stop.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    /// Whether something should be done about it.
    pub fn wants_action(&self) -> bool {
        self.severity > Severity::Note
    }
}
