//! What SQLite and the audit chain say of the contents of a store, and whether its tables are those
//! that the program makes.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::Timestamp;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::Error;
use crate::store::backup::Extent;
use crate::store::doctor::finding::{FindingKind, StoreFinding};
use crate::store::doctor::{history, or_finding, rows};
use crate::store::schema::{STEPS, VERSION, taken};
use crate::store::{ReadTx, Store};

/// How thorough `doctor` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Pages, tables, log.
    Quick,
    /// Every index against its table and every row against every rule, too.
    Deep,
}

/// How many problems of one kind are named.
const TOLD: usize = 5;

/// Everything, of a store of a known version.
pub fn look(
    store: &Store,
    version: i64,
    depth: Depth,
    now: Timestamp,
) -> (Vec<StoreFinding>, Option<Extent>) {
    let differences = match schema(&store.conn, version) {
        Ok((differences, true)) => differences,
        // A table that only has the name of one of ours may be anything: nothing more is read from
        // it.
        Ok((differences, false)) => return (differences, None),
        Err(error) => {
            let mut found = or_finding(pages(&store.conn));
            found.push(crate::store::doctor::failed(error));
            return (found, None);
        }
    };
    let has_additions = differences
        .iter()
        .any(|finding| finding.kind == FindingKind::SchemaAdditions);
    let mut found = or_finding(if has_additions {
        pages(&store.conn)
    } else {
        integrity(&store.conn, depth)
    });
    found.extend(differences);
    found.extend(or_finding(store.read(foreign_keys)));
    found.extend(or_finding(store.read(|view| clock(view, now))));
    found.extend(or_finding(chain(store)));
    if depth == Depth::Deep {
        found.extend(or_finding(rows::look(store, now)));
        found.extend(or_finding(store.read(|view| history::look(view, version))));
    }
    // One page that cannot be read is reported once.
    let mut told = false;
    found.retain(|finding| {
        finding.kind != FindingKind::Damaged || !std::mem::replace(&mut told, true)
    });
    (found, store.read(|view| view.extent()).ok())
}

/// What SQLite finds wrong with the file, without computing anything that a stranger may have put
/// into its schema: rules and indexes can be made to take any time.
fn pages(conn: &Connection) -> Result<Vec<StoreFinding>, Error> {
    conn.pragma_update(None, "ignore_check_constraints", true)?;
    integrity(conn, Depth::Quick)
}

/// What SQLite finds wrong with the file.
///
/// # Errors
/// If it cannot be read at all.
pub fn integrity(conn: &Connection, depth: Depth) -> Result<Vec<StoreFinding>, Error> {
    let check = match depth {
        Depth::Quick => "PRAGMA quick_check",
        Depth::Deep => "PRAGMA integrity_check",
    };
    let mut statement = conn.prepare(check)?;
    let lines: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if lines == ["ok"] {
        return Ok(Vec::new());
    }
    Ok(vec![StoreFinding {
        kind: FindingKind::Damaged,
        message: format!("the file is damaged: {}", some(&lines)),
        remedy:
            "restore a backup, or recover what is left: see \"Backup and restore\" in the README"
                .into(),
    }])
}

/// A few of them, in one line.
pub fn some(all: &[String]) -> String {
    let told = all
        .iter()
        .take(TOLD)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
        .replace('\n', " ");
    match all.len().checked_sub(TOLD) {
        None | Some(0) => told,
        Some(more) => format!("{told} and {more} more"),
    }
}

type Objects = BTreeMap<(String, String), Option<String>>;

fn objects(conn: &Connection) -> rusqlite::Result<Objects> {
    // SQLite itself adds the indexes of constraints, and those have no text.
    let mut statement = conn.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE type <> 'index' OR sql IS NOT NULL",
    )?;
    statement
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect()
}

