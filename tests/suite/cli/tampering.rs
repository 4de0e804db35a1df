//! What was changed past the program is found by `doctor --deep`, or refused at once.

use rusqlite::Connection;
use zenflow_keys::domain::event::{Entry, Hash};

use crate::support::in_process::{Bench, DAY};

/// A store with a rotation, a use, a tombstone and everything that a key can have.
fn rich() -> Bench {
    let bench = Bench::new();
    let gone = bench.create("gone", &["--expires", "30d"]);
    bench.use_it(&gone);
    bench.rotate("gone", &["--overlap", "1d"]);
    bench.later(400 * DAY);
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    let shop = bench.create(
        "shop",
        &["--expires", "90d", "--owner", "ops", "--note", "n"],
    );
    bench.use_it(&shop);
    bench.rotate("shop", &["--overlap", "1d"]);
    bench.create("other", &[]);
    bench
}

/// Lets everything be changed, does it, and puts the guards of the log back.
fn tamper(bench: &Bench, sql: &str) {
    let store = Connection::open(bench.db()).unwrap();
    let guards: Vec<String> = store
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    store
        .execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; \
             DROP TRIGGER events_are_appended; DROP TRIGGER events_are_not_changed; \
             DROP TRIGGER events_are_not_deleted; {sql}; {};",
            guards.join("; ")
        ))
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
}

