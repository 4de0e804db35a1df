//! What `doctor` can find: for each kind a stable word, how bad it is, and what it means, in one
//! table.

use crate::domain::Severity;
use crate::domain::remedy::Hint;

/// A kind of finding. Its word is part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below says what each means")]
pub enum FindingKind {
    Unreadable,
    NotAStore,
    NewerSchema,
    OlderSchema,
    FileWritableByOthers,
    FileReadableByOthers,
    HardLinks,
    FileOwner,
    DirectoryWritableByOthers,
    DirectoryOwner,
    DirectoryOfAnotherUser,
    LinkUnsafe,
    NetworkFileSystem,
    Locked,
    InterruptedWrite,
    ForeignJournal,
    StrayJournal,
    JournalMode,
    Damaged,
    SchemaDiffers,
    SchemaAdditions,
    ForeignKeys,
    ClockBehind,
    ChainBroken,
    StoreRow,
    RowUnreadable,
    KeyDiffersFromLog,
    TombstoneDiffersFromLog,
    EventWithoutKey,
    NameNotUnique,
    RotationOrder,
    UseUnreadable,
    UsageHour,
    LastUseDiffers,
    UsageSince,
}

impl FindingKind {
    /// All kinds, in the order in which they are looked for.
    pub const ALL: [FindingKind; 35] = [
        FindingKind::Unreadable,
        FindingKind::NotAStore,
        FindingKind::NewerSchema,
        FindingKind::OlderSchema,
        FindingKind::FileWritableByOthers,
        FindingKind::FileReadableByOthers,
        FindingKind::HardLinks,
        FindingKind::FileOwner,
        FindingKind::DirectoryWritableByOthers,
        FindingKind::DirectoryOwner,
        FindingKind::DirectoryOfAnotherUser,
        FindingKind::LinkUnsafe,
        FindingKind::NetworkFileSystem,
        FindingKind::Locked,
        FindingKind::InterruptedWrite,
        FindingKind::ForeignJournal,
        FindingKind::StrayJournal,
        FindingKind::JournalMode,
        FindingKind::Damaged,
        FindingKind::SchemaDiffers,
        FindingKind::SchemaAdditions,
        FindingKind::ForeignKeys,
        FindingKind::ClockBehind,
        FindingKind::ChainBroken,
        FindingKind::StoreRow,
        FindingKind::RowUnreadable,
        FindingKind::KeyDiffersFromLog,
        FindingKind::TombstoneDiffersFromLog,
        FindingKind::EventWithoutKey,
        FindingKind::NameNotUnique,
        FindingKind::RotationOrder,
        FindingKind::UseUnreadable,
        FindingKind::UsageHour,
        FindingKind::LastUseDiffers,
        FindingKind::UsageSince,
    ];

