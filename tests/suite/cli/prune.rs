//! `prune`: what goes, what stays, and what is remembered.

use rusqlite::Connection;

use crate::support::in_process::{Answer, Bench, DAY, Made};

const YEAR: i64 = 365 * DAY;

/// A bench with a key that was revoked long ago, a key that works, and a key that was revoked
/// today.
fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let old = bench.create("Old", &["--owner", "ops"]);
    bench.use_it(&old);
    bench.ok(&["revoke", &old.id, "--yes", "--reason", "replaced"]);
    bench.later(YEAR + DAY);
    bench.create("Works", &[]);
    bench.create("Fresh", &[]);
    bench.ok(&["revoke", "Fresh", "--yes"]);
    (bench, old)
}

fn ids(document: &serde_json::Value) -> Vec<&str> {
    document["pruned"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_str().unwrap())
        .collect()
}

#[test]
fn only_what_is_over_for_longer_than_was_named_goes() {
    let (bench, old) = bench();
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(
        document["pruned"],
        serde_json::json!([{
            "id": old.id, "name": "Old", "environment": "live", "created_at": "2026-01-01T00:00:00Z", "expires_at": null,
            "revoked_at": "2026-01-01T00:00:00Z", "last_used_at": "2026-01-01T00:00:00Z", "rotated_to": null,
            "pruned_at": "2027-01-02T00:00:00Z",
        }])
    );
    assert_eq!(
        (&document["dry_run"], &document["usage_rows"]),
        (&false.into(), &0.into())
    );
    assert_eq!(bench.names(&["--all"]), ["Works", "Fresh"]);
    assert!(
        bench.json(&["prune", "--older-than", "1y", "--yes"])["pruned"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_expired_key_goes_a_period_after_its_expiry() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "30d"]);
    bench.later(129 * DAY);
    assert_eq!(
        ids(&bench.json(&["prune", "--older-than", "100d", "--dry-run"])),
        Vec::<&str>::new()
    );
    bench.later(DAY);
    assert_eq!(
        ids(&bench.json(&["prune", "--older-than", "100d", "--dry-run"])),
        [key.id.as_str()]
    );
}

#[test]
fn it_is_confirmed_after_a_preview() {
    let (bench, old) = bench();
    let error = bench.refused(&["prune", "--older-than", "1y"], 5, "confirmation_needed");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Remove 1 key for good?"),
        "{error}"
    );
    bench.answers([Answer::No]);
    let outcome = bench.run(&["prune", "--older-than", "1y"]);
    assert_eq!(outcome.status, 5);
    assert!(
        outcome.stderr.contains(&old.id) && outcome.stderr.contains("366d ago")
            || outcome.stderr.contains("1y ago"),
        "{outcome:?}"
    );
    bench.answers([Answer::Yes]);
    assert_eq!(bench.ok(&["prune", "--older-than", "1y"]).stdout, "");
    assert_eq!(bench.names(&["--all"]).len(), 2);
}

#[test]
fn a_dry_run_shows_what_would_go_and_removes_nothing() {
    let (bench, old) = bench();
    let before = bench.bytes();
    let document = bench.json(&[
        "prune",
        "--older-than",
        "1y",
        "--usage-older-than",
        "6mo",
        "--dry-run",
    ]);
    assert_eq!(
        (
            ids(&document),
            &document["usage_rows"],
            &document["dry_run"]
        ),
        (vec![old.id.as_str()], &1.into(), &true.into())
    );
    let outcome = bench.ok(&["prune", "--older-than", "1y", "--dry-run"]);
    assert!(
        outcome.stderr.contains(&old.id) && outcome.stderr.contains("nothing was changed"),
        "{outcome:?}"
    );
    let rows = bench.ok(&["prune", "--usage-older-than", "6mo", "--dry-run"]);
    assert!(rows.stderr.contains("1 row of recorded use\n"), "{rows:?}");
    assert!(bench.bytes() == before);
}

#[test]
fn a_period_must_be_named_and_lie_in_the_past() {
    let (bench, _) = bench();
    bench.refused(&["prune", "--yes"], 2, "usage");
    bench.refused(
        &["prune", "--older-than", "2030-01-01", "--yes"],
        2,
        "usage",
    );
    assert!(ids(&bench.json(&["prune", "--older-than", "0", "--dry-run"])).len() == 2);
}

