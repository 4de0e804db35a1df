//! Whether every key and every tombstone is what the domain allows, and what the log says has
//! become of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::CachedStatement;

use crate::domain::event;
use crate::domain::event::{Action, FieldChange, Hash, Value};
use crate::domain::tombstone::Tombstone;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::store::convert;
use crate::store::convert::{KEY_COLUMNS, TOMBSTONE_COLUMNS};
use crate::store::doctor::finding::{FindingKind, StoreFinding};
use crate::store::doctor::rows::{compare, finding};
use crate::store::{ReadTx, details, row_hash};

/// Everything that the log can be asked about in a store of this version.
pub fn look(view: ReadTx<'_>, version: i64) -> Result<Vec<StoreFinding>, Error> {
    let (mut unreadable, mut keys, mut tombstones) = (Vec::new(), Vec::new(), Vec::new());
    compare_keys(view, version, &mut unreadable, &mut keys)?;
    compare_tombstones(view, version, &mut unreadable, &mut tombstones)?;
    let remedy = "such a key is refused; restore a backup, or fix the row with sqlite3";
    let found = [
        finding(FindingKind::RowUnreadable, remedy, &unreadable),
        finding(FindingKind::KeyDiffersFromLog, compare(), &keys),
        finding(FindingKind::TombstoneDiffersFromLog, compare(), &tombstones),
    ];
    Ok(found.into_iter().flatten().collect())
}

fn compare_keys(
    view: ReadTx<'_>,
    version: i64,
    unreadable: &mut Vec<String>,
    differing: &mut Vec<String>,
) -> Result<(), Error> {
    let sql = format!("SELECT {KEY_COLUMNS}, k.name_folded FROM keys k ORDER BY k.seq");
    let mut statement = view.conn.prepare(&sql)?;
    let mut log = KeyEvents::of(view)?;
    let mut rows = statement.query([])?;
    let mut made_before = 0;
    while let Some(row) = rows.next()? {
        let seq = convert::key_seq(row)?;
        let folded: String = row.get(row.as_ref().column_count() - 1)?;
        let read = convert::key(row).and_then(|key| Ok((key, convert::key_digest(row)?)));
        match read {
            Ok((key, digest)) if key.name.folded() == folded => {
                let history = log.history(key.id)?;
                let hash = row_hash::of_key(seq, key.id, key.created_at, &digest);
                let is_in_order = history.made_by > made_before;
                made_before = history.made_by;
                if !(is_in_order && history.tells_of(&key) && history.binds(hash, version)) {
                    differing.push(key.id.to_string());
                }
            }
            Ok((key, _)) => unreadable.push(misfiled(key.id)),
            Err(error) => unreadable.push(format!("row {seq} ({})", reason(&error))),
        }
    }
    Ok(())
}

fn compare_tombstones(
    view: ReadTx<'_>,
    version: i64,
    unreadable: &mut Vec<String>,
    differing: &mut Vec<String>,
) -> Result<(), Error> {
    let sql = format!("SELECT {TOMBSTONE_COLUMNS}, name_folded FROM tombstones ORDER BY id");
    let mut statement = view.conn.prepare(&sql)?;
    let mut log = KeyEvents::of(view)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let folded: String = row.get(row.as_ref().column_count() - 1)?;
        match convert::tombstone(row) {
            Ok(stone) if stone.name.folded() == folded => {
                let history = log.history(stone.id)?;
                let hash = row_hash::of_tombstone(&stone);
                let is_gone = view.row_hash(stone.id)?.is_none();
                if !(is_gone && history.tells_of_the_end(&stone) && history.binds(hash, version)) {
                    differing.push(stone.id.to_string());
                }
            }
            Ok(stone) => unreadable.push(misfiled(stone.id)),
            Err(error) => unreadable.push(format!("a tombstone ({})", reason(&error))),
        }
    }
    Ok(())
}

fn misfiled(id: KeyId) -> String {
    format!("{id} (its name is filed under another)")
}

