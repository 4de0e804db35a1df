//! What a store says: exactly, and without what chance and the clock decide.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

/// A store, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Every row of every table.
    pub exact: Vec<String>,
    /// The same with ids, hashes and instants replaced.
    pub alike: Vec<String>,
}

impl State {
    /// No store at all.
    pub fn none() -> Self {
        State {
            exact: Vec::new(),
            alike: Vec::new(),
        }
    }

    /// What is in the file, which must be whole.
    pub fn of(path: &Path) -> Self {
        if !path.exists() {
            return State::none();
        }
        let conn = Connection::open(path).unwrap();
        let check = |pragma: &str| -> Vec<String> {
            let mut statement = conn.prepare(&format!("PRAGMA {pragma}")).unwrap();
            statement
                .query_map([], |row| Ok(format!("{:?}", row.get::<_, Value>(0)?)))
                .unwrap()
                .map(Result::unwrap)
                .collect()
        };
        assert_eq!(check("integrity_check"), ["Text(\"ok\")"]);
        assert_eq!(check("foreign_key_check"), [""; 0]);
        let events = "SELECT count(*) FROM events WHERE action IN ('create', 'rotate')";
        let [keys, made] = ["SELECT count(*) FROM keys", events]
            .map(|sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap());
        assert_eq!(
            keys + pruned(&conn).len() as i64,
            made,
            "as many keys and tombstones as were made"
        );
        let ids: BTreeMap<String, String> = rows(&conn, "SELECT id, seq FROM keys")
            .into_iter()
            .map(|row| match &row[..] {
                [Value::Text(id), Value::Integer(seq)] => (id.clone(), format!("key {seq}")),
                other => panic!("{other:?}"),
            })
            .collect();
        let mut state = State {
            exact: check("user_version"),
            alike: check("user_version"),
        };
        let tables = rows(
            &conn,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        );
        for table in tables {
            let [Value::Text(table)] = &table[..] else {
                panic!("{table:?}")
            };
            for row in rows(&conn, &format!("SELECT * FROM {table} ORDER BY 1")) {
                state.exact.push(format!("{table} {row:?}"));
                let alike: Vec<String> = row.iter().map(|value| alike(value, &ids)).collect();
                state.alike.push(format!("{table} {alike:?}"));
            }
        }
        state
    }
}

/// The ids of keys that were pruned; the first version had no place for them.
pub fn pruned(conn: &Connection) -> Vec<String> {
    let Ok(mut statement) = conn.prepare("SELECT id FROM tombstones") else {
        return Vec::new();
    };
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn rows(conn: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
    statement
        .query_map([], row)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// A value without what chance and the clock decide.
fn alike(value: &Value, ids: &BTreeMap<String, String>) -> String {
    match value {
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
        Value::Integer(number) if *number > 1_000_000_000 => "an instant".into(),
        Value::Text(text) => {
            let text = ids
                .iter()
                .fold(text.clone(), |text, (id, name)| text.replace(id, name));
            without_hashes(&without_instants(&text))
        }
        other => format!("{other:?}"),
    }
}

/// A text of JSON without its hashes: each is a whole string of 64 digits.
fn without_hashes(text: &str) -> String {
    let is_hash =
        |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = text
        .split('"')
        .map(|part| if is_hash(part) { "a hash" } else { part })
        .collect();
    parts.join("\"")
}

/// RFC 3339 in UTC is 20 characters that begin with the year.
fn without_instants(text: &str) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some(at) = rest.find("20") {
        let instant = rest
            .get(at..at + 20)
            .filter(|part| part.ends_with('Z') && part.as_bytes()[10] == b'T');
        let (head, tail) = rest.split_at(at + if instant.is_some() { 20 } else { 2 });
        result += instant.map_or(head, |_| &head[..at]);
        result += if instant.is_some() { "an instant" } else { "" };
        rest = tail;
    }
    result + rest
}