fn findings(bench: &Bench) -> Vec<String> {
    bench.run(&["doctor", "--deep", "--json"]).json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_changed_column_of_any_row_is_found() {
    assert_eq!(findings(&rich()), [""; 0]);
    let bench = rich();
    let columns: Vec<(String, String, String)> = Connection::open(bench.db())
        .unwrap()
        .prepare(
            "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.name IN ('keys', 'tombstones', 'events')",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(columns.len() > 30);
    for (table, column, kind) in columns {
        let value = match (column.as_str(), kind.as_str()) {
            // Another value that could stand there.
            ("id" | "key_id" | "rotated_from" | "rotated_to", _) => "'a000000000'",
            ("environment", _) => "'test'",
            ("scopes", _) => "'admin'",
            ("allowed_ips" | "last_used_ip", _) => "'203.0.113.9'",
            ("action", _) => "'enable'",
            ("details", _) => "'{}'",
            ("seq", _) => "seq + 50",
            (_, "BLOB") => "randomblob(32)",
            (name, "INTEGER") => &format!("coalesce({name}, 1767225600) + 1"),
            _ => "'changed'",
        };
        let row = match table.as_str() {
            "keys" => "name = 'shop' AND rotated_from IS NULL",
            "events" => "seq = (SELECT max(seq) - 1 FROM events)",
            _ => "id = (SELECT min(id) FROM tombstones)",
        };
        let bench = rich();
        tamper(
            &bench,
            &format!("UPDATE {table} SET {column} = {value} WHERE {row}"),
        );
        assert_ne!(findings(&bench), [""; 0], "{table}.{column}");
    }
}

#[test]
fn a_swapped_digest_and_a_forged_tombstone_are_found() {
    let swap = "CREATE TEMP TABLE two AS SELECT seq, digest FROM keys WHERE name IN ('shop', 'other') ORDER BY seq; \
                UPDATE keys SET digest = randomblob(32) WHERE seq IN (SELECT seq FROM two); \
                UPDATE keys SET digest = (SELECT t.digest FROM two t WHERE t.seq <> keys.seq LIMIT 1) \
                WHERE seq = (SELECT max(seq) FROM two)";
    let forge = "INSERT INTO tombstones SELECT id, name, name_folded, environment, created_at, created_at + 9, NULL, NULL, NULL, created_at + 9 \
                 FROM keys WHERE name = 'other'; DELETE FROM keys WHERE name = 'other'";
    for (sql, expected) in [
        (swap, "key_differs_from_log"),
        (forge, "tombstone_differs_from_log"),
    ] {
        let bench = rich();
        tamper(&bench, sql);
        let found = findings(&bench);
        assert!(found.contains(&expected.to_owned()), "{found:?}");
    }
}

#[test]
fn a_store_with_anything_added_is_refused() {
    let body = "AFTER UPDATE ON keys BEGIN UPDATE keys SET revoked_at = NULL, revocation_reason = NULL WHERE id = new.id; END";
    for added in [
        &format!("CREATE TRIGGER mine {body}"),
        &format!(
            "CREATE TRIGGER mine {body}; PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET name = 'sqlite_mine', sql = replace(sql, 'mine', 'sqlite_mine') WHERE name = 'mine'"
        ),
        "CREATE TABLE mine (a)",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE INDEX mine ON keys (note)",
        "DROP INDEX keys_by_revocation; CREATE INDEX keys_by_revocation ON keys (revoked_at)",
    ] {
        let bench = rich();
        Connection::open(bench.db())
            .unwrap()
            .execute_batch(added)
            .unwrap();
        for args in [
            &["revoke", "other", "--yes"][..],
            &["list"],
            &["show", "other"],
        ] {
            bench.refused(args, 6, "store_damaged");
        }
        assert_ne!(findings(&bench), [""; 0], "{added}");
    }
}

#[test]
fn the_log_shows_what_a_key_was_created_with() {
    let bench = Bench::new();
    bench.create("shop", &["--scope", "write:orders", "--owner", "ops"]);
    let shown = bench.ok(&["log"]).stdout;
    for told in [
        "scopes: read:orders write:orders",
        "owner: ops",
        "environment: live",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(!shown.contains("row_hash"), "{shown}");
}

#[test]
fn a_verified_log_tells_of_as_many_keys_as_there_are() {
    for change in [
        "DELETE FROM keys WHERE name = 'other'",
        "DELETE FROM tombstones",
        "INSERT INTO keys (id, digest, name, name_folded, environment, scopes, allowed_ips, created_at) \
         SELECT 'a000000000', randomblob(32), 'mine', 'mine', environment, scopes, allowed_ips, created_at FROM keys WHERE name = 'other'",
    ] {
        let bench = rich();
        bench.ok(&["log", "--verify"]);
        tamper(&bench, change);
        let verified = bench.run(&["log", "--verify", "--json"]);
        assert_eq!(verified.status, 7, "{change}");
        let problem = verified.json()["first_bad"]["problem"].to_string();
        assert!(problem.contains("as many keys"), "{change}: {problem}");
    }
}

#[test]
fn an_entry_that_is_out_of_order_hides_none_behind_it() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    for note in ["one", "two", "three"] {
        bench.ok(&["update", "ERP", "--note", note]);
    }
    let whole = bench.bytes().unwrap();
    let mut found = 0;
    for at in (100..whole.len()).filter(|at| whole[*at] == 2) {
        // The number of the second entry is one of these.
        let mut changed = whole.clone();
        changed[at] = 100;
        std::fs::write(bench.db(), changed).unwrap();
        let verified = bench.run(&["log", "--verify", "--json"]);
        if verified.status == 0 {
            assert_eq!(verified.json()["events"], 4, "byte {at}");
        } else {
            found += 1;
        }
    }
    assert!(found > 0);
}

#[test]
fn an_entry_whose_details_cannot_be_read_is_damage_and_not_an_empty_one() {
    for details in ["", "x", "[]", r#"{"note":"x"}"#] {
        let bench = rich();
        let row = "seq = (SELECT max(seq) FROM events)";
        tamper(
            &bench,
            &format!("UPDATE events SET details = '{details}' WHERE {row}"),
        );
        for args in [&["log"][..], &["log", "--limit", "1"], &["show", "other"]] {
            bench.refused(args, 6, "store_damaged");
        }
        let verified = bench.run(&["log", "--verify", "--json"]);
        assert_eq!(verified.status, 7, "{details}");
        assert!(verified.json()["first_bad"]["seq"].as_i64() > Some(1));
        assert_ne!(findings(&bench), [""; 0], "{details}");
    }
}

#[test]
fn doctor_finds_details_that_cannot_be_read_in_a_chain_that_was_recomputed() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["update", &key.id, "--note", "x"]);
    let store = Connection::open(bench.db()).unwrap();
    let hash = |seq: i64| -> [u8; 32] {
        let sql = "SELECT hash FROM events WHERE seq = ?1";
        store.query_row(sql, [seq], |row| row.get(0)).unwrap()
    };
    let at = "SELECT at FROM events WHERE seq = 2";
    let entry = Entry {
        seq: 2,
        at: store.query_row(at, [], |row| row.get(0)).unwrap(),
        actor: "tester",
        action: "update",
        key_id: &key.id,
        key_name: "ERP",
        details: "no JSON",
    };
    let forged = entry.hash(Hash(hash(1)));
    drop(store);
    tamper(
        &bench,
        &format!("UPDATE events SET details = 'no JSON', hash = x'{forged}' WHERE seq = 2"),
    );
    bench.ok(&["log", "--verify"]);
    bench.refused(&["log"], 6, "store_damaged");
    let quick = bench.run(&["doctor", "--json"]);
    assert_eq!(quick.status, 7);
    let finding = &quick.json()["findings"][0];
    assert_eq!(finding["id"], "damaged", "{finding}");
    assert!(
        finding["message"].to_string().contains("details_json")
            || finding["message"].to_string().contains("CHECK"),
        "{finding}"
    );
}
