//! `prune` of much: in several transactions, each whole in itself, and resumed after an
//! interruption.

use std::path::Path;

use rusqlite::Connection;
use zenflow_keys::domain::{Key, Text, Timestamp};
use zenflow_keys::store::{Lock, Store};

use crate::support::in_process::{Bench, DAY, HOUR, Made};

/// 2026-01-01T00:00:00Z, when a bench begins.
const BEGIN: i64 = 1_767_225_600;

/// How many transactions have changed the file, by its own count.
fn transactions(db: &Path) -> u32 {
    let header = std::fs::read(db).unwrap();
    u32::from_be_bytes(header[24..28].try_into().unwrap())
}

/// Counts so many uses of a key, seven an hour from this hour on, an address each.
fn use_much(bench: &Bench, key: &Made, hour: i64, rows: i64, outcome: &str) {
    let conn = Connection::open(bench.db()).unwrap();
    conn.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2) \
         INSERT INTO usage SELECT (SELECT seq FROM keys WHERE id = ?1), ?3 + i / 7 * 3600, '10.0.' || (i >> 8) || '.' || (i & 255), \
         'GET /orders', 'read:orders', ?4, 1, ?3 + i / 7 * 3600, ?3 + i / 7 * 3600 + 9 FROM n",
        rusqlite::params![key.id, rows, hour, outcome],
    )
    .unwrap();
    conn.execute_batch(
        "UPDATE store SET usage_since = (SELECT min(first_at) FROM usage); \
         UPDATE keys SET (last_used_at, last_used_ip) = (SELECT last_at, ip FROM usage WHERE key = seq AND outcome = 'allowed' ORDER BY last_at DESC, ip DESC LIMIT 1)",
    )
    .unwrap();
}

fn left(bench: &Bench) -> i64 {
    Connection::open(bench.db())
        .unwrap()
        .query_row("SELECT count(*) FROM usage", [], |row| row.get(0))
        .unwrap()
}

fn is_sound(bench: &Bench) {
    bench.ok(&["doctor", "--deep"]);
    assert_eq!(bench.json(&["log", "--verify"])["ok"], true);
}

#[test]
fn a_key_with_much_use_goes_in_transactions_of_bounded_size() {
    let bench = Bench::new();
    let (old, other) = (bench.create("Old", &[]), bench.create("Other", &[]));
    use_much(&bench, &old, BEGIN, 3_500, "allowed");
    use_much(&bench, &other, BEGIN, 10, "allowed");
    bench.ok(&["revoke", "Old", "--yes"]);
    bench.later(400 * DAY);
    let before = transactions(&bench.db());
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(
        document["pruned"][0]["last_used_at"],
        "2026-01-21T19:00:09Z"
    );
    assert_eq!(left(&bench), 10, "the use of other keys stays");
    assert!(transactions(&bench.db()) - before >= 4);
    is_sound(&bench);
}

#[test]
fn many_keys_go_in_several_transactions_and_a_successor_after_its_predecessor() {
    let bench = Bench::new();
    for number in 0..130 {
        bench.create(&format!("Old {number}"), &[]);
    }
    let new = bench.rotate("Old 0", &["--overlap", "0", "--yes"]);
    let all: Vec<String> = (1..130).map(|number| format!("Old {number}")).collect();
    let mut revoke = vec!["revoke", &new.id, "--yes"];
    revoke.extend(all.iter().map(String::as_str));
    bench.ok(&revoke);
    bench.later(400 * DAY);
    let before = transactions(&bench.db());
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(document["pruned"].as_array().unwrap().len(), 131);
    assert_eq!(transactions(&bench.db()) - before, 2);
    assert!(bench.names(&["--all"]).is_empty());
    is_sound(&bench);
}

#[test]
fn old_use_of_all_keys_goes_in_transactions_of_bounded_size() {
    let bench = Bench::new();
    let keys = ["A", "B", "C"].map(|name| bench.create(name, &[]));
    for (key, rows) in keys.iter().zip([2_500, 3, 700]) {
        use_much(&bench, key, BEGIN, rows, "allowed");
    }
    bench.later(300 * HOUR);
    let preview = bench.json(&["prune", "--usage-older-than", "200h", "--dry-run"]);
    let before = transactions(&bench.db());
    let document = bench.json(&["prune", "--usage-older-than", "200h", "--yes"]);
    // A hundred hours of seven rows each.
    assert_eq!(document["usage_rows"], 700 + 3 + 700);
    assert_eq!(preview["usage_rows"], document["usage_rows"]);
    assert_eq!(left(&bench), 1_800);
    assert!(transactions(&bench.db()) - before >= 2);
    assert_eq!(
        bench.json(&["usage", "report"])["recorded_since"],
        "2026-01-05T04:00:00Z"
    );
    is_sound(&bench);
}

/// Removes the first rows of a key's use, as a prune does that is then interrupted.
fn begin_to_prune(bench: &Bench, id: &str, now: Timestamp, limit: u64) -> Option<u64> {
    let mut store = Store::open_to_write(&bench.db(), &|| now).unwrap();
    let actor: Text = "somebody".parse().unwrap();
    let mut write = store.write(Lock::Immediate, &|| now, &actor).unwrap();
    let key: Key = write.view().key(id.parse().unwrap()).unwrap().unwrap();
    let pruning = write.prune(&key, limit).unwrap();
    write.commit().unwrap();
    pruning.tombstone.is_none().then_some(pruning.rows)
}

#[test]
fn an_interrupted_prune_leaves_the_key_and_the_same_command_goes_on() {
    let bench = Bench::new();
    let old = bench.create("Old", &[]);
    use_much(&bench, &old, BEGIN, 40, "allowed");
    // Refusals after its last use, and a use that nobody believes.
    use_much(&bench, &old, BEGIN + 100 * HOUR, 40, "revoked");
    use_much(&bench, &old, BEGIN + 20_000 * DAY, 5, "allowed");
    bench.ok(&["revoke", "Old", "--yes"]);
    bench.later(400 * DAY);
    let now = Timestamp::from_unix(BEGIN + 400 * DAY).unwrap();
    for gone in 1..=2 {
        assert_eq!(begin_to_prune(&bench, &old.id, now, 30), Some(30));
        assert_eq!(left(&bench), 85 - 30 * gone);
        assert_eq!(bench.names(&["--all"]), ["Old"]);
        assert_eq!(bench.key(&old.id)["last_used_at"], "2026-01-01T05:00:09Z");
        is_sound(&bench);
    }
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(
        document["pruned"][0]["last_used_at"], "2026-01-01T05:00:09Z",
        "the row that told it was gone by then"
    );
    assert_eq!(left(&bench), 0);
    is_sound(&bench);
}
