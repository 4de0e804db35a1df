//! The table of failures: for each kind a stable word, an exit status and its meaning.
//!
//! A refused `check` is an answer and not an error; its exit statuses stand with
//! [`crate::domain::verdict::ApiRefusal`].

/// Defines [`Code`]: each variant with its word, its exit status and its meaning, which is also its
/// documentation.
macro_rules! codes {
    ($($code:ident = $word:literal, $exit:literal, $meaning:literal;)+) => {
        /// A kind of failure. The word of a code and its exit status are part of the contract with
        /// scripts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $code),+
        }

        impl Code {
            /// All codes, by exit status.
            pub const ALL: [Code; [$($word),+].len()] = [$(Code::$code),+];

            /// The word in JSON, the exit status, and what it means.
            pub const fn row(self) -> (&'static str, u8, &'static str) {
                match self {
                    $(Code::$code => ($word, $exit, $meaning)),+
                }
            }
        }
    };
}

codes! {
    Internal = "internal", 1, "something unexpected happened";
    Io = "io", 1, "input could not be read, or output could not be written";
    OutFile = "out_file", 1,
        "an output file (--out, --html, backup) exists or could not be created";
    DeliveryFailed = "delivery_failed", 1, "a new key could not be shown, so it was not created";
    KeyVoid = "key_void", 1, "a key was shown but could not be stored; it is void";
    Usage = "usage", 2, "the command line is wrong";
    SecretInArgument = "secret_in_argument", 2,
        "an argument or an environment variable holds an API key";
    StdoutUnusable = "stdout_unusable", 2, "a key would be printed where nobody can read it";
    KeyNotFound = "key_not_found", 3, "there is no such key";
    KeyAmbiguous = "key_ambiguous", 3, "several keys match";
    NameTaken = "name_taken", 4, "a usable key has this name";
    KeyRevoked = "key_revoked", 4, "the key is revoked for good";
    KeyDisabled = "key_disabled", 4, "the key is disabled";
    RevocationScheduled = "revocation_scheduled", 4, "the key is scheduled to be revoked";
    AlreadyRotated = "already_rotated", 4, "the key has a successor";
    RotationOpen = "rotation_open", 4, "the rotation that created the key is not finished";
    NotRotated = "not_rotated", 4, "there is no rotation to finish";
    NotProven = "not_proven", 4, "the new key has not been proven yet";
    StillInUse = "still_in_use", 4, "the old key was used recently";
    NotThere = "not_there", 4, "there is nothing to remove";
    NoScopeLeft = "no_scope_left", 4, "the key would have no scopes left";
    CountedByServe = "counted_by_serve", 4, "'serve' counted requests of the log itself";
    ConfirmationNeeded = "confirmation_needed", 5, "a confirmation is needed, and there is no terminal";
    Declined = "declined", 5, "the confirmation was declined";
    StoreMissing = "store_missing", 6, "there is no store";
    StoreLocked = "store_locked", 6, "another process held the store for too long";
    StoreDamaged = "store_damaged", 6, "the store is damaged";
    StoreForeign = "store_foreign", 6, "the file is not a store of this program";
    StoreNewer = "store_newer", 6, "the store was written by a newer version";
    StoreOlder = "store_older", 6,
        "an older version wrote the store, which must be migrated first";
    StoreReplaced = "store_replaced", 6,
        "the store was replaced, moved or removed while it was in use";
    StoreUnsafe = "store_unsafe", 6, "the store is not safe: from other users, or from a stray log";
    StoreUnreadable = "store_unreadable", 6, "the store cannot be read";
    StoreUnwritable = "store_unwritable", 6, "the store cannot be written";
    StoreUncertain = "store_uncertain", 6,
        "the disk failed while a change was stored; it may be there or not";
    Interrupted = "interrupted", 130, "interrupted; nothing was changed";
}

impl Code {
    /// The exit status.
    pub const fn exit(self) -> u8 {
        self.row().1
    }

    /// Whether it is about the store, so that the message should name the file.
    pub(super) fn concerns_store(self) -> bool {
        self.exit() == Code::StoreMissing.exit()
    }
}

/// What the exit statuses mean, for people; the contract's table.
pub const EXIT_STATUSES: [(&str, &str); 14] = [
    ("0", "done; allowed"),
    ("1", "failed (input, output, anything unexpected)"),
    ("2", "wrong usage"),
    ("3", "no such key, or several match"),
    (
        "4",
        "the state of the key forbids it (name taken, already rotated, revoked, not proven yet)",
    ),
    (
        "5",
        "a confirmation is needed, and there is no terminal; or it was declined",
    ),
    (
        "6",
        "the store: missing, locked, damaged, foreign, newer, unsafe, or cannot be written",
    ),
    (
        "7",
        "findings (review, doctor, log --verify, usage import --fail-on-leak, scan)",
    ),
    ("10", "check: no key was presented (HTTP 401)"),
    ("11", "check: not a valid key (HTTP 401)"),
    ("12, 13", "check: revoked, expired (HTTP 401)"),
    ("20", "check: the key lacks a scope (HTTP 403)"),
    (
        "21",
        "check: the address is not in the key's allowlist (HTTP 403)",
    ),
    ("130", "interrupted: nothing was changed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_and_an_exit_status_of_the_contract() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.row().0).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            let exit = code.exit().to_string();
            assert!(
                EXIT_STATUSES.iter().any(|(status, _)| *status == exit),
                "{code:?}"
            );
        }
    }
}
