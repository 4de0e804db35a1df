//! `list`: every filter, order and form.

use serde_json::Value;
use zenflow_keys::context::Streams;

use crate::support::in_process::{self, Bench, DAY};

/// Five keys, a day apart, each different; then a sixth day begins.
fn five() -> Bench {
    let bench = Bench::new();
    let a = bench.create("Alpha", &["--owner", "finance", "--expires", "30d"]);
    bench.later(DAY);
    bench.ok(&[
        "create",
        "bravo",
        "--preset",
        "full-access",
        "--env",
        "test",
        "--allow-ip",
        "203.0.113.7",
    ]);
    bench.later(DAY);
    let c = bench.create("Charlie", &["--expires", "1d"]);
    bench.later(DAY);
    let d = bench.create("Delta", &["--expires", "10d"]);
    bench.later(DAY);
    let e = bench.create("Echo", &[]);
    bench.later(DAY);
    bench.use_it(&a);
    bench.ok(&["disable", &d.id]);
    bench.ok(&["revoke", &e.id, "--yes"]);
    assert_eq!(bench.check(&c.secret, &[]).status, 13);
    bench
}

#[test]
fn usable_keys_are_listed_oldest_first() {
    assert_eq!(five().names(&[]), ["Alpha", "bravo", "Delta"]);
    assert_eq!(
        five().names(&["--all"]),
        ["Alpha", "bravo", "Charlie", "Delta", "Echo"]
    );
}

#[test]
fn every_filter_filters() {
    let bench = five();
    for (args, names) in [
        (&["--status", "expired"][..], &["Charlie"][..]),
        (&["--status", "revoked"], &["Echo"]),
        (
            &["--status", "disabled,active"],
            &["Alpha", "bravo", "Delta"],
        ),
        (&["--env", "test"], &["bravo"]),
        (&["--scope", "read:orders"], &["Alpha", "bravo", "Delta"]),
        (&["--scope", "write:orders"], &["bravo"]),
        (&["--preset", "full-access"], &["bravo"]),
        (&["--preset", "read-only"], &[]),
        (&["L"], &["Alpha", "Delta"]),
        (&["PHA", "--owner", "finance"], &["Alpha"]),
        (&["*"], &[]),
        (&["--name", "*L*A"], &["Alpha", "Delta"]),
        (&["--name", "?ravo"], &["bravo"]),
        (&["--owner", "finance"], &["Alpha"]),
        (&["--expires-within", "14d"], &["Delta"]),
        (&["--older-than", "4d"], &["Alpha", "bravo"]),
        (&["--unused-for", "2d"], &["bravo", "Delta"]),
        (&["--no-expiry"], &["bravo"]),
        (&["--no-allowlist"], &["Alpha", "Delta"]),
        (&["--no-allowlist", "--owner", "finance"], &["Alpha"]),
    ] {
        assert_eq!(bench.names(args), names, "{args:?}");
    }
}

#[test]
fn every_order_orders() {
    let bench = five();
    for (args, names) in [
        (&["--sort", "created"][..], &["Alpha", "bravo", "Delta"][..]),
        (
            &["--sort", "name", "--reverse"],
            &["Delta", "bravo", "Alpha"],
        ),
        (&["--sort", "expires"], &["Delta", "Alpha", "bravo"]),
        (&["--reverse"], &["Delta", "bravo", "Alpha"]),
        (&["--limit", "2"], &["Alpha", "bravo"]),
        (&["--reverse", "--limit", "1"], &["Delta"]),
        (&["--limit", "0"], &[]),
    ] {
        assert_eq!(bench.names(args), names, "{args:?}");
    }
}

#[test]
fn keys_are_ordered_by_their_last_use() {
    let bench = Bench::new();
    let first = bench.create("First", &[]);
    let second = bench.create("Second", &[]);
    bench.use_it(&second);
    bench.later(60);
    bench.use_it(&first);
    assert_eq!(bench.names(&["--sort", "used"]), ["Second", "First"]);
    assert_eq!(
        bench.names(&["--sort", "used", "--reverse"]),
        ["First", "Second"]
    );
}

