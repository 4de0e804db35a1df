//! What is wrong with a store, found without changing it: what other commands refuse, and what
//! they would not notice.
//!
//! The file is looked at from outside first. Then it is opened so that an interrupted write stays
//! as it is, and copied to a private, nameless file: all that follows sees one instant, takes as
//! long as it takes, and keeps no writer waiting.

pub mod contents;
pub mod finding;
pub mod history;
pub mod place;
pub mod rows;
pub mod wal;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::domain::Timestamp;
use crate::error::{Code, Error};
use crate::store::backup::Extent;
use crate::store::copy::copy;
use crate::store::serving::note::served;
use crate::store::{Store, connect, file, schema, stray_log};

pub use crate::store::doctor::contents::Depth;
pub use crate::store::doctor::finding::{FindingKind, StoreFinding};

/// What `doctor` found.
#[derive(Debug)]
pub struct DoctorOutcome {
    /// What is wrong, in the order in which it was looked for.
    pub findings: Vec<StoreFinding>,
    /// Where the store really is.
    pub path: PathBuf,
    /// The version of its schema, if it is a store.
    pub schema: Option<i64>,
    /// What it holds, if that could be read.
    pub extent: Option<Extent>,
}

/// Looks for everything that is wrong with the store at `path`.
///
/// # Errors
/// If there is no file, or it was not to go on. Everything else is a finding.
pub fn doctor(
    path: &Path,
    depth: Depth,
    now: Timestamp,
    go_on: &dyn Fn() -> ControlFlow<()>,
) -> Result<DoctorOutcome, Error> {
    let real = match file::resolve(path) {
        Err(error) if error.code == Code::StoreMissing => return Err(error),
        Err(error) => {
            let findings = vec![finding(FindingKind::Unreadable, error)];
            return Ok(DoctorOutcome {
                findings,
                path: path.into(),
                schema: None,
                extent: None,
            });
        }
        Ok(real) => real,
    };
    let mut outcome = DoctorOutcome {
        findings: place::around(path, &real),
        path: real,
        schema: None,
        extent: None,
    };
    let header = match place::header(&outcome.path) {
        Ok(header) => header,
        Err(error) => {
            let kind = if error.code == Code::StoreForeign {
                FindingKind::NotAStore
            } else {
                FindingKind::Unreadable
            };
            outcome.findings.push(finding(kind, error));
            return Ok(outcome);
        }
    };
    if let Err(error) = file::check_marks(&header) {
        let is_newer = error.code == Code::StoreNewer;
        outcome.findings.push(finding(
            if is_newer {
                FindingKind::NewerSchema
            } else {
                FindingKind::NotAStore
            },
            error,
        ));
        if !is_newer {
            return Ok(outcome);
        }
    }
    let version = file::version(&header);
    outcome.schema = Some(version);
    outcome.findings.extend(place::journal(&outcome.path));
    let again = || place::header(&outcome.path);
    let header = match stray_log::check(&outcome.path, header, again) {
        Ok(header) => header,
        Err(error) => {
            // Reading the contents would apply the log to them.
            let kind = FindingKind::StrayJournal;
            outcome.findings.push(finding(kind, error));
            return Ok(outcome);
        }
    };
    let snapshot = snapshot(&outcome.path, go_on);
    if file::uses_wal(&header) {
        // One of an older version, or a damaged one, says nothing of it.
        let served = snapshot.as_ref().ok().and_then(|conn| served(conn).ok());
        let found = wal::findings(&outcome.path, served);
        outcome.findings.extend(found);
    }
    match snapshot {
        Ok(conn) if version > schema::VERSION => outcome
            .findings
            .extend(or_finding(contents::integrity(&conn, depth))),
        Ok(conn) => {
            let store = Store {
                conn,
                path: outcome.path.clone(),
                identity: None,
                access: file::Access::Read,
                foreign_owner: false,
                migration: None,
                // What is wrong with them is a finding.
                is_judged: Cell::new(true),
            };
            let (findings, extent) = contents::look(&store, version, depth, now);
            outcome.findings.extend(findings);
            outcome.extent = extent;
        }
        Err(error) if error.code == Code::Interrupted => return Err(error),
        Err(error) => outcome.findings.push(failed(error)),
    }
    Ok(outcome)
}

/// A copy of the store that nobody else has.
fn snapshot(path: &Path, go_on: &dyn Fn() -> ControlFlow<()>) -> Result<Connection, Error> {
    let source = connect(path, place::access(path))?;
    source.pragma_update(None, "query_only", true)?;
    // An empty name is a temporary file of SQLite's: it has no name and is gone when it is closed.
    let mut target = connect(
        Path::new(""),
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let bytes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let (said, found) = copy(&source, &mut target, go_on, |view| {
        let found = std::fs::metadata(path)
            .map_err(|e| Error::io("look at the store", e))?
            .len();
        Ok((
            view.conn
                .query_row(bytes, [], |row| row.get::<_, i64>(0))?
                .unsigned_abs(),
            found,
        ))
    })?;
    // SQLite takes what is missing at the end for zeroes; or it is in the write-ahead log.
    if found < said && !file::exists(&file::beside(path, "-wal")) {
        return Err(crate::store::failure::damaged(format!(
            "it has {found} bytes, but says that it has {said}"
        )));
    }
    target.pragma_update(None, "query_only", true)?;
    Ok(target)
}

/// What other commands would say, as a finding.
fn finding(kind: FindingKind, error: Error) -> StoreFinding {
    StoreFinding {
        kind,
        message: error.sentence(),
        remedy: error.hint.unwrap_or_else(|| "please report this".into()),
    }
}

/// A failure to read the contents, as a finding.
fn failed(error: Error) -> StoreFinding {
    let kind = match error.code {
        Code::StoreLocked => FindingKind::Locked,
        Code::StoreDamaged => FindingKind::Damaged,
        Code::StoreUnreadable if crate::store::failure::is_interrupted_write(&error) => {
            FindingKind::InterruptedWrite
        }
        _ => FindingKind::Unreadable,
    };
    finding(kind, error)
}

fn or_finding(found: Result<Vec<StoreFinding>, Error>) -> Vec<StoreFinding> {
    found.unwrap_or_else(|error| vec![failed(error)])
}
