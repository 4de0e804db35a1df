//! Lists of keys: a selection as SQL, read in pages so that no read lasts long enough to keep a
//! writer waiting.

mod conditions;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rusqlite::types::Value;

use crate::domain::selection::{Selection, Sort};
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::store::convert;
use crate::store::convert::KEY_COLUMNS;
use crate::store::failure;
use crate::store::select::conditions::Conditions;
use crate::store::{ReadTx, Store};

/// How many keys are read at once.
const PAGE: u64 = 1000;
/// Fewer than this are sorted sooner than as many as there may be are looked at.
const FEW: i64 = 2000;
impl Store {
    /// Hands the selected keys to `each`, in order, until it says `false`.
    ///
    /// # Errors
    /// As for [`Store::each_page`].
    pub fn each_key(
        &self,
        selection: &Selection,
        now: Timestamp,
        mut each: impl FnMut(Key) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.each_page(selection, now, |page| {
            for key in page {
                if !each(key)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Hands the selected keys to `each`, page by page, in order, until it says `false`. Each page
    /// is of one instant; between two pages writers get their turn. A key that a writer meanwhile
    /// moves to a later place in the order is not handed out again.
    ///
    /// # Errors
    /// If the store cannot be read, a row is damaged, or what `each` fails with.
    pub fn each_page(
        &self,
        selection: &Selection,
        now: Timestamp,
        mut each: impl FnMut(Vec<Key>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut left = selection.limit.unwrap_or(u64::MAX);
        let mut after = None;
        let mut seen = Seen::default();
        let mut index = None;
        while left > 0 {
            let size = left.min(PAGE);
            let page = self.read(|view| {
                let index = match index {
                    Some(index) => index,
                    None => *index.insert(view.shortest_index(selection, now)?),
                };
                view.page(selection, now, index, after.as_ref(), size)
            })?;
            let read = page.keys.len() as u64;
            // The order of creation never changes.
            let mut is_new = |seq| selection.sort == Sort::Created || seen.is_new(seq);
            let keys: Vec<Key> = page
                .keys
                .into_iter()
                .zip(page.seqs)
                .filter(|(_, seq)| is_new(*seq))
                .map(|(key, _)| key)
                .collect();
            left -= keys.len() as u64;
            if !each(keys)? || read < size {
                return Ok(());
            }
            after = page.last;
        }
        Ok(())
    }
}

struct KeyPage {
    keys: Vec<Key>,
    /// The place of each in the order of creation.
    seqs: Vec<i64>,
    last: Option<Cursor>,
}

/// Which keys were handed out, by their places in the order of creation: 64 of them, one bit each,
/// by the place of the first. A store that was tampered with can have any places.
#[derive(Default)]
struct Seen(BTreeMap<i64, u64>);

impl Seen {
    /// Whether it is the first time.
    fn is_new(&mut self, seq: i64) -> bool {
        let bit = 1 << seq.rem_euclid(64);
        let word = self.0.entry(seq.div_euclid(64)).or_default();
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// Where a page ended: the value that the order goes by, and the key's own place, which makes it
/// unique.
struct Cursor {
    rank: Value,
    seq: i64,
}

impl Cursor {
    /// Whether this comes after that. In a store whose pages are damaged the same key can come
    /// twice.
    fn is_beyond(&self, that: &Cursor, reverse: bool) -> bool {
        let by_rank = match (&self.rank, &that.rank) {
            (Value::Integer(this), Value::Integer(that)) => this.cmp(that),
            (Value::Text(this), Value::Text(that)) => this.cmp(that),
            _ => return false,
        };
        by_rank.then(self.seq.cmp(&that.seq))
            == if reverse {
                Ordering::Less
            } else {
                Ordering::Greater
            }
    }
}

/// What the order goes by. Each is the leading expression of an index.
fn sort_key(sort: Sort) -> &'static str {
    match sort {
        Sort::Created => "k.seq",
        Sort::Name => "k.name_folded",
        Sort::Expires => "coalesce(k.expires_at, 253402300800)",
        Sort::Used => "coalesce(k.last_used_at, -1)",
    }
}

impl ReadTx<'_> {
    /// The index that leaves few keys of the table, if there is one. SQLite does not know how many
    /// have a state; unasked it would rather look at all keys in order than sort a few.
    fn shortest_index(
        &self,
        selection: &Selection,
        now: Timestamp,
    ) -> Result<Option<&'static str>, Error> {
        let conditions = Conditions::of(&selection.filter, now);
        for (index, condition) in &conditions.indexes {
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM keys k INDEXED BY {index} WHERE {condition} LIMIT {FEW})"
            );
            let mut statement = self.conn.prepare(&sql)?;
            for (name, value) in &conditions.values {
                if let Some(place) = statement.parameter_index(name)? {
                    statement.raw_bind_parameter(place, value)?;
                }
            }
            let mut rows = statement.raw_query();
            if rows
                .next()?
                .map(|row| row.get::<_, i64>(0))
                .transpose()?
                .is_some_and(|count| count < FEW)
            {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn page(
        &self,
        selection: &Selection,
        now: Timestamp,
        index: Option<&str>,
        after: Option<&Cursor>,
        size: u64,
    ) -> Result<KeyPage, Error> {
        let indexed = index.map_or_else(String::new, |index| format!(" INDEXED BY {index}"));
        let rank = sort_key(selection.sort);
        let (beyond, direction) = if selection.reverse {
            ("<", "DESC")
        } else {
            (">", "ASC")
        };
        let mut conditions = Conditions::of(&selection.filter, now);
        if let Some(place) = after {
            conditions.add(&format!("({rank}, k.seq) {beyond} (:rank, :after)"));
            conditions.bind(":rank", place.rank.clone());
            conditions.bind(":after", place.seq);
        }
        conditions.bind(":size", i64::try_from(size).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {KEY_COLUMNS}, {rank} FROM keys k{indexed} WHERE {} ORDER BY {rank} {direction}, k.seq {direction} LIMIT :size",
            conditions.sql()
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(conditions.bound().as_slice())?;
        let mut page = KeyPage {
            keys: Vec::new(),
            seqs: Vec::new(),
            last: None,
        };
        while let Some(row) = rows.next()? {
            let key = self.with_credible_use(convert::key(row)?, now)?;
            let place = Cursor {
                rank: row.get(row.as_ref().column_count() - 1)?,
                seq: convert::key_seq(row)?,
            };
            if page
                .last
                .as_ref()
                .or(after)
                .is_some_and(|last| !place.is_beyond(last, selection.reverse))
            {
                return Err(failure::damaged(format!(
                    "key {} is not in its place",
                    key.id
                )));
            }
            page.seqs.push(place.seq);
            page.last = Some(place);
            page.keys.push(key);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::domain::Timestamp;
    use crate::domain::selection::{Filter, Selection};
    use crate::store::ReadTx;
    use crate::store::schema::STEPS;
    use crate::store::select::Seen;
    use crate::store::select::conditions::{Conditions, KEYS_BY_ID};

    #[test]
    fn any_place_is_new_once() {
        let mut seen = Seen::default();
        for seq in [i64::MIN, -65, -64, -1, 0, 1, 63, 64, i64::MAX] {
            assert!(seen.is_new(seq), "{seq}");
            assert!(!seen.is_new(seq), "{seq}");
        }
    }

    #[test]
    fn the_few_keys_of_a_rare_kind_are_found_by_an_index() {
        let conn = Connection::open_in_memory().unwrap();
        for step in STEPS {
            conn.execute_batch(step).unwrap();
        }
        let now = Timestamp::from_unix(1_000_000).unwrap();
        let scheduled = Filter {
            all: true,
            revocation_scheduled: true,
            ..Filter::default()
        };
        let replaced = Filter {
            all: true,
            being_replaced: true,
            ..Filter::default()
        };
        let unused = Filter {
            all: true,
            unused_since: Some(now),
            ..Filter::default()
        };
        for (filter, index) in [
            (scheduled, "keys_by_revocation"),
            (replaced, KEYS_BY_ID),
            (unused, "keys_by_use"),
        ] {
            let selection = Selection {
                filter,
                ..Selection::default()
            };
            let view = ReadTx { conn: &conn };
            let chosen = view.shortest_index(&selection, now).unwrap();
            assert_eq!(chosen, Some(index));
            // It is searched for the keys in question, not read from one end to the other.
            let conditions = Conditions::of(&selection.filter, now);
            let mut statement = conn
                .prepare(&format!(
                    "EXPLAIN QUERY PLAN SELECT * FROM keys k INDEXED BY {index} WHERE {}",
                    conditions.sql()
                ))
                .unwrap();
            let plan: Vec<String> = statement
                .query_map(conditions.bound().as_slice(), |row| row.get("detail"))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let is_searched = |step: &String| step.starts_with("SEARCH k USING INDEX");
            assert!(plan.iter().any(is_searched), "{plan:?}");
            assert!(
                !plan.iter().any(|step| step.starts_with("SCAN k")),
                "{plan:?}"
            );
        }
    }
}