/// What differs from the tables, indexes and triggers that the program makes; and whether all of
/// those are there.
fn schema(conn: &Connection, version: i64) -> Result<(Vec<StoreFinding>, bool), Error> {
    let fresh = Connection::open_in_memory()?;
    for step in STEPS.iter().take(taken(version)) {
        fresh.execute_batch(step)?;
    }
    let (expected, found) = (objects(&fresh)?, objects(conn)?);
    let named = |(kind, name): &(String, String)| format!("{kind} {name}");
    let changed: Vec<String> = expected
        .iter()
        .filter(|(which, sql)| found.get(which) != Some(sql))
        .map(|(which, _)| named(which))
        .collect();
    let added: Vec<String> = found
        .keys()
        .filter(|which| !expected.contains_key(which))
        .map(named)
        .collect();
    let mut findings = Vec::new();
    if !changed.is_empty() {
        findings.push(StoreFinding {
            kind: FindingKind::SchemaDiffers,
            message: format!("missing, or not as the program made it: {}", some(&changed)),
            remedy: "find out who changed the store; restore a backup".into(),
        });
    }
    if !added.is_empty() {
        findings.push(StoreFinding {
            kind: FindingKind::SchemaAdditions,
            message: format!("not made by the program: {}", some(&added)),
            remedy: "find out who added it, and drop it with sqlite3".into(),
        });
    }
    if version < VERSION {
        findings.push(StoreFinding {
            kind: FindingKind::OlderSchema,
            message: format!("the store has schema {version}, but this program writes {VERSION}"),
            remedy: "nothing: the next command that changes a key copies the store and migrates it"
                .into(),
        });
    }
    Ok((findings, changed.is_empty()))
}

/// Rows that refer to rows that do not exist.
///
/// # Errors
/// If the store cannot be read.
pub fn foreign_keys(view: ReadTx<'_>) -> Result<Vec<StoreFinding>, Error> {
    let mut statement = view
        .conn
        .prepare("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check")?;
    let line = |row: &rusqlite::Row<'_>| {
        let (table, row, parent): (String, Option<i64>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        // A table without rowids has none to tell.
        let row = row.map_or_else(|| "a row".into(), |row| format!("row {row}"));
        Ok(format!(
            "{row} of {table} refers to a row of {parent} that is not there"
        ))
    };
    let lines: Vec<String> = statement.query_map([], line)?.collect::<Result<_, _>>()?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let remedy = "find out who changed the store; restore a backup".into();
    Ok(vec![StoreFinding {
        kind: FindingKind::ForeignKeys,
        message: some(&lines),
        remedy,
    }])
}

fn clock(view: ReadTx<'_>, now: Timestamp) -> Result<Vec<StoreFinding>, Error> {
    let newest: Option<i64> = view.conn.query_row(
        "SELECT max(at) FROM (SELECT at FROM events ORDER BY seq DESC LIMIT 100)",
        [],
        |row| row.get(0),
    )?;
    let Some(newest) = newest
        .and_then(Timestamp::from_unix)
        .filter(|newest| *newest > now)
    else {
        return Ok(Vec::new());
    };
    Ok(vec![StoreFinding {
        kind: FindingKind::ClockBehind,
        message: format!(
            "the clock says {now}, but an event is from {newest}: keys that have ended may be taken for valid"
        ),
        remedy: Hint::from("set the clock: ").then(Remedy::SetClock),
    }])
}

fn chain(store: &Store) -> Result<Vec<StoreFinding>, Error> {
    let Some((seq, problem)) = store.audit(None)?.first_bad else {
        return Ok(Vec::new());
    };
    let remedy = Hint::from("find out who changed the store, and compare with a backup: ").then(
        Remedy::ReadEvents {
            store: store.path.clone(),
            from: seq - 1,
        },
    );
    Ok(vec![StoreFinding {
        kind: FindingKind::ChainBroken,
        message: format!("entry {seq} of the log: {}", problem.sentence()),
        remedy,
    }])
}
