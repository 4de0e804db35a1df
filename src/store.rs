//! The store: a SQLite file, opened with care, read in short transactions and changed in whole
//! ones.
//!
//! This is the only place that knows SQLite. It knows nothing of command lines and output. The
//! store keeps the hash of a key, never the key: [`WriteTx::insert`] takes a
//! [`crate::domain::Digest`], and nothing here takes an [`crate::domain::ApiKey`].

mod acceptances;
pub(crate) mod ancestors;
pub(crate) mod audit;
pub(crate) mod author;
pub(crate) mod backup;
pub(crate) mod convert;
pub(crate) mod copy;
mod details;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod identity;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod migration;
pub(crate) mod new_file;
pub(crate) mod owners;
pub(crate) mod prune;
pub(crate) mod publish;
pub(crate) mod row_hash;
pub(crate) mod schema;
pub(crate) mod scratch;
pub(crate) mod select;
pub(crate) mod serving;
pub(crate) mod stray_log;
pub(crate) mod tombstones;
pub(crate) mod traffic;
pub(crate) mod transaction;
pub(crate) mod turns;
pub(crate) mod usage;
pub(crate) mod write_ahead;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, ffi};

use crate::domain::remedy::{Hint, Remedy};
use crate::domain::{Entropy, Text, Timestamp};
use crate::error::{Code, Error};
use crate::store::failure::extended_code;
use crate::store::identity::Identity;

pub use crate::store::audit::{Audit, Problem};
pub use crate::store::author::Author;
pub use crate::store::backup::{BackupFile, Extent};
pub use crate::store::doctor::{Depth, DoctorOutcome, FindingKind, StoreFinding, doctor};
pub use crate::store::events::EventFilter;
pub use crate::store::file::{Access, exists, missing};
pub use crate::store::keys::Lookup;
pub use crate::store::migration::Migration;
pub use crate::store::prune::{OldUsageCursor, Pruning};
pub use crate::store::publish::Published;
pub use crate::store::row_hash::of_key as key_row_hash;
pub use crate::store::schema::VERSION as SCHEMA_VERSION;
pub use crate::store::serving::limits::RecentUse;
pub use crate::store::serving::reader::{Reader, StoreState};
pub use crate::store::serving::{MOST_ROWS, Serving};
pub use crate::store::transaction::{Lock, ReadTx, WriteTx};
pub use crate::store::turns::when_free;
pub use crate::store::usage::Unrecorded;

/// The most bytes of a value or a row. The longest that the program writes are the details of an
/// event about a long allowlist; what is longer is damage, or was put there to use up memory.
const LONGEST_VALUE: i32 = 16 << 20;

/// The version of the SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    path: PathBuf,
    /// That of the file; `None` if it is a copy that nobody else has, and that has no name.
    identity: Option<Identity>,
    access: Access,
    foreign_owner: bool,
    migration: Option<Migration>,
    /// Whether its tables were looked at, or are not to be.
    is_judged: Cell<bool>,
}

/// Opens a file of SQLite with the care that a store wants. No URI flag: the path is a path.
fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let mut conn = Connection::open_with_flags(
        path,
        flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE,
    )?;
    conn.busy_handler(Some(turns::wait))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A store that somebody else made could bring views in the place of its tables, and triggers
    // that undo a change. The program's own triggers guard the log against other programs.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    // A statement is planned without looking at its values; else it would be prepared again for
    // each of them.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn)
}

/// What a failure of the first look at a store means, if that is that its write-ahead log cannot be
/// opened: even a reader makes files beside it.
fn unless_log_is_closed(failure: rusqlite::Error) -> Error {
    let code = extended_code(&failure);
    let cannot = matches!(
        code,
        Some(
            ffi::SQLITE_CANTOPEN
                | ffi::SQLITE_READONLY_CANTINIT
                | ffi::SQLITE_READONLY_RECOVERY
                | ffi::SQLITE_READONLY_DIRECTORY
        )
    );
    if !cannot {
        return failure.into();
    }
    Error::new(
        Code::StoreUnreadable,
        "the store uses a write-ahead log (WAL), which cannot be read where nothing may be written beside it",
    )
    .because(failure)
    .hint(Hint::from("let its owner make a copy that can be read anywhere: ").then(Remedy::BackUp))
}

/// Lets a connection do what it is for, and no more.
fn prepare(conn: &Connection, access: Access) -> rusqlite::Result<()> {
    match access {
        Access::Read | Access::NoWait => conn.pragma_update(None, "query_only", true),
        Access::Write => conn.execute_batch(
            "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
        ),
    }
}

