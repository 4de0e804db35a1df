//! `allowlist`.

use serde_json::json;

use crate::support::in_process::{Answer, Bench};

fn with(nets: &[&str]) -> (Bench, String) {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    if !nets.is_empty() {
        bench.ok(&[&["allowlist", "set", &key.id], nets].concat());
    }
    (bench, key.id)
}

#[test]
fn entries_are_added_removed_and_replaced() {
    let (bench, id) = with(&[]);
    let nets = |command: &str, nets: &[&str]| {
        bench.json(&[&["allowlist", command, &id], nets].concat())["key"]["allowed_ips"].clone()
    };
    assert_eq!(
        nets("add", &["203.0.113.0/24", "2001:db8::/32"]),
        json!(["203.0.113.0/24", "2001:db8::/32"])
    );
    assert_eq!(
        nets("remove", &["203.0.113.0/24"]),
        json!(["2001:db8::/32"])
    );
    assert_eq!(nets("set", &["198.51.100.7"]), json!(["198.51.100.7"]));
    assert_eq!(nets("list", &[]), json!(["198.51.100.7"]));
    assert_eq!(
        bench.ok(&["allowlist", "list", &id]).stdout,
        "198.51.100.7\n"
    );
    assert_eq!(
        bench.actions(),
        ["allowlist", "allowlist", "allowlist", "create"]
    );
}

#[test]
fn entries_are_stored_canonically() {
    for (typed, stored) in [
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:DB8:0::1/128", "2001:db8::1"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ] {
        let (bench, id) = with(&[typed]);
        assert_eq!(bench.key(&id)["allowed_ips"], json!([stored]), "{typed}");
    }
}

#[test]
fn host_bits_zones_and_nonsense_are_refused() {
    let (bench, id) = with(&[]);
    let error = bench
        .refused(&["allowlist", "add", &id, "203.0.113.7/24"], 2, "usage")
        .to_string();
    assert!(error.contains("203.0.113.0/24"), "{error}");
    for net in [
        "fe80::1%eth0",
        "203.0.113",
        "203.0.113.0/33",
        "example.org",
        "",
    ] {
        bench.refused(&["allowlist", "add", &id, net], 2, "usage");
    }
}

#[test]
fn adding_what_is_there_changes_nothing_and_removing_what_is_not_is_refused() {
    let (bench, id) = with(&["203.0.113.7", "198.51.100.7"]);
    let before = bench.bytes();
    bench.ok(&["allowlist", "add", &id, "203.0.113.7"]);
    assert!(bench.bytes() == before);
    bench.refused(&["allowlist", "remove", &id, "203.0.113.8"], 4, "not_there");
    bench.refused(
        &["allowlist", "remove", &id, "203.0.113.7", "203.0.113.8"],
        4,
        "not_there",
    );
}

#[test]
fn what_opens_the_key_to_everyone_asks_first() {
    for args in [
        &["clear"][..],
        &["remove", "203.0.113.7"],
        &["add", "0.0.0.0/0"],
        &["add", "::/0"],
        &["set", "0.0.0.0/0"],
    ] {
        let (bench, id) = with(&["203.0.113.7"]);
        let command = [&["allowlist", args[0], &id], &args[1..]].concat();
        bench.refused(&command, 5, "confirmation_needed");
        bench.answers([Answer::No]);
        bench.refused(&command, 5, "declined");
        bench.answers([Answer::Yes]);
        bench.ok(&command);
        let (bench, id) = with(&["203.0.113.7"]);
        bench.ok(&[&["allowlist", args[0], &id], &args[1..], &["--yes"]].concat());
    }
}

#[test]
fn who_lets_everyone_in_does_so_whatever_others_changed_meanwhile() {
    let (bench, id) = with(&["203.0.113.7"]);
    let other = ["allowlist", "add", &id, "192.0.2.1"].map(str::to_owned);
    bench.answers([Answer::YesAfter(other.into())]);
    bench.ok(&["allowlist", "add", &id, "0.0.0.0/0"]);
    assert_eq!(
        bench.key(&id)["allowed_ips"],
        json!(["0.0.0.0/0", "192.0.2.1", "203.0.113.7"])
    );
}

#[test]
fn a_revoked_key_keeps_its_allowlist() {
    let (bench, id) = with(&["203.0.113.7"]);
    bench.ok(&["revoke", &id, "--yes"]);
    bench.refused(&["allowlist", "add", &id, "203.0.113.8"], 4, "key_revoked");
}

#[test]
fn an_empty_list_prints_nothing_and_says_what_it_means() {
    let (bench, id) = with(&[]);
    let outcome = bench.ok(&["allowlist", "list", &id]);
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains("from any address"),
        "{outcome:?}"
    );
}