#[test]
fn a_pruned_key_is_unknown_and_its_id_still_resolves() {
    let (bench, old) = bench();
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(bench.check(&old.secret, &[]).status, 11);
    assert_eq!(
        bench
            .run_with_stdin(&["check", "--json"], &old.secret)
            .json()["reason"],
        "unknown"
    );
    for name in [
        old.id.as_str(),
        "old",
        &format!("zenflow_live_{}_…", old.id),
    ] {
        let document = bench.json(&["show", name]);
        assert_eq!(
            document.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["events", "schema_version", "tombstone"]
        );
        assert_eq!(
            (
                &document["tombstone"]["name"],
                &document["tombstone"]["pruned_at"]
            ),
            (&"Old".into(), &"2027-01-02T00:00:00Z".into())
        );
        let actions: Vec<_> = bench.json(&["log", name])["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["action"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(actions, ["prune", "revoke", "create"]);
    }
    assert!(
        bench
            .ok(&["log", &old.id])
            .stderr
            .contains("was pruned at 2027-01-02T00:00:00Z")
    );
    assert!(
        bench
            .ok(&["show", &old.id])
            .stdout
            .contains("pruned      2027-01-02T00:00:00Z (now)")
    );
    let error = bench.refused(&["revoke", &old.id, "--yes"], 3, "key_not_found");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("was pruned at 2027-01-02T00:00:00Z"),
        "{error}"
    );
    bench.refused(&["show", &old.id, "--env", "test"], 3, "key_not_found");
    assert!(
        !bench
            .json(&["show", "Works"])
            .as_object()
            .unwrap()
            .contains_key("tombstone")
    );
}

