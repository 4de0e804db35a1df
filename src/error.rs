//! What can go wrong: for each kind a stable code, an exit status and its meaning, in one table.
//!
//! A refused `check` is an answer and not an error; its exit statuses stand with
//! [`crate::domain::verdict::Refusal`].

use std::path::Path;

use crate::domain::Invalid;
use crate::domain::path::shown;

/// A kind of failure. The word of a code and its exit status are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Unexpected.
    Internal,
    /// Input could not be read or output not written.
    Io,
    /// The file of `--out` or of `backup` could not be made.
    OutFile,
    /// A new key could not be handed over, so there is none.
    DeliveryFailed,
    /// A new key was shown and then not stored.
    KeyVoid,
    /// The command line is wrong.
    Usage,
    /// An argument or an environment variable holds an API key.
    SecretInArgument,
    /// A key would be printed where nobody reads it.
    StdoutUnusable,
    /// There is no such key.
    KeyNotFound,
    /// Several keys are meant.
    KeyAmbiguous,
    /// The name is in use.
    NameTaken,
    /// The key is revoked for good.
    KeyRevoked,
    /// The key is disabled.
    KeyDisabled,
    /// The revocation of the key is scheduled.
    RevocationScheduled,
    /// The key was rotated before.
    AlreadyRotated,
    /// The key's own rotation is not finished.
    RotationOpen,
    /// There is no rotation to finish.
    NotRotated,
    /// The new key of a rotation was never used.
    NotProven,
    /// The old key of a rotation is still used.
    StillInUse,
    /// The entry to be removed is not there.
    NotThere,
    /// A key without any scope would remain.
    NoScopeLeft,
    /// `serve` counted these requests already.
    CountedByServe,
    /// It must be confirmed, and nobody can be asked.
    ConfirmationNeeded,
    /// It was not confirmed.
    Declined,
    /// There is no store.
    StoreMissing,
    /// Another process held the store too long.
    StoreLocked,
    /// The store is damaged.
    StoreDamaged,
    /// The file is something else.
    StoreForeign,
    /// The store was written by a newer version.
    StoreNewer,
    /// The store was written by an older version, and must be brought up to date first.
    StoreOlder,
    /// The store became another file, or none, while it was in use.
    StoreReplaced,
    /// Others could change the store.
    StoreUnsafe,
    /// The store cannot be read.
    StoreUnreadable,
    /// The store cannot be written.
    StoreUnwritable,
    /// The disk failed while a change was stored, and nobody can tell what became of it.
    StoreUncertain,
    /// It was interrupted.
    Interrupted,
}

impl Code {
    /// All codes, by exit status.
    pub const ALL: [Code; 36] = [
        Code::Internal,
        Code::Io,
        Code::OutFile,
        Code::DeliveryFailed,
        Code::KeyVoid,
        Code::Usage,
        Code::SecretInArgument,
        Code::StdoutUnusable,
        Code::KeyNotFound,
        Code::KeyAmbiguous,
        Code::NameTaken,
        Code::KeyRevoked,
        Code::KeyDisabled,
        Code::RevocationScheduled,
        Code::AlreadyRotated,
        Code::RotationOpen,
        Code::NotRotated,
        Code::NotProven,
        Code::StillInUse,
        Code::NotThere,
        Code::NoScopeLeft,
        Code::CountedByServe,
        Code::ConfirmationNeeded,
        Code::Declined,
        Code::StoreMissing,
        Code::StoreLocked,
        Code::StoreDamaged,
        Code::StoreForeign,
        Code::StoreNewer,
        Code::StoreOlder,
        Code::StoreReplaced,
        Code::StoreUnsafe,
        Code::StoreUnreadable,
        Code::StoreUnwritable,
        Code::StoreUncertain,
        Code::Interrupted,
    ];

