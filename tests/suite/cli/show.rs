//! `show`, and how a key is named.

use serde_json::json;

use crate::support::in_process::{Bench, DAY};

#[test]
fn everything_about_a_key_is_shown() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate(&old.id, &[]);
    let shown = bench.json(&["show", &new.id]);
    assert_eq!(shown["key"]["id"], new.id.as_str());
    let chain: Vec<_> = shown["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].clone())
        .collect();
    assert_eq!(chain, [json!(old.id), json!(new.id)]);
    assert_eq!(
        shown["endpoints"],
        json!(["GET /orders", "GET /orders/:id", "GET /orders/:id/status"])
    );
    assert_eq!(shown["events"][0]["action"], "rotate");
    let human = bench.ok(&["show", &new.id]).stdout;
    assert!(
        human.contains("ERP") && human.contains(&old.id) && human.contains("GET /orders"),
        "{human}"
    );
}

#[test]
fn how_often_a_key_was_used_and_refused_is_shown_once_it_was() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    assert!(!bench.ok(&["show", "ERP"]).stdout.contains("requests"));
    bench.use_it(&key);
    bench.use_it(&key);
    let beyond = ["--record", "--request", "POST /orders"];
    bench.check(&key.secret, &beyond).exits(20);
    let shown = bench.ok(&["show", "ERP"]).stdout;
    assert!(
        shown.contains("  requests    3: 2 allowed, 1 refused\n"),
        "{shown}"
    );
}

#[test]
fn a_key_is_named_by_id_display_form_name_prefix_or_itself() {
    let bench = Bench::new();
    let key = bench.create("ERP Integration", &[]);
    bench.create("Other", &[]);
    let display = format!("zenflow_live_{}_…", key.id);
    for name in [
        key.id.as_str(),
        &key.id.to_uppercase(),
        &display,
        "ERP Integration",
        "erp integration",
        &key.id[..4],
    ] {
        assert_eq!(bench.key(name)["id"], key.id.as_str(), "{name}");
    }
    let outcome = bench.run_with_stdin(&["show", "-", "--json"], &key.secret);
    assert_eq!(outcome.json()["key"]["id"], key.id.as_str());
    bench.refused(&["show", &key.id[..3]], 3, "key_not_found");
}

#[test]
fn the_display_form_of_another_environment_names_no_key() {
    let bench = Bench::new();
    let key = bench.create("Shop", &[]);
    let wrong = format!("zenflow_test_{}_…", key.id);
    bench.refused(&["show", &wrong], 3, "key_not_found");
    bench.refused(&["revoke", &wrong, "--yes"], 3, "key_not_found");
    bench.ok(&["revoke", &key.id, "--yes"]);
    bench.later(400 * DAY);
    bench.ok(&["prune", "--older-than", "1y", "--yes"]);
    bench.ok(&["show", &format!("zenflow_live_{}_…", key.id)]);
    bench.refused(&["show", &wrong], 3, "key_not_found");
}

#[test]
fn an_id_comes_before_a_name_and_a_name_before_a_prefix() {
    let bench = Bench::new();
    let first = bench.create("First", &[]);
    let second = bench.create(&first.id, &[]);
    assert_eq!(bench.key(&first.id)["id"], first.id.as_str());
    let third = bench.create(&second.id[..5], &[]);
    assert_eq!(bench.key(&second.id[..5])["id"], third.id.as_str());
}

#[test]
fn a_usable_key_comes_before_the_newest_of_the_others() {
    let bench = Bench::new();
    let first = bench.create("ERP", &[]);
    bench.ok(&["revoke", &first.id, "--yes"]);
    bench.later(DAY);
    let second = bench.create("ERP", &[]);
    bench.ok(&["revoke", &second.id, "--yes"]);
    assert_eq!(bench.key("ERP")["id"], second.id.as_str());
    bench.later(DAY);
    let third = bench.create("ERP", &["--expires", "1d"]);
    assert_eq!(bench.key("ERP")["id"], third.id.as_str());
}

#[test]
fn a_name_in_both_environments_is_ambiguous_until_it_is_narrowed() {
    let bench = Bench::new();
    let live = bench.create("ERP", &[]);
    let test = bench.create("ERP", &["--env", "test"]);
    let error = bench
        .refused(&["show", "ERP"], 3, "key_ambiguous")
        .to_string();
    assert!(
        error.contains(&live.id) && error.contains(&test.id),
        "{error}"
    );
    assert_eq!(
        bench.json(&["show", "ERP", "--env", "test"])["key"]["id"],
        test.id.as_str()
    );
}

#[test]
fn during_a_rotation_a_name_means_the_newest_key_except_to_revoke_and_disable() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate("ERP", &[]);
    assert_eq!(bench.key("ERP")["id"], new.id.as_str());
    for args in [&["revoke", "ERP", "--yes"][..], &["disable", "ERP"]] {
        let error = bench.refused(args, 3, "key_ambiguous").to_string();
        assert!(
            error.contains(&old.id) && error.contains(&new.id),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one() {
    let bench = Bench::new();
    bench.create("ERP Integration", &[]);
    let error = bench
        .refused(&["show", "ERP Integrtion"], 3, "key_not_found")
        .to_string();
    assert!(
        error.contains("ERP Integrtion") && error.contains("ERP Integration"),
        "{error}"
    );
    let unknown = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";
    let outcome = bench.run_with_stdin(&["show", "-"], unknown);
    assert_eq!(outcome.status, 3);
    assert!(!outcome.stderr.contains("ABCDEF"));
}

#[test]
fn hidden_characters_are_shown_as_escapes() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--note", "a\u{202e}b\u{200b}c"]);
    for outcome in [
        bench.ok(&["show", &key.id]),
        bench.ok(&["show", &key.id, "--json"]),
    ] {
        assert!(
            !outcome.stdout.contains(['\u{202e}', '\u{200b}']),
            "{outcome:?}"
        );
    }
    assert!(
        bench
            .ok(&["show", &key.id, "--json"])
            .stdout
            .contains("a\\u202eb\\u200bc")
    );
}
