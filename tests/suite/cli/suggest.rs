//! `suggest`, and what a change says that it would have refused.

use crate::support::in_process::{Answer, Bench, DAY, Made};

/// Uses the key: request, address, how often.
fn used(bench: &Bench, key: &Made, uses: &[(&str, &str, usize)]) {
    for (request, ip, times) in uses {
        for _ in 0..*times {
            assert_eq!(
                bench
                    .check(&key.secret, &["--record", "--request", request, "--ip", ip])
                    .status,
                0
            );
        }
    }
}

/// A bench with a key that may do much and did little.
fn bench() -> (Bench, Made) {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--preset", "erp-sync"]);
    used(
        &bench,
        &key,
        &[
            ("GET /orders", "203.0.113.7", 3),
            ("PUT /stock/product/1", "198.51.100.9", 1),
        ],
    );
    (bench, key)
}

#[test]
fn what_is_suggested_would_have_served_everything_that_was_recorded() {
    let (bench, key) = bench();
    let document = bench.json(&["suggest", "ERP"]);
    assert_eq!(
        (&document["requests"], &document["usage_since"]),
        (&4.into(), &"2026-01-01T00:00:00Z".into())
    );
    let id = &key.id;
    assert_eq!(
        document["scopes"],
        serde_json::json!({
            "scopes": ["read:orders", "write:stock"], "would_refuse": 0,
            "command": format!("zenflow-keys update {id} --remove-scope write:orders,read:products,read:stock"),
        })
    );
    assert_eq!(
        (
            &document["preset"]["preset"],
            &document["preset"]["would_refuse"]
        ),
        (&"erp-sync".into(), &0.into())
    );
    assert_eq!(
        document["allowlist"]["command"],
        format!("zenflow-keys allowlist set {id} 198.51.100.9 203.0.113.7")
    );
    for setting in ["scopes", "allowlist"] {
        let command = document[setting]["command"].as_str().unwrap();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        assert!(
            bench
                .ok(&words)
                .stderr
                .contains("0 of its 4 requests of the last 30 days"),
            "{command}"
        );
    }
    let after = bench.json(&["suggest", "ERP"]);
    assert!(
        after["scopes"]["command"].is_null() && after["allowlist"]["command"].is_null(),
        "{after}"
    );
    used(
        &bench,
        &key,
        &[
            ("GET /orders", "203.0.113.7", 1),
            ("PUT /stock/product/1", "198.51.100.9", 1),
        ],
    );
}

#[test]
fn for_people_the_suggestion_says_what_it_rests_on() {
    let (bench, key) = bench();
    bench.check(&key.secret, &["--record"]).exits(0);
    let outcome = bench.ok(&["suggest", "ERP"]);
    assert!(
        outcome
            .stdout
            .contains("scopes     read:orders, write:stock\n"),
        "{outcome:?}"
    );
    assert!(
        outcome.stdout.contains("would have refused 1 of 5"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("From 5 allowed requests of 'ERP'"),
        "{outcome:?}"
    );
    assert!(
        outcome
            .stderr
            .contains("1 of them do not show which scope they needed"),
        "{outcome:?}"
    );
}

#[test]
fn a_command_is_named_only_where_nothing_would_be_refused() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--scope", "admin"]);
    used(
        &bench,
        &key,
        &[
            ("GET /orders", "203.0.113.7", 1),
            ("GET /webhooks", "203.0.113.7", 1),
        ],
    );
    bench
        .check(&key.secret, &["--record", "--scope", "read:orders"])
        .exits(0);
    let document = bench.json(&["suggest", "ERP"]);
    for (setting, refused) in [("preset", 1), ("allowlist", 1), ("scopes", 0)] {
        let suggested = &document[setting];
        assert_eq!(suggested["would_refuse"], refused, "{document}");
        assert_eq!(suggested["command"].is_null(), refused > 0, "{document}");
    }
    let outcome = bench.ok(&["suggest", "ERP"]);
    assert_eq!(
        outcome.stdout.matches("zenflow-keys").count(),
        1,
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains("no change needed"), "{outcome:?}");
}

#[test]
fn from_no_use_nothing_is_suggested() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    let document = bench.json(&["suggest", "ERP"]);
    assert!(
        document["scopes"].is_null()
            && document["preset"].is_null()
            && document["allowlist"].is_null()
    );
    let outcome = bench.ok(&["suggest", "ERP"]);
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains("no use is recorded in this store"),
        "{outcome:?}"
    );
    bench.ok(&["revoke", "ERP", "--yes"]);
    bench.refused(&["suggest", "ERP"], 4, "key_revoked");
}

#[test]
fn old_requests_can_be_left_out() {
    let (bench, key) = bench();
    bench.later(40 * DAY);
    used(&bench, &key, &[("GET /orders", "203.0.113.7", 1)]);
    assert_eq!(
        bench.json(&["suggest", "ERP", "--since", "30d"])["scopes"]["scopes"],
        serde_json::json!(["read:orders"])
    );
    assert_eq!(bench.json(&["suggest", "ERP"])["requests"], 5);
}

