//! `log`: the audit trail and its chain.

use crate::support::in_process::{Bench, DAY};

#[test]
fn every_change_is_an_event_newest_first() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["update", &key.id, "--note", "x", "--actor", "ana"]);
    bench.ok(&["allowlist", "add", &key.id, "203.0.113.7"]);
    bench.ok(&["disable", &key.id]);
    bench.ok(&["enable", &key.id]);
    bench.rotate(&key.id, &[]);
    bench.ok(&["revoke", &key.id, "--cancel"]);
    bench.ok(&["revoke", &key.id, "--yes"]);
    assert_eq!(
        bench.actions(),
        [
            "revoke",
            "cancel_revocation",
            "schedule_revocation",
            "rotate",
            "enable",
            "disable",
            "allowlist",
            "update",
            "create"
        ]
    );
    let document = bench.json(&["log"]);
    let update = &document["events"][7];
    assert_eq!(
        (&update["seq"], &update["at"]),
        (&2.into(), &"2026-01-01T00:00:00Z".into())
    );
    assert_eq!(
        (&update["actor"], &update["key_id"], &update["key_name"]),
        (&"ana".into(), &key.id.as_str().into(), &"ERP".into())
    );
    assert_eq!(
        update["details"]["note"],
        serde_json::json!({"before": null, "after": "x"})
    );
    assert_eq!(update["hash"].as_str().unwrap().len(), 64);
    assert_eq!(document["events"][8]["actor"], "tester");
}

#[test]
fn the_actor_comes_from_the_variable() {
    let bench = Bench::new();
    bench.set("ZENFLOW_KEYS_ACTOR", "ci");
    bench.create("ERP", &[]);
    assert_eq!(bench.json(&["log"])["events"][0]["actor"], "ci");
}

#[test]
fn events_are_chosen_by_key_time_and_number() {
    let bench = Bench::new();
    let a = bench.create("A", &[]);
    bench.later(10 * DAY);
    bench.create("B", &[]);
    bench.ok(&["disable", &a.id]);
    let count = |args: &[&str]| {
        bench.json(&[&["log"], args].concat())["events"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count(&["A"]), 2);
    assert_eq!(count(&["--since", "7d"]), 2);
    assert_eq!(count(&["A", "--since", "7d"]), 1);
    assert_eq!(count(&["--limit", "1"]), 1);
    assert_eq!(bench.ok(&["log", "--format", "jsonl"]).lines().len(), 3);
    let csv = bench.ok(&["log", "--format", "csv"]);
    assert_eq!(
        (csv.lines()[0], csv.lines().len()),
        ("seq,at,actor,action,key_id,key_name,details,hash", 4)
    );
    assert!(bench.ok(&["log"]).stdout.contains("disable"));
}

#[test]
fn a_whole_chain_is_verified_against_an_earlier_head() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let head = bench.json(&["log", "--verify"])["head"]
        .as_str()
        .unwrap()
        .to_owned();
    bench.ok(&["disable", &key.id]);
    let verified = bench.json(&["log", "--verify", "--expect", &head]);
    assert_eq!(
        (&verified["ok"], &verified["events"], &verified["first_bad"]),
        (&true.into(), &2.into(), &serde_json::Value::Null)
    );
    bench.refused(&["log", "--verify", "--expect", "nonsense"], 2, "usage");
}

#[test]
fn a_cut_tail_and_a_rewritten_log_are_found() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let early = bench.bytes().unwrap();
    bench.ok(&["disable", &key.id]);
    let head = bench.json(&["log", "--verify"])["head"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(bench.db(), early).unwrap();
    bench.ok(&["log", "--verify"]);
    let expect = ["log", "--verify", "--expect", head.as_str(), "--json"];
    let cut = bench.run(&expect);
    assert_eq!((cut.status, cut.json()["ok"].as_bool()), (7, Some(false)));
    assert!(
        cut.json()["first_bad"]["seq"].is_i64() && cut.json()["first_bad"]["problem"].is_string()
    );
    bench.later(1);
    bench.ok(&["disable", &key.id]);
    assert_eq!(bench.run(&expect).status, 7);
}

#[test]
fn an_edited_entry_is_found() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.ok(&["update", &key.id, "--note", "x", "--actor", "mallory"]);
    bench.ok(&["disable", &key.id]);
    let mut bytes = bench.bytes().unwrap();
    let at = bytes
        .windows(7)
        .position(|part| part == b"mallory")
        .unwrap();
    bytes[at] = b'M';
    std::fs::write(bench.db(), bytes).unwrap();
    let verified = bench.run(&["log", "--verify", "--json"]);
    assert_eq!(
        (
            verified.status,
            verified.json()["first_bad"]["seq"].as_i64()
        ),
        (7, Some(2))
    );
}
