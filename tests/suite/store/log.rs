//! The log only grows, and an audit finds where it did not.

use rusqlite::Connection;
use zenflow_keys::domain::event::{Entry, Hash};
use zenflow_keys::store::Problem;

use super::{Bench, NOW};

#[test]
fn the_log_cannot_be_changed_shortened_or_inserted_into() {
    let mut bench = Bench::new();
    bench.add("one", |key| key);
    for sql in [
        "UPDATE events SET actor = 'nobody'",
        "DELETE FROM events",
        "INSERT INTO events SELECT seq + 7, at, actor, action, key_id, key_name, details, hash FROM events",
    ] {
        assert!(bench.sql(sql).is_err(), "{sql}");
    }
    assert_eq!(bench.read().audit(None).unwrap().first_bad, None);
}

#[test]
fn an_audit_names_the_first_entry_that_is_not_right() {
    let unlock = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted;";
    for (damage, seq, problem) in [
        (
            "UPDATE events SET actor = 'nobody' WHERE seq = 2",
            2,
            Problem::HashMismatch,
        ),
        (
            "UPDATE events SET at = at + 1 WHERE seq = 1",
            1,
            Problem::HashMismatch,
        ),
        (
            "UPDATE events SET hash = zeroblob(32) WHERE seq = 3",
            3,
            Problem::HashMismatch,
        ),
        ("DELETE FROM events WHERE seq = 2", 3, Problem::Gap),
        (
            "UPDATE events SET action = 'dance' WHERE seq = 2",
            2,
            Problem::HashMismatch,
        ),
    ] {
        let mut bench = Bench::new();
        for name in ["one", "two", "three"] {
            bench.add(name, |key| key);
        }
        bench.sql(&format!("{unlock} {damage}")).unwrap();
        assert_eq!(
            bench.read().audit(None).unwrap().first_bad,
            Some((seq, problem)),
            "{damage}"
        );
    }
}

#[test]
fn a_mark_that_was_kept_elsewhere_finds_a_cut_and_a_rewritten_log() {
    let mut bench = Bench::new();
    bench.add("one", |key| key);
    bench.add("two", |key| key);
    let head = bench.read().audit(None).unwrap().head;
    assert_eq!(bench.read().audit(Some(head)).unwrap().first_bad, None);
    bench
        .sql("DROP TRIGGER events_are_not_deleted; DELETE FROM events WHERE seq = 2")
        .unwrap();
    assert_eq!(bench.read().audit(None).unwrap().first_bad, None);
    assert_eq!(
        bench.read().audit(Some(head)).unwrap().first_bad,
        Some((2, Problem::Missing))
    );
    bench.add("three", |key| key);
    assert_eq!(
        bench.read().audit(Some(head)).unwrap().first_bad,
        Some((2, Problem::Rewritten))
    );
}

/// A chain that is long enough to be recomputed in parts.
fn long_chain(bench: &mut Bench, length: i64) {
    drop(bench.store());
    let mut store = Connection::open(bench.path()).unwrap();
    let mut previous = Hash(
        store
            .query_row("SELECT id FROM store", [], |row| row.get(0))
            .unwrap(),
    );
    let tx = store.transaction().unwrap();
    for seq in 1..=length {
        let entry = Entry {
            seq,
            at: NOW,
            actor: "a",
            action: "update",
            key_id: "k3m9x2q7vd",
            key_name: "n",
            details: "{}",
        };
        previous = entry.hash(previous);
        let sql = "INSERT INTO events VALUES (?1, ?2, 'a', 'update', 'k3m9x2q7vd', 'n', '{}', ?3)";
        tx.execute(sql, (seq, NOW, previous.0)).unwrap();
    }
    tx.commit().unwrap();
}

#[test]
fn a_long_chain_is_recomputed_in_parts_and_nothing_is_missed_between_them() {
    let mut bench = Bench::new();
    let length = 10_000;
    long_chain(&mut bench, length);
    let whole = bench.read().audit(None).unwrap();
    assert_eq!(
        (whole.events, whole.head.seq, whole.first_bad),
        (10_000, length, None)
    );
    assert_eq!(bench.read().audit(Some(whole.head)).unwrap(), whole);
    bench
        .sql("DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted")
        .unwrap();
    // Its two parts meet after the middle.
    for seq in [10_000, 5_001, 5_000, 1] {
        bench
            .sql(&format!("UPDATE events SET actor = 'b' WHERE seq = {seq}"))
            .unwrap();
        assert_eq!(
            bench.read().audit(None).unwrap().first_bad,
            Some((seq, Problem::HashMismatch))
        );
    }
    bench.sql("UPDATE events SET actor = 'a'").unwrap();
    for seq in [7_000, 5_000] {
        bench
            .sql(&format!("DELETE FROM events WHERE seq = {seq}"))
            .unwrap();
        assert_eq!(
            bench.read().audit(None).unwrap().first_bad,
            Some((seq + 1, Problem::Gap))
        );
    }
}