impl Store {
    /// Opens the store at `path`. An older one stays as it is, and can only be read.
    ///
    /// # Errors
    /// If there is none, if it is not safe, not ours, damaged or newer, or if it cannot be opened.
    pub fn open(path: &Path, access: Access) -> Result<Self, Error> {
        let file = file::inspect(path, access)?;
        // Read-write without create even to read: after a crash only a writer can undo what was
        // half-written. SQLite itself falls back to reading if the file or the mount is read-only.
        let conn = connect(&file.path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        file.identity.check()?;
        let conn = conn?;
        if access == Access::NoWait {
            conn.busy_timeout(Duration::ZERO)?;
        }
        if file.uses_wal {
            conn.query_row("PRAGMA user_version", [], |_| Ok(()))
                .map_err(unless_log_is_closed)?;
        }
        prepare(&conn, access)?;
        Ok(Store {
            conn,
            path: file.path,
            identity: Some(file.identity),
            access,
            foreign_owner: file.foreign_owner,
            migration: None,
            is_judged: Cell::new(false),
        })
    }

    /// Opens the store at `path` to change it; an older one is brought up to date.
    ///
    /// # Errors
    /// As for [`Store::open`], or if it cannot be brought up to date.
    pub fn open_to_write(path: &Path, clock: &dyn Fn() -> Timestamp) -> Result<Self, Error> {
        let mut store = Store::open(path, Access::Write)?;
        store.bring_up_to_date(clock)?;
        Ok(store)
    }

    /// Migrates an older store, and puts right what a `serve` that was killed has left.
    pub(crate) fn bring_up_to_date(&mut self, clock: &dyn Fn() -> Timestamp) -> Result<(), Error> {
        self.migration = migration::migrate(&mut self.conn, &self.path, clock)?;
        self.settle()
    }

    /// Opens the store at `path` to change it, and makes it if there is none. `make_directories` is
    /// for the default place only.
    ///
    /// # Errors
    /// As for [`Store::open`], or if it cannot be made.
    pub fn open_or_create(
        path: &Path,
        make_directories: bool,
        entropy: &mut dyn Entropy,
        clock: &dyn Fn() -> Timestamp,
    ) -> Result<Self, Error> {
        if !exists(path) {
            if make_directories {
                file::make_directories(path)?;
            }
            file::create(path, &schema::new_store(entropy)?)?;
        }
        Store::open_to_write(path, clock)
    }

    /// Where the file really is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file belongs to another user.
    pub fn has_foreign_owner(&self) -> bool {
        self.foreign_owner
    }

    /// What opening it has changed, if it was an older one.
    pub fn migration(&self) -> Option<&Migration> {
        self.migration.as_ref()
    }

    /// Reads in one short transaction: everything `look` sees is of one instant.
    ///
    /// # Errors
    /// If the store cannot be read, or what `look` fails with.
    pub fn read<T>(&self, look: impl FnOnce(ReadTx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.unless_replaced()?;
        let tx = self.conn.unchecked_transaction()?;
        let version = schema::check_open(&tx);
        // It may have been replaced before the lock was held.
        self.unless_replaced()?;
        let version = version?;
        if !self.is_judged.replace(true) {
            schema::check_objects(&tx, version).inspect_err(|_| self.is_judged.set(false))?;
        }
        schema::complete(&tx, version)?;
        look(ReadTx { conn: &tx }).map_err(|error| schema::unless_older(error, version))
    }

    /// Lets others come first from now on: a stream that records would hardly let them in.
    ///
    /// # Errors
    /// If SQLite fails.
    pub fn give_way(&mut self) -> Result<(), Error> {
        Ok(self.conn.busy_handler(Some(turns::wait_as_stream))?)
    }

    /// Leaves the store to others for a moment, for what changes it many times in a row.
    pub fn let_others_in(&self) {
        turns::pause();
    }

    /// Begins a change. The clock is read once the lock is held, since getting it may have taken a
    /// while.
    ///
    /// # Errors
    /// If the lock cannot be had, or the store is not what it was when it was opened.
    pub fn write(
        &mut self,
        lock: Lock,
        clock: &dyn Fn() -> Timestamp,
        actor: &Text,
    ) -> Result<WriteTx<'_>, Error> {
        let behavior = match lock {
            Lock::Immediate => TransactionBehavior::Immediate,
            Lock::Exclusive => TransactionBehavior::Exclusive,
        };
        self.unless_replaced()?;
        let identity = self.identity.as_ref();
        let tx = self.conn.transaction_with_behavior(behavior)?;
        let version = schema::check_open(&tx);
        identity.map_or(Ok(()), Identity::check)?;
        let version = version?;
        if version < SCHEMA_VERSION {
            return Err(schema::older(version));
        }
        schema::check_objects(&tx, version)?;
        Ok(WriteTx {
            tx,
            path: &self.path,
            now: clock(),
            actor: actor.clone(),
            last: None,
        })
    }
}
