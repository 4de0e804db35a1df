//! Bringing an older store up to date: first a copy beside it, then all steps in one transaction.

use std::fs;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::domain::Timestamp;
use crate::error::{Code, Error};
use crate::store::new_file::NewFile;
use crate::store::publish::Published;
use crate::store::schema;
use crate::store::schema::{STEPS, VERSION};
use crate::store::transaction::commit;
use crate::store::{backup, connect, file, row_hash};

/// A store that was brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The version that it had.
    pub from: i64,
    /// The version that it has.
    pub to: i64,
    /// The copy of what it was.
    pub copy: PathBuf,
}

/// Brings an older store up to date; does nothing to a present one.
///
/// # Errors
/// If it is not a store, cannot be copied, or cannot be written. It is then what it was.
pub fn migrate(
    conn: &mut Connection,
    path: &Path,
    clock: &dyn Fn() -> Timestamp,
) -> Result<Option<Migration>, Error> {
    if schema::check_open(conn)? == VERSION {
        Ok(None)
    } else {
        steps(conn, path, clock, &STEPS)
    }
}

/// Takes the steps that the store has not yet taken.
fn steps(
    conn: &mut Connection,
    path: &Path,
    clock: &dyn Fn() -> Timestamp,
    steps: &[&str],
) -> Result<Option<Migration>, Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated it while this one waited for the lock. From here on nobody
    // writes.
    let from = schema::check_open(&tx)?;
    let (taken, to) = (
        usize::try_from(from).unwrap_or(usize::MAX),
        steps.len() as i64,
    );
    let Some(missing) = steps.get(taken..).filter(|missing| !missing.is_empty()) else {
        return Ok(None);
    };
    schema::check_objects(&tx, from)?;
    let copy = copy_aside(path, from)?;
    let taken = take(&tx, from, missing, clock).and_then(|()| {
        commit(&tx, |view| {
            schema::version(view.conn).is_ok_and(|is| is == to)
        })
    });
    match taken {
        Ok(()) => Ok(Some(Migration { from, to, copy })),
        Err(error) => {
            let _ = fs::remove_file(&copy);
            Err(error)
        }
    }
}

/// Takes these steps, all but the commit.
fn take(
    tx: &Connection,
    from: i64,
    missing: &[&str],
    clock: &dyn Fn() -> Timestamp,
) -> Result<(), Error> {
    for (to, step) in (from + 1..).zip(missing) {
        tx.execute_batch(step)?;
        if to == row_hash::SINCE {
            row_hash::record_all(tx, clock())?;
        }
        tx.pragma_update(None, "user_version", to)?;
    }
    Ok(())
}

/// Copies the store to a new file beside it: `keys.db.v1.bak`, or with a number if that is taken.
/// One that is there is never written to: it may be of a migration that was interrupted, or of a
/// store that was restored since.
fn copy_aside(path: &Path, version: i64) -> Result<PathBuf, Error> {
    let failed = |error: Error| {
        let hint = error.hint.clone().unwrap_or_else(|| {
            "free some space beside the store, and run this as its owner".into()
        });
        Error::new(
            Code::StoreUnwritable,
            format!(
                "it must be copied before it is migrated: {}",
                error.sentence()
            ),
        )
        .hint(hint)
    };
    let cannot = |e: std::io::Error| failed(Error::io("make the copy", e));
    let source = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.pragma_update(None, "query_only", true)?;
    for number in 1.. {
        let number = if number == 1 {
            String::new()
        } else {
            format!(".{number}")
        };
        let mut name = path
            .file_name()
            .expect("a store was opened by this path, so it ends with a name")
            .to_owned();
        name.push(format!(".v{version}{number}.bak"));
        let copy = path.with_file_name(name);
        if file::exists(&copy) {
            continue;
        }
        let draft = NewFile::of(copy).map_err(cannot)?;
        backup::fill(&draft, &source, &|| ControlFlow::Continue(())).map_err(failed)?;
        let owner = fs::metadata(path).map_err(cannot)?;
        if !file::is_mine(&owner) {
            std::os::unix::fs::chown(draft.temporary(), Some(owner.uid()), Some(owner.gid()))
                .map_err(cannot)?;
        }
        match draft.publish() {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(Published::into_path).map_err(cannot),
        }
    }
    Err(cannot(ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
mod tests;
