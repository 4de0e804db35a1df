//! Stores that somebody made to do harm: they end no promise, hang nothing and use up no memory.

use crate::support::process::{Bench, feed};

const COMMANDS: [&[&str]; 9] = [
    &["list"],
    &["show", "shop"],
    &["check"],
    &["log"],
    &["log", "--verify"],
    &["review"],
    &["usage", "report"],
    &["revoke", "shop", "--dry-run"],
    &["backup", "copy.db"],
];

/// Every command ends soon, in half a gigabyte of address space; the exit statuses.
fn run_all(bench: &Bench, key: &str) -> Vec<i32> {
    let limited = "ulimit -v 524288; exec \"$@\"";
    let run = |args: &&[&str]| feed(bench.shell(limited, args), key.as_bytes()).status;
    let statuses = COMMANDS.iter().map(run).collect();
    for args in [&["doctor", "--json"][..], &["doctor", "--deep", "--json"]] {
        let outcome = feed(bench.shell(limited, args), b"").exits(7);
        assert!(
            outcome.json()["findings"]
                .as_array()
                .is_some_and(|found| !found.is_empty())
        );
    }
    let mut tab = bench.shell(limited, &[]);
    tab.env("ZENFLOW_KEYS_COMPLETE", "words");
    feed(tab, b"zenflow-keys\0show\0s\0").exits(0);
    statuses
}

/// The table as a view of no end.
fn view(table: &str) -> String {
    format!(
        "DROP TABLE {table}; CREATE VIEW {table} AS
         WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT
         seq, seq AS id, 'a' AS name, 'a' AS name_folded, 'live' AS environment, 'admin' AS scopes, seq AS key, seq AS hour,
         '' AS ip, '' AS endpoint, 'allowed' AS outcome, 1 AS count, seq AS at, 'a' AS actor, '{{}}' AS details FROM n"
    )
}

#[test]
fn views_in_the_place_of_tables_are_not_read() {
    for table in ["keys", "events", "usage", "tombstones"] {
        let (bench, key) = Bench::with_key("shop");
        bench.sql(&format!("PRAGMA foreign_keys = OFF; {}", view(table)));
        let statuses = run_all(&bench, &key);
        assert!(
            statuses.iter().all(|status| [0, 6].contains(status)),
            "{table} {statuses:?}"
        );
        assert!(table == "usage" || statuses.contains(&6), "{table}");
    }
}

#[test]
fn columns_that_are_computed_as_they_are_read_are_refused() {
    let (bench, key) = Bench::with_key("shop");
    let sql = "SELECT group_concat(name || ' AS (hex(zeroblob(20000000)))', ', ') FROM pragma_table_info('keys') WHERE name NOT IN ('seq', 'id')";
    let columns: String = rusqlite::Connection::open(bench.db())
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    bench.sql(&format!(
        "PRAGMA foreign_keys = OFF; DROP TABLE keys; CREATE TABLE keys (seq INTEGER PRIMARY KEY, id TEXT, {columns});
         INSERT INTO keys (id) VALUES ('a000000000')"
    ));
    assert_eq!(run_all(&bench, &key), [6; COMMANDS.len()]);
}

#[test]
fn values_that_no_memory_holds_are_damage() {
    let (bench, key) = Bench::with_key("shop");
    bench.sql(
        "PRAGMA ignore_check_constraints = ON; UPDATE keys SET note = hex(zeroblob(200000000))",
    );
    let statuses = run_all(&bench, &key);
    assert!(
        statuses.iter().all(|status| [0, 6].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(statuses[0], 6);
}

#[test]
fn rules_and_indexes_of_a_stranger_are_not_computed_by_doctor() {
    let (bench, _) = Bench::with_key("shop");
    // A minute for each row, but for the limit on its values.
    let slow = "length(replace(hex(zeroblob(8000000)), '0', '00'))";
    let slow = vec![format!("{slow} > 0"); 400].join(" AND ");
    bench.sql(&format!(
        "CREATE TABLE theirs (a, CHECK ({slow}));
         PRAGMA ignore_check_constraints = ON; INSERT INTO theirs VALUES (1)"
    ));
    let document = bench.run(&["doctor", "--deep", "--json"]).exits(7).json();
    assert_eq!(document["findings"][0]["id"], "schema_additions");
}

#[test]
fn a_store_with_a_trigger_that_undoes_a_revocation_is_refused() {
    let (bench, key) = Bench::with_key("shop");
    bench.sql(
        "CREATE TRIGGER undo AFTER UPDATE OF revoked_at ON keys WHEN new.revoked_at IS NOT NULL
         BEGIN UPDATE keys SET revoked_at = NULL, revocation_reason = NULL WHERE seq = new.seq; END",
    );
    bench.run(&["revoke", "shop", "--yes"]).exits(6);
    bench.feed(&["check", "-q"], key.as_bytes()).exits(6);
}

#[test]
fn the_log_is_guarded_against_other_programs() {
    let (bench, _) = Bench::with_key("shop");
    let other = rusqlite::Connection::open(bench.db()).unwrap();
    assert!(other.execute("DELETE FROM events", []).is_err());
    assert!(other.execute("UPDATE events SET actor = 'x'", []).is_err());
}