    /// The word in JSON, the exit status, and what it means.
    pub const fn row(self) -> (&'static str, u8, &'static str) {
        match self {
            Code::Internal => ("internal", 1, "something unexpected happened"),
            Code::Io => ("io", 1, "input could not be read or output not written"),
            Code::OutFile => (
                "out_file",
                1,
                "a file to be made (--out, --html, backup) exists or could not be made",
            ),
            Code::DeliveryFailed => (
                "delivery_failed",
                1,
                "a new key could not be handed over, so it was not made",
            ),
            Code::KeyVoid => (
                "key_void",
                1,
                "the key that was shown could not be stored and is void",
            ),
            Code::Usage => ("usage", 2, "the command line is wrong"),
            Code::SecretInArgument => (
                "secret_in_argument",
                2,
                "an argument or an environment variable holds an API key",
            ),
            Code::StdoutUnusable => (
                "stdout_unusable",
                2,
                "a key would be printed where nobody can read it",
            ),
            Code::KeyNotFound => ("key_not_found", 3, "there is no such key"),
            Code::KeyAmbiguous => ("key_ambiguous", 3, "several keys could be meant"),
            Code::NameTaken => ("name_taken", 4, "a usable key has this name"),
            Code::KeyRevoked => ("key_revoked", 4, "the key is revoked for good"),
            Code::KeyDisabled => ("key_disabled", 4, "the key is disabled"),
            Code::RevocationScheduled => (
                "revocation_scheduled",
                4,
                "the revocation of the key is scheduled",
            ),
            Code::AlreadyRotated => ("already_rotated", 4, "the key has a successor"),
            Code::RotationOpen => (
                "rotation_open",
                4,
                "the rotation that made the key is not finished",
            ),
            Code::NotRotated => ("not_rotated", 4, "there is no rotation to finish"),
            Code::NotProven => ("not_proven", 4, "the new key has not proved itself yet"),
            Code::StillInUse => ("still_in_use", 4, "the old key was used a short while ago"),
            Code::NotThere => ("not_there", 4, "what should be removed is not there"),
            Code::NoScopeLeft => (
                "no_scope_left",
                4,
                "the key would be left without any scope",
            ),
            Code::CountedByServe => (
                "counted_by_serve",
                4,
                "'serve' counted requests of the log itself",
            ),
            Code::ConfirmationNeeded => (
                "confirmation_needed",
                5,
                "it must be confirmed, and there is no terminal",
            ),
            Code::Declined => ("declined", 5, "it was not confirmed"),
            Code::StoreMissing => ("store_missing", 6, "there is no store"),
            Code::StoreLocked => ("store_locked", 6, "another process held the store too long"),
            Code::StoreDamaged => ("store_damaged", 6, "the store is damaged"),
            Code::StoreForeign => (
                "store_foreign",
                6,
                "the file is not a store of this program",
            ),
            Code::StoreNewer => ("store_newer", 6, "the store was written by a newer version"),
            Code::StoreOlder => (
                "store_older",
                6,
                "the store is of an older version and must be brought up to date first",
            ),
            Code::StoreReplaced => (
                "store_replaced",
                6,
                "the store was replaced, moved or removed while it was in use",
            ),
            Code::StoreUnsafe => (
                "store_unsafe",
                6,
                "the store is not safe: from other users, or from a stray log",
            ),
            Code::StoreUnreadable => ("store_unreadable", 6, "the store cannot be read"),
            Code::StoreUnwritable => ("store_unwritable", 6, "the store cannot be written"),
            Code::StoreUncertain => (
                "store_uncertain",
                6,
                "the disk failed while a change was stored; it may be there or not",
            ),
            Code::Interrupted => ("interrupted", 130, "interrupted; nothing was changed"),
        }
    }

    /// The exit status.
    pub const fn exit(self) -> u8 {
        self.row().1
    }

    /// Whether it is about the store, so that the message should name the file.
    fn concerns_store(self) -> bool {
        self.exit() == Code::StoreMissing.exit()
    }
}

/// What the exit statuses mean, for people; the contract's table.
pub const EXIT_STATUSES: [(&str, &str); 14] = [
    ("0", "done; allowed"),
    (
        "1",
        "it could not be done (input, output, anything unexpected)",
    ),
    ("2", "wrong usage"),
    ("3", "no such key, or several"),
    (
        "4",
        "the state forbids it (name taken, already rotated, not proven yet …)",
    ),
    (
        "5",
        "needs a confirmation, and there is no terminal; or it was declined",
    ),
    (
        "6",
        "the store: missing, locked, damaged, foreign, newer, unsafe, or cannot be written",
    ),
    (
        "7",
        "findings (review, doctor, log --verify, usage import --fail-on-leak)",
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

/// A failure: its kind, one sentence, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub code: Code,
    /// What happened, in one line without a full stop.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// What lies beneath, if anything.
    pub cause: Option<anyhow::Error>,
}

/// The message alone: its causes are told by [`std::error::Error::source`], and both in one line by
/// [`Error::sentence`].
impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl Error {
    /// A failure of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into(),
            hint: None,
            cause: None,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps what lies beneath.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What cannot happen, and did.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Error::new(Code::Internal, message).hint("please report this")
    }

    /// A thread is gone, and what it was to find out with it.
    pub fn ended_early() -> Self {
        Error::unexpected("a thread ended early")
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Code::Usage, message)
    }

    /// Input or output failed; `doing` says what was being done: `read standard input`.
    pub fn io(doing: &str, cause: std::io::Error) -> Self {
        Error::new(Code::Io, format!("could not {doing}")).because(cause)
    }

    /// Names the store's file, if that is what the failure is about.
    #[must_use]
    pub fn in_store(mut self, path: &Path) -> Self {
        if self.code.concerns_store() {
            self.message = format!("{}: {}", shown(path), self.message);
        }
        self
    }

    /// The message with its cause, in one line.
    pub fn sentence(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}: {cause}", self.message),
            None => self.message.clone(),
        }
    }
}

/// A text that is not what it should be is wrong usage, wherever it was typed.
impl From<Invalid> for Error {
    fn from(fault: Invalid) -> Self {
        Error {
            code: Code::Usage,
            message: fault.message,
            hint: fault.hint,
            cause: None,
        }
    }
}

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

    #[test]
    fn an_error_tells_its_causes_one_after_the_other() {
        let disk = std::io::Error::other("the disk is gone");
        let beneath = anyhow::Error::new(disk).context("cannot sync");
        let error = Error::new(Code::Io, "could not write").because(beneath);
        let mut told = vec![error.to_string()];
        let mut next = std::error::Error::source(&error);
        while let Some(cause) = next {
            told.push(cause.to_string());
            next = cause.source();
        }
        assert_eq!(told, ["could not write", "cannot sync", "the disk is gone"]);
    }
}