    /// The word in JSON, how bad it is, and what it means.
    pub const fn row(self) -> (&'static str, Severity, &'static str) {
        match self {
            FindingKind::Unreadable => ("unreadable", Severity::Error, "it cannot be read"),
            FindingKind::NotAStore => (
                "not_a_store",
                Severity::Error,
                "it is something else than a store",
            ),
            FindingKind::NewerSchema => {
                ("newer_schema", Severity::Error, "a newer version wrote it")
            }
            FindingKind::OlderSchema => (
                "older_schema",
                Severity::Note,
                "an older version wrote it; the next change brings it up to date",
            ),
            FindingKind::FileWritableByOthers => (
                "file_writable_by_others",
                Severity::Error,
                "others can write the file",
            ),
            FindingKind::FileReadableByOthers => (
                "file_readable_by_others",
                Severity::Note,
                "others can read the file",
            ),
            FindingKind::HardLinks => ("hard_links", Severity::Error, "the file has several names"),
            FindingKind::FileOwner => (
                "file_owner",
                Severity::Error,
                "the file belongs to another user than the one who asks",
            ),
            FindingKind::DirectoryWritableByOthers => (
                "directory_writable_by_others",
                Severity::Error,
                "others can write the directory",
            ),
            FindingKind::DirectoryOwner => (
                "directory_owner",
                Severity::Error,
                "the directory belongs to another user than the one who asks",
            ),
            FindingKind::DirectoryOfAnotherUser => (
                "directory_of_another_user",
                Severity::Warning,
                "the directory belongs to another user than the store",
            ),
            FindingKind::LinkUnsafe => (
                "link_unsafe",
                Severity::Warning,
                "the path is a link that others can lead elsewhere",
            ),
            FindingKind::NetworkFileSystem => (
                "network_file_system",
                Severity::Warning,
                "it is on a network file system",
            ),
            FindingKind::Locked => (
                "locked",
                Severity::Error,
                "another process held it too long",
            ),
            FindingKind::InterruptedWrite => (
                "interrupted_write",
                Severity::Error,
                "a write that was cut off waits to be undone",
            ),
            FindingKind::ForeignJournal => (
                "foreign_journal",
                Severity::Error,
                "somebody else made the journal beside it",
            ),
            FindingKind::StrayJournal => (
                "stray_journal",
                Severity::Warning,
                "a log lies beside it that belongs to another state of it",
            ),
            FindingKind::JournalMode => {
                ("journal_mode", Severity::Note, "it uses a write-ahead log")
            }
            FindingKind::Damaged => ("damaged", Severity::Error, "the file is damaged"),
            FindingKind::SchemaDiffers => (
                "schema_differs",
                Severity::Error,
                "a table, index or trigger is missing or was changed",
            ),
            FindingKind::SchemaAdditions => (
                "schema_additions",
                Severity::Error,
                "somebody added a table, index, trigger or view",
            ),
            FindingKind::ForeignKeys => (
                "foreign_keys",
                Severity::Error,
                "a row refers to one that is not there",
            ),
            FindingKind::ClockBehind => (
                "clock_behind",
                Severity::Warning,
                "the clock is behind the newest event",
            ),
            FindingKind::ChainBroken => ("chain_broken", Severity::Error, "the log was changed"),
            FindingKind::StoreRow => (
                "store_row",
                Severity::Error,
                "the row that identifies the store is missing",
            ),
            FindingKind::RowUnreadable => (
                "row_unreadable",
                Severity::Error,
                "a row of keys or tombstones is none that the program writes",
            ),
            FindingKind::KeyDiffersFromLog => (
                "key_differs_from_log",
                Severity::Error,
                "a key is not what the log says has become of it",
            ),
            FindingKind::TombstoneDiffersFromLog => (
                "tombstone_differs_from_log",
                Severity::Error,
                "what is left of a pruned key is not what the log says",
            ),
            FindingKind::EventWithoutKey => (
                "event_without_key",
                Severity::Error,
                "the log tells of a key that is not there and was not pruned",
            ),
            FindingKind::NameNotUnique => (
                "name_not_unique",
                Severity::Error,
                "two usable keys have the same name",
            ),
            FindingKind::RotationOrder => (
                "rotation_order",
                Severity::Error,
                "a key replaces one that is newer, or of the other environment",
            ),
            FindingKind::UseUnreadable => (
                "use_unreadable",
                Severity::Error,
                "a counted use is none that the program writes",
            ),
            FindingKind::UsageHour => (
                "usage_hour",
                Severity::Error,
                "a counted use is not within its hour",
            ),
            FindingKind::LastUseDiffers => (
                "last_use_differs",
                Severity::Warning,
                "the last use of a key is not the newest allowed one of its counted uses",
            ),
            FindingKind::UsageSince => (
                "usage_since",
                Severity::Warning,
                "uses were counted before the instant since when they are said to be",
            ),
        }
    }

    /// What it means, in one line without a full stop.
    pub const fn meaning(self) -> &'static str {
        self.row().2
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFinding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// What it is, in one line without a full stop.
    pub message: String,
    /// What to do about it.
    pub remedy: Hint,
}

impl StoreFinding {
    /// The word for its kind.
    pub const fn id(&self) -> &'static str {
        self.kind.row().0
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.kind.row().1
    }

    /// Whether something should be done about it.
    pub fn wants_action(&self) -> bool {
        self.severity() > Severity::Note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let mut words: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.row().0).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), FindingKind::ALL.len());
    }
}