#[test]
fn ids_are_for_pipes() {
    let bench = Bench::new();
    let (a, b) = (bench.create("A", &[]), bench.create("B", &[]));
    assert_eq!(bench.ok(&["list", "--ids"]).lines(), [a.id, b.id]);
}

#[test]
fn json_lines_are_keys_without_a_schema_version() {
    let bench = five();
    let outcome = bench.ok(&["list", "--format", "jsonl"]);
    assert_eq!(outcome.lines().len(), 3);
    for (line, name) in outcome.lines().iter().zip(["Alpha", "bravo", "Delta"]) {
        let key: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(key["name"], name);
        assert!(
            key.get("schema_version").is_none() && key.as_object().unwrap().len() == 19,
            "{key}"
        );
    }
}

#[test]
fn csv_has_the_columns_of_json_and_disarms_formulas() {
    let bench = Bench::new();
    let key = bench.create(
        "ERP",
        &[
            "--owner",
            "=1+1",
            "--scope",
            "write:orders",
            "--note",
            "a, \"b\"",
        ],
    );
    let outcome = bench.ok(&["list", "--format", "csv"]);
    let lines = outcome.lines();
    assert_eq!(
        lines[0],
        "id,name,environment,display,status,scopes,preset,allowed_ips,owner,note,created_at,expires_at,disabled_at,revoked_at,\
         revocation_reason,rotated_from,rotated_to,last_used_at,last_used_ip"
    );
    let expected = format!(
        "{0},ERP,live,zenflow_live_{0}_…,active,read:orders write:orders,,,'=1+1,\"a, \"\"b\"\"\",2026-01-01T00:00:00Z,,,,,,,,",
        key.id
    );
    assert_eq!(lines[1], expected);
}

#[test]
fn people_get_a_table_and_the_reason_for_an_empty_one() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let table = bench.ok(&["list"]).stdout;
    assert!(table.contains("ERP") && table.contains(&key.id), "{table}");
    let nothing = bench.ok(&["list", "--owner", "nobody"]);
    assert_eq!(nothing.stdout, "");
    assert!(nothing.stderr.contains("--all"));
}

#[test]
fn json_of_nothing_is_an_empty_list() {
    let bench = five();
    assert_eq!(
        bench.ok(&["list", "--owner", "nobody", "--json"]).stdout,
        "{\"schema_version\":1,\"keys\":[]}\n"
    );
}

#[test]
fn listing_writes_nothing() {
    let bench = five();
    let before = bench.bytes();
    bench.ok(&["list", "--all"]);
    assert!(bench.bytes() == before);
}

#[test]
fn names_are_ordered_without_regard_to_case() {
    let bench = Bench::new();
    for name in ["beta", "Gamma", "Alpha"] {
        bench.create(name, &[]);
    }
    assert_eq!(bench.names(&["--sort", "name"]), ["Alpha", "beta", "Gamma"]);
    assert_eq!(
        bench.names(&["--sort", "name", "--reverse", "--limit", "1"]),
        ["Gamma"]
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = five();
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--format", "csv"],
        &["log"],
        &["scopes"],
    ] {
        assert_eq!(bench.run_into(&mut in_process::Gone, args).0, 0, "{args:?}");
    }
}

#[test]
fn no_word_of_a_list_is_broken_and_no_line_is_wider_than_the_terminal() {
    let bench = Bench::new();
    bench.create(
        "A much longer name that goes on and on",
        &["--scope", "write:products,write:webhooks"],
    );
    let key = bench.create("Averyveryverylongword", &["--env", "test"]);
    bench.ok(&["disable", &key.id]);
    bench.ok(&["revoke", &key.id, "--in", "40d"]);
    for width in [40, 79, 80, 81, 100, 200] {
        bench.streams.set(Streams {
            stdout_is_terminal: true,
            width: Some(width),
            ..Streams::default()
        });
        let listed = bench.ok(&["list", "--color", "never"]).stdout;
        for word in [
            "write:products,",
            "write:webhooks",
            "revocation",
            "- disabled",
            "much",
            "longer",
            &key.id,
        ] {
            assert!(listed.contains(word), "{word} at {width}:\n{listed}");
        }
        assert!(
            width < 80
                || listed
                    .lines()
                    .all(|line| line.chars().count() <= usize::from(width)),
            "{width}:\n{listed}"
        );
    }
}

