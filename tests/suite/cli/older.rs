//! A store that an older version wrote: it is read as it is, and brought up to date by whatever
//! writes.

use rusqlite::Connection;

use crate::support::in_process::Bench;

/// Takes the steps of the schema back, from the last to the second.
const BACK: &str = "DROP INDEX acceptances_by_key; DROP TABLE servings; DROP TABLE tombstones; DROP TABLE imports; PRAGMA user_version = 1;";

fn version(bench: &Bench) -> i64 {
    Connection::open(bench.db())
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[test]
fn an_older_store_is_read_as_it_is_and_brought_up_to_date_by_what_writes() {
    let bench = Bench::new();
    let old = bench.create("ERP", &["--expires", "30d"]);
    let new = bench.rotate("ERP", &[]);
    Connection::open(bench.db())
        .unwrap()
        .execute_batch(BACK)
        .unwrap();
    let before = bench.bytes();
    assert_eq!(bench.json(&["list"])["keys"].as_array().unwrap().len(), 2);
    assert_eq!(
        bench.json(&["show", &new.id])["key"]["rotated_from"],
        old.id.as_str()
    );
    for args in [
        &["log", "--verify"][..],
        &["review"],
        &["suggest", "ERP"],
        &["prune", "--older-than", "1y", "--dry-run"],
        &["show", "ERP"],
    ] {
        bench.ok(args);
    }
    assert_eq!(bench.check(&new.secret, &[]).status, 0);
    bench.refused(&["show", "nobody"], 3, "key_not_found");
    assert!(bench.bytes() == before);
    assert_eq!(version(&bench), 1);
    bench.later(100 * crate::support::in_process::DAY);
    assert_eq!(
        bench.json(&["prune", "--older-than", "30d", "--yes"])["pruned"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(version(&bench), zenflow_keys::store::SCHEMA_VERSION);
}
