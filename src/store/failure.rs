//! What a failure of SQLite means for whoever uses the store, and what to do about it.

use std::ffi::c_int;
use std::fmt::Display;

use rusqlite::{ErrorCode, ffi};

use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::identity;

/// A row that no value of the domain corresponds to.
pub fn damaged(what: impl Display) -> Error {
    Error::new(Code::StoreDamaged, format!("the store is damaged: {what}")).hint(
        Hint::from("restore a backup, or ask '")
            .then(Remedy::VerifyLog)
            .then("' what is left"),
    )
}

/// Whether the last write to the store was cut off, and this is what kept it from being read.
pub fn is_interrupted_write(error: &Error) -> bool {
    error
        .cause
        .as_ref()
        .and_then(|cause| cause.downcast_ref::<rusqlite::Error>())
        .and_then(rusqlite::Error::sqlite_error)
        .is_some_and(|failure| waits_to_be_undone(failure.extended_code))
}

/// SQLite's code for what went wrong, if it was SQLite that failed.
pub fn extended_code(failure: &rusqlite::Error) -> Option<c_int> {
    failure.sqlite_error().map(|error| error.extended_code)
}

/// Whether SQLite failed because only a writer can undo what an earlier one left half-done.
fn waits_to_be_undone(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_READONLY_ROLLBACK
            | ffi::SQLITE_READONLY_RECOVERY
            | ffi::SQLITE_READONLY_CANTINIT
    )
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        let failure = match &cause {
            E::SqliteFailure(failure, _) => failure,
            // A schema, a type or a row that is not what this program made.
            E::SqlInputError { .. }
            | E::InvalidColumnType(..)
            | E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..)
            | E::QueryReturnedNoRows => return damaged(cause),
            _ => return Error::unexpected("the store could not be used").because(cause),
        };
        let (code, message, hint) = match (failure.code, failure.extended_code) {
            (_, ffi::SQLITE_READONLY_DBMOVED) => return identity::replaced().because(cause),
            (
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
                _,
            ) => (
                Code::StoreLocked,
                "another process has held the store for too long",
                "try again; 'fuser' shows who has the file open",
            ),
            (_, extended) if waits_to_be_undone(extended) => (
                Code::StoreUnreadable,
                "an interrupted write has not been undone yet",
                "run any command once as the owner of the store, who must be able to write to the file and its directory",
            ),
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => (
                Code::StoreDamaged,
                "the store is damaged",
                "restore a backup",
            ),
            (ErrorCode::ReadOnly | ErrorCode::PermissionDenied, _) => (
                Code::StoreUnwritable,
                "the store cannot be written",
                "check the permissions of the file and its directory",
            ),
            (ErrorCode::DiskFull, _) => (
                Code::StoreUnwritable,
                "the store cannot be written: the disk is full",
                "free some space on the disk",
            ),
            (ErrorCode::CannotOpen, _) => (
                Code::StoreUnreadable,
                "the store cannot be opened",
                "check the permissions of the file, its journal and its directory, and how many files may be open (ulimit -n)",
            ),
            (ErrorCode::SystemIoFailure, ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ) => {
                (
                    Code::StoreUnreadable,
                    "the store cannot be read",
                    "check the disk",
                )
            }
            (ErrorCode::SystemIoFailure, ffi::SQLITE_IOERR_DELETE) => (
                Code::StoreUnwritable,
                "the journal beside the store cannot be removed",
                "run any command once as the owner of the store, who must be able to write to its directory; or check the disk",
            ),
            (ErrorCode::SystemIoFailure | ErrorCode::NoLargeFileSupport, _) => (
                Code::StoreUnwritable,
                "the store cannot be written",
                "check the disk",
            ),
            // The program keeps the rules of the schema before SQLite looks: one that is broken all
            // the same is not the one that was made.
            (
                ErrorCode::Unknown
                | ErrorCode::TypeMismatch
                | ErrorCode::TooBig
                | ErrorCode::ConstraintViolation,
                _,
            ) => (
                Code::StoreDamaged,
                "the store is damaged",
                "restore a backup",
            ),
            _ => (
                Code::Internal,
                "the store could not be used",
                "please report this",
            ),
        };
        Error::new(code, message).hint(hint).because(cause)
    }
}
