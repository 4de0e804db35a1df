//! The file that is served at present, by the one connection that writes to it.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::domain::{Text, Timestamp};
use crate::error::{Code, Error};
use crate::store::failure::damaged;
use crate::store::identity::{Identity, replaced};
use crate::store::write_ahead::uses_wal;
use crate::store::{Access, Lock, Store, file};

/// What is left of a write-ahead log that a long read has let grow, in bytes, once that read has
/// ended.
const LOG_SIZE: i64 = 16 << 20;

/// Who serves.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) counts: bool,
    pub(super) actor: Text,
}

/// The file that is served at present.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) store: Store,
    /// The number of the note in the store; none until it could be written.
    pub(super) note: Option<i64>,
    uses_wal: bool,
    /// What SQLite keeps beside it, each with its device and inode.
    beside: Vec<(PathBuf, (u64, u64))>,
    /// The file itself, to look at its header. It is closed after all connections: closed before, it
    /// would take their locks with it.
    file: File,
}

/// What has become of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing.
    Same,
    /// Another file is at its path.
    Replaced,
    /// Something else was written into it.
    Overwritten,
    /// Its log, or the index of that, is another file or none.
    LogLost,
}

impl Current {
    /// Opens what is at the path, as it is. No other connection of this process may be open.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let (mut opened, metadata) = file::open(&file::resolve(path)?)?;
        let header = file::read_header(&mut opened)?;
        unless_cut_off(&header, &metadata)?;
        let current = Current {
            store: Store::open(path, Access::Write)?,
            note: None,
            uses_wal: false,
            beside: Vec::new(),
            file: opened,
        };
        Ok(current)
    }

    /// Brings the store up to date, and puts right what one who was killed has left.
    pub(super) fn migrate(&mut self, clock: &dyn Fn() -> Timestamp) -> Result<(), Error> {
        if self.note.is_none() {
            self.store.bring_up_to_date(clock)?;
        }
        self.store.give_way()?;
        let conn = &self.store.conn;
        Ok(conn.pragma_update(None, "journal_size_limit", LOG_SIZE)?)
    }

    /// Notes that the store is served, and switches it to a write-ahead log, unless that is done.
    /// `wait` says whether to go on trying.
    pub(super) fn settle_in(
        &mut self,
        server: &Server,
        clock: &dyn Fn() -> Timestamp,
        wait: impl Fn(i32) -> bool,
    ) -> Result<(), Error> {
        self.migrate(clock)?;
        if self.uses_wal {
            return Ok(());
        }
        // Having looked, it keeps others from switching it back.
        self.store.read(|_| Ok(()))?;
        if uses_wal(&self.store.conn)? {
            self.note(server, false, clock)?;
        } else {
            // Noted before it is done: a kill in between must not make it stay for ever. And after:
            // until then others could think that it was killed.
            self.note(server, true, clock)?;
            switch_to_wal(&self.store.conn, wait)?;
            self.note(server, true, clock)?;
        }
        self.uses_wal = true;
        self.beside = ["-wal", "-shm"]
            .into_iter()
            .filter_map(|end| {
                let path = file::beside(self.store.path(), end);
                let identity = identity_of(&path)?;
                Some((path, identity))
            })
            .collect();
        Ok(())
    }

    fn note(
        &mut self,
        server: &Server,
        turns_on_wal: bool,
        clock: &dyn Fn() -> Timestamp,
    ) -> Result<(), Error> {
        let mut write = self.store.write(Lock::Immediate, clock, &server.actor)?;
        let note = write.note_serving(self.note, server.counts, turns_on_wal)?;
        write.commit()?;
        self.note = Some(note);
        Ok(())
    }

    /// What has become of the file at this path.
    ///
    /// # Errors
    /// If it is away. It may come back.
    pub(super) fn fate(&self, named: &Path) -> Result<Fate, Error> {
        if self.store.unless_replaced().is_err() {
            let found = fs::metadata(named).map_err(|_| file::missing())?;
            return if found.is_file() {
                Ok(Fate::Replaced)
            } else {
                Err(replaced())
            };
        }
        if !self.uses_wal {
            return Ok(Fate::Same);
        }
        let mut header = [0; 100];
        let read = self.file.read_exact_at(&mut header, 0);
        if read.is_err() || !file::uses_wal(&header) {
            return Ok(Fate::Overwritten);
        }
        Ok(if self.has_its("-wal") && self.has_its("-shm") {
            Fate::Same
        } else {
            Fate::LogLost
        })
    }

    /// Whether what SQLite made beside the store under this ending is still there.
    fn has_its(&self, ending: &str) -> bool {
        let there = file::beside(self.store.path(), ending);
        let known = self.beside.iter().find(|(path, _)| *path == there);
        known.is_some_and(|(path, known)| identity_of(path) == Some(*known))
    }

    /// Leaves a file of which this has become. All other connections of this process are closed.
    pub(super) fn leave(self, fate: Fate) {
        let conn = &self.store.conn;
        // Closing it would otherwise write back a log of which this connection knows only a part, or
        // one that is not that of the file any more, and remove it.
        let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        let _ = conn.busy_timeout(Duration::ZERO);
        let knows_all = match fate {
            // It may have been moved away, and then needs what is in its log.
            Fate::Replaced => true,
            // Of a log that was removed only who has it open still knows.
            Fate::LogLost => self.has_its("-shm"),
            Fate::Same | Fate::Overwritten => false,
        };
        if knows_all {
            let _ = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        // Where nothing has its place yet, its log is left: it may come back.
        let identity = self.store.identity.as_ref();
        let has_successor = identity.is_some_and(Identity::has_successor);
        if fate == Fate::Overwritten || fate == Fate::Replaced && has_successor {
            // As long as they are open here, no new file can have their inodes: another process that
            // serves may have made the log of the new store by now.
            for (path, known) in &self.beside {
                if identity_of(path).as_ref() == Some(known) {
                    let _ = fs::remove_file(path);
                }
            }
        }
        self.close();
    }

    /// Closes the connection, and then the file; what it was.
    pub(super) fn close(self) -> Option<Identity> {
        let identity = self.store.identity.clone();
        drop(self.store);
        drop(self.file);
        identity
    }
}

/// Passes if the file is as long as its header says. One that is just being copied to its place is
/// not, and must not be written to. With a write-ahead log it may be shorter.
fn unless_cut_off(header: &[u8], metadata: &Metadata) -> Result<(), Error> {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let (Some(size), Some(count)) = (header.get(16..18), header.get(28..32)) else {
        return Ok(());
    };
    // 1 stands for 65,536.
    let size = if size == [0, 1] {
        1 << 16
    } else {
        number(size)
    };
    let said = size * number(count);
    if file::uses_wal(header) || metadata.len() >= said {
        return Ok(());
    }
    Err(damaged(format!(
        "it has {} bytes, but says that it has {said}",
        metadata.len()
    )))
}

/// The device and the inode of what is at a path.
fn identity_of(path: &Path) -> Option<(u64, u64)> {
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// Switches a store to a write-ahead log. SQLite does not wait for that by itself.
pub(super) fn switch_to_wal(conn: &Connection, wait: impl Fn(i32) -> bool) -> Result<(), Error> {
    for tries in 0.. {
        let mode = conn.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        });
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(Error::new(
                    Code::StoreUnwritable,
                    "the store cannot be switched to a write-ahead log (WAL) here",
                )
                .hint("keep it on a local disk"));
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                if !wait(tries) {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