#[test]
fn the_audit_log_stays_whole_and_accounts_for_every_key() {
    let (bench, old) = bench();
    let before = bench.json(&["log", "--verify"])["events"].as_u64().unwrap();
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    let after = bench.json(&["log", "--verify"]);
    assert_eq!(
        (&after["ok"], after["events"].as_u64()),
        (&true.into(), Some(before + 1))
    );
    let event = bench.json(&["log", "--limit", "1"])["events"][0].clone();
    assert_eq!(
        (&event["action"], &event["key_id"], &event["key_name"]),
        (&"prune".into(), &old.id.as_str().into(), &"Old".into())
    );
    // Nothing of the key but what binds the tombstone to the log.
    let details = event["details"].as_object().unwrap();
    assert_eq!(details.keys().collect::<Vec<_>>(), ["row_hash"]);
    let made = bench
        .actions()
        .iter()
        .filter(|action| ["create", "rotate"].contains(&action.as_str()))
        .count();
    let count = |sql: &str| {
        Connection::open(bench.db())
            .unwrap()
            .query_row(sql, [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    assert_eq!(
        made as u32,
        count("SELECT count(*) FROM keys") + count("SELECT count(*) FROM tombstones")
    );
}

#[test]
fn nothing_of_the_digest_is_left_in_the_file() {
    let (bench, old) = bench();
    let digest: Vec<u8> = Connection::open(bench.db())
        .unwrap()
        .query_row("SELECT digest FROM keys WHERE id = ?1", [&old.id], |row| {
            row.get(0)
        })
        .unwrap();
    let is_there = || {
        bench
            .bytes()
            .unwrap()
            .windows(32)
            .any(|bytes| bytes == digest)
    };
    assert!(is_there());
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    assert!(!is_there());
}

#[test]
fn a_key_that_is_still_presented_is_kept_for_a_review_to_find() {
    let (bench, old) = bench();
    assert_eq!(bench.check(&old.secret, &["--record"]).status, 12);
    let document = bench.json(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(
        document["kept"],
        serde_json::json!([{"id": old.id, "name": "Old", "reason": "still_presented"}])
    );
    assert!(
        bench
            .ok(&["prune", "--older-than", "1y", "--dry-run"])
            .stderr
            .contains("still presented at 2027-01-02T00:00:00Z")
    );
    assert_eq!(bench.key(&old.id)["status"], "revoked");
}

#[test]
fn the_space_is_given_back_when_asked() {
    let (bench, old) = bench();
    let store = Connection::open(bench.db()).unwrap();
    store
        .execute_batch(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
             INSERT INTO usage SELECT (SELECT seq FROM keys WHERE id = '{}'), 1767225600, i, '', '', 'other', 1, 1767225600, 1767225600 FROM n",
            old.id
        ))
        .unwrap();
    drop(store);
    let size = || std::fs::metadata(bench.db()).unwrap().len();
    let before = size();
    let prune = ["prune", "--usage-older-than", "1mo", "--yes"];
    let document = bench.json(&prune);
    assert!(document["freed_bytes"].is_null(), "{document}");
    assert_eq!(size(), before);
    let outcome = bench.ok(&[&prune[..], &["--vacuum"]].concat());
    assert!(outcome.stderr.contains("The store is now"), "{outcome:?}");
    assert!(size() < before / 2, "{} of {before}", size());
    assert_eq!(
        bench.json(&[&prune[..], &["--vacuum"]].concat())["freed_bytes"],
        0
    );
    bench.ok(&["doctor", "--deep"]);
    bench.refused(&["prune", "--vacuum"], 2, "usage");
}

#[test]
fn a_stranger_who_sends_the_id_of_a_key_does_not_keep_it() {
    let bench = Bench::new();
    let old = bench.create("Old", &[]);
    let record = |ip: &str| {
        let args = ["--record", "--ip", ip];
        bench.check(&old.secret, &args).status
    };
    assert_eq!(record("203.0.113.7"), 0);
    bench.ok(&["revoke", &old.id, "--yes"]);
    bench.later(YEAR + DAY);
    assert_eq!(record("198.51.100.9"), 12);
    let dry = ["prune", "--older-than", "1y", "--dry-run"];
    assert_eq!(ids(&bench.json(&dry)), [old.id.as_str()]);
    // The review says so, and it is no error.
    let finding = bench.json(&["review", &old.id])["findings"][0].clone();
    assert_eq!(
        (finding["id"].as_str(), finding["severity"].as_str()),
        (Some("presented-after-end"), Some("warning"))
    );
    // From a network that the key was used from it is somebody who has it.
    assert_eq!(record("203.0.113.99"), 12);
    assert_eq!(bench.json(&dry)["kept"][0]["reason"], "still_presented");
    let finding = bench.json(&["review", &old.id])["findings"][0].clone();
    assert_eq!(finding["severity"], "error");
}

#[test]
fn a_rotation_keeps_its_links() {
    let bench = Bench::new();
    let first = bench.create("ERP", &[]);
    let second = bench.rotate("ERP", &["--overlap", "0", "--yes"]);
    bench.later(YEAR + DAY);
    let third = bench.rotate(&second.id, &["--overlap", "0", "--yes"]);
    assert_eq!(
        ids(&bench.json(&["prune", "--older-than", "1y", "--yes"])),
        [first.id.as_str()]
    );
    assert_eq!(bench.key(&second.id)["rotated_from"], first.id.as_str());
    let chain = bench.json(&["show", &third.id])["chain"].clone();
    let chain: Vec<_> = chain
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_str().unwrap())
        .collect();
    assert_eq!(chain, [second.id.as_str(), third.id.as_str()]);
    bench.ok(&["update", &third.id, "--name", "ERP 2"]);
    bench.later(YEAR + DAY);
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    assert_eq!(bench.key(&third.id)["rotated_from"], second.id.as_str());
    assert_eq!(
        bench.json(&["show", &first.id])["tombstone"]["rotated_to"],
        second.id.as_str()
    );
    bench.refused(&["rotate", &third.id, "--finish"], 4, "not_rotated");
    bench.rotate(&third.id, &["--overlap", "0", "--yes"]);
}

#[test]
fn a_successor_does_not_go_before_its_predecessor() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate("ERP", &["--overlap", "1y"]);
    bench.ok(&["revoke", &new.id, "--yes"]);
    bench.later(200 * DAY);
    let document = bench.json(&["prune", "--older-than", "100d", "--yes"]);
    assert_eq!(document["kept"][0]["reason"], "predecessor_kept");
    assert!(ids(&document).is_empty());
    assert_eq!(bench.key(&old.id)["rotated_to"], new.id.as_str());
}

#[test]
fn old_use_goes_and_what_is_recorded_begins_later() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.use_it(&key);
    bench.later(100 * DAY);
    bench.use_it(&key);
    assert_eq!(
        bench.json(&["prune", "--usage-older-than", "100d", "--yes"])["usage_rows"],
        0
    );
    bench.later(3_600);
    assert_eq!(
        bench.json(&["prune", "--usage-older-than", "100d", "--yes"])["usage_rows"],
        1
    );
    let document = bench.json(&["suggest", "ERP"]);
    assert_eq!(
        (&document["requests"], &document["usage_since"]),
        (&1.into(), &"2026-01-01T01:00:00Z".into())
    );
    assert_eq!(bench.key(&key.id)["last_used_at"], "2026-04-11T00:00:00Z");
    assert_eq!(bench.actions(), ["create"]);
}