fn reason(error: &Error) -> String {
    let sentence = error.sentence();
    sentence
        .trim_start_matches("the store is damaged: ")
        .to_owned()
}

/// The events of one key after the other.
struct KeyEvents<'c>(CachedStatement<'c>);

impl<'c> KeyEvents<'c> {
    fn of(view: ReadTx<'c>) -> Result<Self, Error> {
        let sql = "SELECT seq, at, action, details FROM events WHERE key_id = ?1 ORDER BY seq";
        Ok(KeyEvents(view.conn.prepare_cached(sql)?))
    }

    fn history(&mut self, id: KeyId) -> Result<History, Error> {
        let mut history = History::default();
        let mut rows = self.0.query([id.as_str()])?;
        while let Some(row) = rows.next()? {
            let action = row.get::<_, String>(2)?.parse().ok();
            let at = Timestamp::from_unix(row.get(1)?);
            match action {
                Some(Action::Create | Action::Rotate) if history.made_by == 0 => {
                    history.made_by = row.get(0)?;
                    history.made_at = at;
                }
                Some(Action::Prune) => history.pruned_at = at,
                // It tells of a finding, and changes nothing of the key.
                Some(Action::Accept | Action::Reopen) => continue,
                _ => {}
            }
            // Details that cannot be read tell of no change, and the row then differs.
            let details = row.get_ref(3)?.as_str().unwrap_or("");
            if let Ok(changes) = details::read(details) {
                history.follow(changes);
            }
        }
        Ok(history)
    }
}

/// What the events of a key, oldest first, have made of it.
#[derive(Default)]
struct History {
    /// The entry that tells of its making; 0 if there is none.
    made_by: i64,
    made_at: Option<Timestamp>,
    pruned_at: Option<Timestamp>,
    state: State,
    /// The hash of its row, by the newest event that has one.
    row_hash: Option<Value>,
    /// Whether an event says that the hash had been another one than an earlier event said.
    is_torn: bool,
}

/// What each field of a key is; those that are not set are left out.
type State = BTreeMap<Cow<'static, str>, Value>;

impl History {
    fn follow(&mut self, changes: Vec<FieldChange>) {
        for change in changes {
            let FieldChange {
                field,
                before,
                after,
            } = change;
            if field == row_hash::FIELD {
                // Only the prune of a key changes it, and says what it was.
                let is_same = self.row_hash.as_ref().is_none_or(|hash| {
                    *hash == before || (before == Value::Absent && *hash == after)
                });
                self.is_torn |= !is_same;
                self.row_hash = Some(after);
            } else if after == Value::Absent {
                self.state.remove(&field);
            } else {
                self.state.insert(field, after);
            }
        }
    }

    fn tells_of(&self, key: &Key) -> bool {
        self.made_at == Some(key.created_at)
            && self.pruned_at.is_none()
            && self.state == state_of(key)
    }

    fn tells_of_the_end(&self, stone: &Tombstone) -> bool {
        let is = |field: &str, value: Option<String>| {
            self.state.get(field) == value.map(Value::Text).as_ref()
        };
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        self.made_at == Some(stone.created_at)
            && self.pruned_at == Some(stone.pruned_at)
            && is("name", Some(stone.name.to_string()))
            && is("environment", Some(stone.environment.to_string()))
            && is("expires_at", instant(stone.expires_at))
            && is("revoked_at", instant(stone.revoked_at))
            && is("rotated_to", stone.rotated_to.map(|id| id.to_string()))
    }

    /// Whether the log holds this hash of the row, and no other one. A store of an older version
    /// need not hold any.
    fn binds(&self, hash: Hash, version: i64) -> bool {
        !self.is_torn
            && match &self.row_hash {
                Some(told) => *told == Value::Text(hash.to_string()),
                None => version < row_hash::SINCE,
            }
    }
}

fn state_of(key: &Key) -> State {
    let mut history = History::default();
    history.follow(event::changes(None, key));
    history.state
}
