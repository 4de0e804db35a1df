//! What `doctor` can find: for each kind a stable word, how bad it is, and what it means, in one
//! table.

use crate::domain::Severity;
use crate::domain::remedy::Hint;

/// Defines [`FindingKind`]: each variant with its word, its severity and its meaning, which is also
/// its documentation.
macro_rules! kinds {
    ($($kind:ident = $word:literal, $severity:ident, $meaning:literal;)+) => {
        /// A kind of finding. Its word is part of the contract with scripts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FindingKind {
            $(#[doc = $meaning] $kind),+
        }

        impl FindingKind {
            /// All kinds, in the order in which they are looked for.
            pub const ALL: [FindingKind; [$($word),+].len()] = [$(FindingKind::$kind),+];

            /// The word in JSON, how bad it is, and what it means.
            pub const fn row(self) -> (&'static str, Severity, &'static str) {
                match self {
                    $(FindingKind::$kind => ($word, Severity::$severity, $meaning)),+
                }
            }
        }
    };
}

kinds! {
    Unreadable = "unreadable", Error, "it cannot be read";
    NotAStore = "not_a_store", Error, "it is not a store of this program";
    NewerSchema = "newer_schema", Error, "a newer version wrote it";
    OlderSchema = "older_schema", Note,
        "an older version wrote it; the next change migrates it";
    FileWritableByOthers = "file_writable_by_others", Error, "others can write to the file";
    FileReadableByOthers = "file_readable_by_others", Note, "others can read the file";
    HardLinks = "hard_links", Error, "the file has several names (hard links)";
    FileOwner = "file_owner", Error, "the file belongs to another user";
    DirectoryWritableByOthers = "directory_writable_by_others", Error,
        "others can write to the directory";
    DirectoryOwner = "directory_owner", Error,
        "the directory belongs to another user";
    DirectoryOfAnotherUser = "directory_of_another_user", Warning,
        "the directory and the store belong to different users";
    LinkUnsafe = "link_unsafe", Warning, "the path is a link that others can redirect";
    NetworkFileSystem = "network_file_system", Warning, "it is on a network file system";
    Locked = "locked", Error, "another process held it for too long";
    InterruptedWrite = "interrupted_write", Error, "an interrupted write has not been undone yet";
    ForeignJournal = "foreign_journal", Error, "another user created the journal beside it";
    StrayJournal = "stray_journal", Error, "the log beside it belongs to another store";
    JournalMode = "journal_mode", Note, "it uses a write-ahead log";
    LargeLog = "large_log", Warning, "its write-ahead log cannot be written back";
    Damaged = "damaged", Error, "the file is damaged";
    SchemaDiffers = "schema_differs", Error, "a table, index or trigger is missing or was changed";
    SchemaAdditions = "schema_additions", Error, "somebody added a table, index, trigger or view";
    ForeignKeys = "foreign_keys", Error, "a row refers to one that does not exist";
    ClockBehind = "clock_behind", Warning, "the clock is behind the newest event";
    ChainBroken = "chain_broken", Error, "the log was changed";
    StoreRow = "store_row", Error, "the row that identifies the store is missing";
    RowUnreadable = "row_unreadable", Error,
        "the row of a key or tombstone is not one that the program writes";
    KeyDiffersFromLog = "key_differs_from_log", Error,
        "a key differs from what the log says";
    TombstoneDiffersFromLog = "tombstone_differs_from_log", Error,
        "a tombstone differs from what the log says";
    EventWithoutKey = "event_without_key", Error,
        "the log has a key that is missing and was not pruned";
    NameNotUnique = "name_not_unique", Error, "two usable keys have the same name";
    RotationOrder = "rotation_order", Error,
        "a key replaces a newer one, or one of the other environment";
    UseUnreadable = "use_unreadable", Error, "a counted use is not one that the program writes";
    UsageHour = "usage_hour", Error, "a counted use is outside its hour";
    LastUseDiffers = "last_use_differs", Warning,
        "the last use of a key is not its newest allowed counted use";
    UsageSince = "usage_since", Warning,
        "uses are older than the recorded start of counting";
}

impl FindingKind {
    /// What it means, in one line without a full stop.
    pub const fn meaning(self) -> &'static str {
        self.row().2
    }
}

/// One thing that is wrong.
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
