//! What an examination of a store can find: for each kind a stable word, how bad it is, and what it
//! means, in one table.

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

/// A kind of finding. Its word is part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below says what each means")]
pub enum Kind {
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
    LargeLog,
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

impl Kind {
    /// All kinds, in the order in which they are looked for.
    pub const ALL: [Kind; 36] = [
        Kind::Unreadable,
        Kind::NotAStore,
        Kind::NewerSchema,
        Kind::OlderSchema,
        Kind::FileWritableByOthers,
        Kind::FileReadableByOthers,
        Kind::HardLinks,
        Kind::FileOwner,
        Kind::DirectoryWritableByOthers,
        Kind::DirectoryOwner,
        Kind::DirectoryOfAnotherUser,
        Kind::LinkUnsafe,
        Kind::NetworkFileSystem,
        Kind::Locked,
        Kind::InterruptedWrite,
        Kind::ForeignJournal,
        Kind::StrayJournal,
        Kind::JournalMode,
        Kind::LargeLog,
        Kind::Damaged,
        Kind::SchemaDiffers,
        Kind::SchemaAdditions,
        Kind::ForeignKeys,
        Kind::ClockBehind,
        Kind::ChainBroken,
        Kind::StoreRow,
        Kind::RowUnreadable,
        Kind::KeyDiffersFromLog,
        Kind::TombstoneDiffersFromLog,
        Kind::EventWithoutKey,
        Kind::NameNotUnique,
        Kind::RotationOrder,
        Kind::UseUnreadable,
        Kind::UsageHour,
        Kind::LastUseDiffers,
        Kind::UsageSince,
    ];

    /// The word in JSON, how bad it is, and what it means.
    pub const fn row(self) -> (&'static str, Severity, &'static str) {
        match self {
            Kind::Unreadable => ("unreadable", Severity::Error, "it cannot be read"),
            Kind::NotAStore => (
                "not_a_store",
                Severity::Error,
                "it is something else than a store",
            ),
            Kind::NewerSchema => ("newer_schema", Severity::Error, "a newer version wrote it"),
            Kind::OlderSchema => (
                "older_schema",
                Severity::Note,
                "an older version wrote it; the next change brings it up to date",
            ),
            Kind::FileWritableByOthers => (
                "file_writable_by_others",
                Severity::Error,
                "others can write the file",
            ),
            Kind::FileReadableByOthers => (
                "file_readable_by_others",
                Severity::Note,
                "others can read the file",
            ),
            Kind::HardLinks => ("hard_links", Severity::Error, "the file has several names"),
            Kind::FileOwner => (
                "file_owner",
                Severity::Error,
                "the file belongs to another user than the one who asks",
            ),
            Kind::DirectoryWritableByOthers => (
                "directory_writable_by_others",
                Severity::Error,
                "others can write the directory",
            ),
            Kind::DirectoryOwner => (
                "directory_owner",
                Severity::Error,
                "the directory belongs to another user than the one who asks",
            ),
            Kind::DirectoryOfAnotherUser => (
                "directory_of_another_user",
                Severity::Warning,
                "the directory belongs to another user than the store",
            ),
            Kind::LinkUnsafe => (
                "link_unsafe",
                Severity::Warning,
                "the path is a link that others can lead elsewhere",
            ),
            Kind::NetworkFileSystem => (
                "network_file_system",
                Severity::Warning,
                "it is on a network file system",
            ),
            Kind::Locked => (
                "locked",
                Severity::Error,
                "another process held it too long",
            ),
            Kind::InterruptedWrite => (
                "interrupted_write",
                Severity::Error,
                "a write that was cut off waits to be undone",
            ),
            Kind::ForeignJournal => (
                "foreign_journal",
                Severity::Error,
                "somebody else made the journal beside it",
            ),
            Kind::StrayJournal => (
                "stray_journal",
                Severity::Error,
                "a log lies beside it that belongs to another store",
            ),
            Kind::JournalMode => ("journal_mode", Severity::Note, "it uses a write-ahead log"),
            Kind::LargeLog => (
                "large_log",
                Severity::Warning,
                "its write-ahead log cannot be written back",
            ),
            Kind::Damaged => ("damaged", Severity::Error, "the file is damaged"),
            Kind::SchemaDiffers => (
                "schema_differs",
                Severity::Error,
                "a table, index or trigger is missing or was changed",
            ),
            Kind::SchemaAdditions => (
                "schema_additions",
                Severity::Error,
                "somebody added a table, index, trigger or view",
            ),
            Kind::ForeignKeys => (
                "foreign_keys",
                Severity::Error,
                "a row refers to one that is not there",
            ),
            Kind::ClockBehind => (
                "clock_behind",
                Severity::Warning,
                "the clock is behind the newest event",
            ),
            Kind::ChainBroken => ("chain_broken", Severity::Error, "the log was changed"),
            Kind::StoreRow => (
                "store_row",
                Severity::Error,
                "the row that identifies the store is missing",
            ),
            Kind::RowUnreadable => (
                "row_unreadable",
                Severity::Error,
                "a row of keys or tombstones is none that the program writes",
            ),
            Kind::KeyDiffersFromLog => (
                "key_differs_from_log",
                Severity::Error,
                "a key is not what the log says has become of it",
            ),
            Kind::TombstoneDiffersFromLog => (
                "tombstone_differs_from_log",
                Severity::Error,
                "what is left of a pruned key is not what the log says",
            ),
            Kind::EventWithoutKey => (
                "event_without_key",
                Severity::Error,
                "the log tells of a key that is not there and was not pruned",
            ),
            Kind::NameNotUnique => (
                "name_not_unique",
                Severity::Error,
                "two usable keys have the same name",
            ),
            Kind::RotationOrder => (
                "rotation_order",
                Severity::Error,
                "a key replaces one that is newer, or of the other environment",
            ),
            Kind::UseUnreadable => (
                "use_unreadable",
                Severity::Error,
                "a counted use is none that the program writes",
            ),
            Kind::UsageHour => (
                "usage_hour",
                Severity::Error,
                "a counted use is not within its hour",
            ),
            Kind::LastUseDiffers => (
                "last_use_differs",
                Severity::Warning,
                "the last use of a key is not the newest allowed one of its counted uses",
            ),
            Kind::UsageSince => (
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
pub struct Finding {
    /// What kind of thing it is.
    pub kind: Kind,
    /// What it is, in one line without a full stop.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
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
        let mut words: Vec<_> = Kind::ALL.iter().map(|kind| kind.row().0).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Kind::ALL.len());
    }
}