#[test]
fn what_a_change_would_have_refused_is_said_before_it_is_made() {
    let (bench, key) = bench();
    let said = |args: &[&str]| bench.run(args).stderr;
    assert!(
        said(&["revoke", &key.id, "--dry-run"])
            .contains("4 of its 4 requests of the last 30 days (recorded since 2026-01-01")
    );
    assert!(said(&["revoke", &key.id, "--in", "7d", "--dry-run"]).contains("4 of its 4 requests"));
    assert!(said(&["disable", &key.id, "--dry-run"]).contains("4 of its 4 requests"));
    assert!(!said(&["enable", &key.id, "--dry-run"]).contains("requests"));
    bench.answers([Answer::No]);
    let asked = bench.run(&["revoke", &key.id]);
    assert_eq!(asked.status, 5);
    assert!(asked.stderr.contains("4 of its 4 requests"), "{asked:?}");
    assert!(
        said(&["update", &key.id, "--remove-scope", "write:stock"]).contains("1 of its 4 requests")
    );
    assert!(
        said(&["allowlist", "set", &key.id, "203.0.113.0/24", "10.0.0.0/8"])
            .contains("0 of its 3 requests")
    );
    assert!(
        said(&["allowlist", "remove", &key.id, "203.0.113.0/24"]).contains("3 of its 3 requests")
    );
    assert!(!said(&["allowlist", "add", &key.id, "203.0.113.7"]).contains("requests"));
    bench.ok(&["allowlist", "set", &key.id, "10.0.0.0/8"]);
    let shut_out = "4; all of them are refused already, because its allowlist or its scopes do not admit them\n";
    assert!(said(&["revoke", &key.id, "--dry-run"]).contains(shut_out));
    bench.ok(&["disable", &key.id]);
    for command in ["revoke", "disable"] {
        let off = said(&[command, &key.id, "--dry-run"]);
        assert!(
            off.contains("served in the last 30 days (recorded since 2026-01-01T00:00:00Z): 4; all of them are refused already, because it is disabled\n"),
            "{off}"
        );
    }
    bench.ok(&["enable", &key.id]);
    bench.ok(&["update", &key.id, "--expires", "1d"]);
    bench.later(2 * DAY);
    assert!(
        said(&["revoke", &key.id, "--dry-run"])
            .contains("4; all of them are refused already, because it has expired\n")
    );
    bench.ok(&["update", &key.id, "--expires", "never"]);
    bench.ok(&["allowlist", "clear", &key.id, "--yes"]);
    bench.later(30 * DAY);
    assert!(said(&["disable", &key.id]).contains("served no recorded request of the last 30 days"));
    assert!(
        said(&["disable", &key.id])
            .lines()
            .next()
            .unwrap()
            .ends_with("last 30 days")
    );
}

#[test]
fn where_no_use_is_recorded_that_is_said() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    assert!(
        bench
            .ok(&["disable", &key.id])
            .stderr
            .contains("no use is recorded in this store")
    );
    assert!(
        !bench
            .ok(&["--quiet", "disable", &key.id])
            .stderr
            .contains("recorded")
    );
}

#[test]
fn suggestions_wrap_at_a_narrow_terminal_and_their_commands_do_not() {
    let (bench, _) = bench();
    bench.streams.set(zenflow_keys::context::Streams {
        width: Some(50),
        ..Default::default()
    });
    let shown = bench.ok(&["suggest", "ERP"]).stdout;
    let is_command = |line: &str| line.contains("zenflow-keys ");
    assert!(shown.lines().any(is_command), "{shown}");
    assert!(
        shown
            .lines()
            .all(|line| is_command(line) || line.len() <= 50),
        "{shown}"
    );
}

#[test]
fn an_allowlist_that_the_last_week_would_have_outgrown_is_not_suggested() {
    let bench = Bench::new();
    let args = ["--scope", "write:orders", "--expires", "300d"];
    let (moving, settled) = (
        bench.create("Moving", &args),
        bench.create("Settled", &args),
    );
    for day in 0..10 {
        let address = format!("203.0.{day}.7");
        used(&bench, &moving, &[("POST /orders", &address, 1)]);
        used(&bench, &settled, &[("POST /orders", "203.0.113.7", 1)]);
        bench.later(DAY);
    }
    let document = bench.json(&["suggest", "Moving"]);
    assert!(document["allowlist"].is_null(), "{document}");
    let outcome = bench.ok(&["suggest", "Moving"]);
    assert!(
        outcome.stderr.contains("Their addresses change"),
        "{outcome:?}"
    );
    let document = bench.json(&["suggest", "Settled"]);
    assert_eq!(document["allowlist"]["allowed_ips"][0], "203.0.113.7");

    // The review points to a suggestion only where there is one.
    let review = bench.json(&["review", "--only", "no-allowlist"]);
    let commands: Vec<_> = review["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["command"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        commands,
        [
            format!("zenflow-keys usage report {} --by address", moving.id),
            format!("zenflow-keys suggest {}", settled.id),
        ]
    );
}