#[test]
fn how_a_key_ends_is_one_phrase_wherever_it_is_shown() {
    let bench = Bench::new();
    let key = bench.create("ERP", &["--expires", "90d"]);
    let narrow = |args: &[&str]| {
        bench.streams.set(Streams {
            stdout_is_terminal: true,
            width: Some(60),
            ..Streams::default()
        });
        let shown = bench.ok(args).stdout;
        bench.streams.set(Streams::default());
        shown
    };
    let listed = |phrase: &str| {
        let shown = narrow(&["list", "--all", "--color", "never"]);
        assert!(shown.contains(&format!("  {phrase}, last used")), "{shown}");
    };
    listed("ends in 90d");
    bench.ok(&["revoke", &key.id, "--in", "7d"]);
    listed("revocation in 7d");
    let shown = bench.ok(&["show", &key.id]).stdout;
    assert!(
        shown.contains("  revocation  2026-01-08T00:00:00Z (in 7d)"),
        "{shown}"
    );
    assert!(bench.ok(&["list"]).stdout.contains("revocation in 7d"));
    bench.later(7 * DAY + 56);
    listed("revoked 56s ago");
    let shown = bench.ok(&["show", &key.id]).stdout;
    assert!(
        shown.contains("  revoked     2026-01-08T00:00:00Z (56s ago)"),
        "{shown}"
    );
    bench.ok(&[
        "create",
        "Shop",
        "--scope",
        "read:orders",
        "--expires",
        "1h",
    ]);
    bench.later(3 * 3600);
    listed("ended 2h ago");
}

#[test]
fn a_list_at_a_terminal_ends_with_how_many_there_are() {
    let bench = five();
    assert_eq!(bench.ok(&["list"]).stderr, "");
    bench.streams.set(Streams {
        stdout_is_terminal: true,
        width: Some(80),
        ..Streams::default()
    });
    assert_eq!(bench.ok(&["list", "alpha"]).stderr, "1 key\n");
    assert_eq!(bench.ok(&["list", "L", "--all"]).stderr, "3 keys\n");
    for other in [&["--ids"][..], &["--format", "csv"], &["--json"], &["-q"]] {
        assert_eq!(bench.ok(&[&["list"], other].concat()).stderr, "");
    }
}

#[test]
fn a_long_list_is_whole_and_in_order_in_every_form() {
    let bench = Bench::new();
    bench.create("first", &[]);
    let sql = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5500)
        INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
        SELECT 'b' || printf('%09d', i), randomblob(32), 'n' || i, 'n' || i, 'live', 'admin', 1700000000 FROM n";
    rusqlite::Connection::open(bench.db())
        .unwrap()
        .execute(sql, [])
        .unwrap();
    let ids = bench.ok(&["list", "--ids"]);
    let expected: Vec<String> = ids.lines().iter().map(ToString::to_string).collect();
    assert_eq!(
        (expected.len(), expected[5499].as_str()),
        (5500, "b000005500")
    );
    let keys = bench.json(&["list"])["keys"].clone();
    let listed: Vec<_> = keys
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, expected);
    let lines = bench.ok(&["list", "--format", "jsonl"]);
    let listed: Vec<_> = lines
        .lines()
        .iter()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(listed, expected);
    let rows = bench.ok(&["list", "--format", "csv"]);
    let listed: Vec<_> = rows
        .lines()
        .iter()
        .skip(1)
        .map(|row| row.split(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(listed, expected);
    assert_eq!(
        bench
            .ok(&["list", "--format", "jsonl", "--limit", "3210"])
            .lines()
            .len(),
        3210
    );
    // A table has at most 5,000 rows; the titles stand above each.
    let table = bench.ok(&["list"]);
    let (titles, listed): (Vec<_>, Vec<_>) = table
        .lines()
        .into_iter()
        .enumerate()
        .partition(|(_, line)| line.starts_with("ID "));
    assert_eq!(
        titles.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [0, 5001]
    );
    assert_eq!(
        listed
            .iter()
            .map(|(_, line)| line.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        expected
    );
}
