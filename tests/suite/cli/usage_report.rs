//! `usage report`: what is recorded, as text, data and page.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use zenflow_keys::context::Streams;

use crate::support::in_process::{Bench, DAY, HOUR, Made};

/// Two keys with uses on the first, second, fourth and tenth day of 2026; it is the 12th.
fn bench() -> (Bench, Made, Made) {
    let bench = Bench::new();
    let (erp, shop) = (bench.create("ERP", &[]), bench.create("Shop/2", &[]));
    let use_it = |key: &Made, ip: &str, request: &str| {
        // Some are refused, which counts too.
        let _ = bench.check(&key.secret, &["--record", "--ip", ip, "--request", request]);
    };
    for _ in 0..3 {
        use_it(&erp, "203.0.113.7", "GET /orders");
    }
    bench.later(DAY);
    use_it(&erp, "203.0.113.7", "GET /orders/17");
    bench.later(2 * DAY + HOUR);
    use_it(&erp, "2001:db8::1", "POST /orders");
    use_it(&shop, "203.0.113.9", "GET /orders");
    bench.later(6 * DAY);
    use_it(&shop, "203.0.113.9", "GET /orders");
    bench.later(2 * DAY);
    (bench, erp, shop)
}

fn groups(document: &Value) -> Vec<(Value, u64, u64)> {
    let row = |row: &Value| {
        (
            row["group"].clone(),
            row["count"].as_u64().unwrap(),
            row["refused"].as_u64().unwrap(),
        )
    };
    document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .collect()
}

#[test]
fn a_report_adds_up_and_says_first_last_and_refusals() {
    let (bench, erp, _) = bench();
    let document = bench.json(&["usage", "report", "ERP"]);
    assert_eq!(document["key"]["id"], erp.id.as_str());
    let total = json!({"count": 5, "allowed": 4, "refused": 1, "other": 0, "first_at": "2026-01-01T00:00:00Z", "last_at": "2026-01-04T01:00:00Z"});
    assert_eq!(document["total"], total);
    assert_eq!(
        (&document["recorded_since"], &document["since"]),
        (&"2026-01-01T00:00:00Z".into(), &Value::Null)
    );
    assert_eq!(
        document["refusals"],
        json!([{"reason": "insufficient_scope", "count": 1}])
    );
    assert_eq!(
        (&document["addresses"], &document["by"]),
        (&2.into(), &"day".into())
    );
    assert_eq!(
        groups(&document),
        [
            ("2026-01-01".into(), 3, 0),
            ("2026-01-02".into(), 1, 0),
            ("2026-01-04".into(), 1, 1)
        ]
    );
}

#[test]
fn uses_are_arranged_by_whatever_is_asked() {
    let (bench, erp, shop) = bench();
    let by = |what: &str| groups(&bench.json(&["usage", "report", "--by", what]));
    assert_eq!(
        by("key"),
        [
            (erp.id.as_str().into(), 5, 1),
            (shop.id.as_str().into(), 2, 0)
        ]
    );
    assert_eq!(
        by("address"),
        [
            ("203.0.113.7".into(), 4, 0),
            ("203.0.113.9".into(), 2, 0),
            ("2001:db8::1".into(), 1, 1)
        ]
    );
    assert_eq!(
        by("endpoint"),
        [
            ("GET /orders".into(), 5, 0),
            ("GET /orders/:id".into(), 1, 0),
            ("POST /orders".into(), 1, 1)
        ]
    );
    assert_eq!(
        by("outcome"),
        [
            ("allowed".into(), 6, 0),
            ("insufficient_scope".into(), 1, 1)
        ]
    );
    assert_eq!(by("hour")[2], ("2026-01-04T01:00:00Z".into(), 2, 1));
    assert_eq!(
        bench.json(&["usage", "report", "--by", "key"])["rows"][1]["name"],
        "Shop/2"
    );
    bench.refused(&["usage", "report", "--by", "week"], 2, "usage");
    bench.refused(&["usage", "report", "nobody"], 3, "key_not_found");
}

#[test]
fn an_unknown_address_and_endpoint_are_null_and_no_text() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    bench.use_it(&key);
    for by in ["address", "endpoint"] {
        assert_eq!(
            groups(&bench.json(&["usage", "report", "--by", by])),
            [(Value::Null, 1, 0)]
        );
    }
    assert_eq!(bench.json(&["usage", "report"])["addresses"], 0);
}

#[test]
fn since_leaves_out_what_came_before() {
    let (bench, _, _) = bench();
    let document = bench.json(&["usage", "report", "--since", "2026-01-03"]);
    assert_eq!(
        (&document["total"]["count"], &document["since"]),
        (&3.into(), &"2026-01-03T00:00:00Z".into())
    );
    let told = bench.ok(&["usage", "report", "--since", "1d"]).stdout;
    assert!(
        told.contains("no use recorded since 2026-01-11T01:00:00Z"),
        "{told}"
    );
    bench.later(59);
    assert_eq!(
        bench.json(&["usage", "report", "--since", "1d"])["since"],
        "2026-01-11T01:00:00Z",
        "hours are whole"
    );
    bench.refused(&["usage", "report", "--since", "yesterday"], 2, "usage");
}

#[test]
fn a_key_without_recorded_use_is_never_called_unused() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let nothing = bench.ok(&["usage", "report", "ERP"]).stdout;
    assert!(
        nothing.contains("no use has ever been recorded in this store"),
        "{nothing}"
    );
    bench.use_it(&bench.create("Other", &[]));
    let told = bench.ok(&["usage", "report", &key.id]).stdout;
    assert!(
        told.contains("no use recorded since 2026-01-01T00:00:00Z") && !told.contains("unused"),
        "{told}"
    );
    assert_eq!(
        bench.json(&["usage", "report", "ERP"])["total"]["first_at"],
        Value::Null
    );
}

#[test]
fn days_without_use_are_gaps_and_bars_fit_the_width() {
    let (bench, _, _) = bench();
    for (locale, full, hollow, gap) in [
        ("C.UTF-8", '█', '░', "⋮  5 days without recorded use"),
        ("C", '#', '!', ":  5 days without recorded use"),
    ] {
        bench.set("LC_ALL", locale);
        for width in [24, 40, 72, 200] {
            bench.streams.set(Streams {
                stdout_is_terminal: true,
                width: Some(width),
                ..Streams::default()
            });
            let told = bench.ok(&["usage", "report", "--color", "never"]).stdout;
            let table: Vec<&str> = told
                .lines()
                .skip_while(|line| !line.starts_with("DAY"))
                .collect();
            assert!(table.contains(&gap), "{told}");
            assert!(
                table
                    .iter()
                    .any(|line| line.starts_with("2026-01-03") && line.ends_with("  -")),
                "{told}"
            );
            for line in &table[1..] {
                let is_gap = line.contains("without");
                assert!(
                    is_gap || line.chars().count() <= usize::from(width.max(30)),
                    "{width}: {line}"
                );
            }
            let bars = table.iter().any(|line| line.contains(full));
            assert_eq!(bars, width >= 40, "{width}: {told}");
            assert!(
                !bars
                    || table
                        .iter()
                        .any(|line| line.starts_with("2026-01-04") && line.contains(hollow)),
                "{told}"
            );
            assert!(locale != "C" || told.is_ascii(), "{told}");
        }
    }
}

#[test]
fn the_longest_bar_is_as_long_as_there_is_room_and_the_shortest_is_seen() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let line = |id: &str, day: u32| {
        format!("{{\"at\":\"2026-01-{day:02}T00:00:00Z\",\"key_id\":\"{id}\",\"status\":200}}\n")
    };
    fs::write(
        bench.path("log"),
        line(&key.id, 1).repeat(900) + &line(&key.id, 2),
    )
    .unwrap();
    bench.ok(&["usage", "import", bench.path("log").to_str().unwrap()]);
    bench.streams.set(Streams {
        stdout_is_terminal: true,
        width: Some(60),
        ..Streams::default()
    });
    let told = bench.ok(&["usage", "report", "--color", "never"]).stdout;
    let bar = |day: &str| {
        told.lines()
            .find(|line| line.starts_with(day))
            .unwrap()
            .matches('#')
            .count()
    };
    assert_eq!(
        (bar("2026-01-01"), bar("2026-01-02")),
        (60 - 10 - 2 - 8 - 2, 1),
        "{told}"
    );
}

#[test]
fn a_limit_says_how_much_it_leaves_out_and_shows_the_latest_or_the_largest() {
    let (bench, _, _) = bench();
    let days = bench.ok(&["usage", "report", "--limit", "2"]).stdout;
    assert!(
        days.contains("and 2 earlier: see --limit")
            && days.contains("2026-01-04")
            && !days.contains("2026-01-02 "),
        "{days}"
    );
    let largest = bench.json(&["usage", "report", "--by", "address", "-L", "1"]);
    assert_eq!(groups(&largest), [("203.0.113.7".into(), 4, 0)]);
    assert_eq!(largest["addresses"], 3);
}

#[test]
fn people_see_a_screenful_of_addresses_since_when_each_is_known_and_shares() {
    let (bench, erp, _) = bench();
    for n in 0..40 {
        let ip = format!("192.0.2.{n}");
        let request = ["--record", "--ip", &ip, "--request", "POST /orders"];
        bench.check(&erp.secret, &request).exits(20);
    }
    let by_address = ["usage", "report", "--by", "address"];
    let told = bench.ok(&by_address).stdout;
    assert!(told.contains("and 13 more: see --limit"), "{told}");
    assert!(told.contains("FIRST USE"), "{told}");
    let row = |ip: &str| told.lines().find(|line| line.starts_with(ip)).unwrap();
    assert!(row("203.0.113.7").contains("2026-01-01"), "{told}");
    assert!(row("192.0.2.0").contains("100%  2026-01-12"), "{told}");
    assert!(told.contains("87%: insufficient_scope 41"), "{told}");
    assert_eq!(groups(&bench.json(&by_address)).len(), 43);
}

#[test]
fn rows_are_data_for_programs() {
    let (bench, _, _) = bench();
    let csv = bench.ok(&["usage", "report", "--format", "csv", "--by", "key"]);
    assert_eq!(
        (csv.lines()[0], csv.lines().len()),
        ("group,name,count,allowed,refused,other,first_at,last_at", 3)
    );
    let jsonl = bench.ok(&["usage", "report", "--format", "jsonl"]);
    assert_eq!(jsonl.lines().len(), 4);
    let row: Value = serde_json::from_str(jsonl.lines()[0]).unwrap();
    assert_eq!(
        (&row["group"], &row["count"]),
        (&"2026-01-01".into(), &3.into())
    );
    assert_eq!(
        bench
            .run(&["usage", "import", "x", "--format", "csv"])
            .status,
        2
    );
}

#[test]
fn a_page_is_a_file_with_everything_in_it_and_nothing_that_runs() {
    let (bench, erp, _) = bench();
    let file = bench.path("usage.html");
    let html = ["usage", "report", "--html", file.to_str().unwrap()];
    let outcome = bench.ok(&html);
    assert_eq!(outcome.stdout, "");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let page = fs::read_to_string(&file).unwrap();
    for part in [
        "<!doctype html>",
        "<svg",
        "prefers-color-scheme: dark",
        "@media print",
        "Shop/2",
        &erp.id,
        "203.0.113.7",
        "GET /orders/:id",
        "insufficient_scope",
        "<title>All keys: usage, 2026-01-01 to 2026-01-12</title>",
        "<thead>",
        "Thu 00:00: 1.5 requests on average",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in [
        "<script",
        "http://",
        "https://",
        "src=",
        "url(",
        "@import",
        "onload",
        "javascript:",
    ] {
        assert!(!page.contains(part), "{part}");
    }
    assert_eq!(page.matches("no recorded use</title>").count(), 8);
    assert_eq!(
        page.matches("<section").count(),
        page.matches("</section>").count()
    );
    bench.ok(&html);
    fs::write(&file, "<!doctype html>\n").unwrap();
    bench.refused(&html, 1, "out_file");
    bench.refused(
        &["usage", "report", "--html", "/nonexistent/page.html"],
        1,
        "out_file",
    );
    fs::remove_file(&file).unwrap();
    let document = bench.json(&html);
    assert_eq!(document["total"]["count"], 7);
    let empty = Bench::new();
    empty.create("ERP", &[]);
    empty.ok(&[
        "usage",
        "report",
        "--html",
        empty.path("page").to_str().unwrap(),
    ]);
    assert!(
        fs::read_to_string(empty.path("page"))
            .unwrap()
            .contains("no use has ever been recorded in this store")
    );
}

#[test]
fn a_report_of_a_store_that_cannot_be_written_is_made_all_the_same() {
    let (bench, _, _) = bench();
    fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o400)).unwrap();
    bench.ok(&["usage", "report"]);
}

#[test]
fn whatever_speaks_of_use_says_since_when_it_is_recorded() {
    let bench = Bench::new();
    let (key, other) = (bench.create("ERP", &[]), bench.create("Other", &[]));
    let list = ["list", "--unused-for", "0"];
    assert!(
        bench
            .ok(&list)
            .stderr
            .contains("No use has ever been recorded in this store")
    );
    let revoke = ["revoke", key.id.as_str(), "--dry-run"];
    assert!(
        bench
            .ok(&revoke)
            .stderr
            .contains("no use has ever been recorded in this store")
    );
    bench.later(DAY);
    bench.use_it(&other);
    assert!(
        bench
            .ok(&list)
            .stderr
            .contains("Uses have been recorded since 2026-01-02T00:00:00Z")
    );
    assert!(
        bench
            .ok(&revoke)
            .stderr
            .contains("no use recorded since 2026-01-02T00:00:00Z")
    );
    assert!(
        bench
            .ok(&["show", &key.id])
            .stdout
            .contains("no use recorded since 2026-01-02T00:00:00Z")
    );
    assert_eq!(bench.ok(&["list", "--unused-for", "0", "--ids"]).stderr, "");
}

#[test]
fn an_outcome_that_no_version_writes_is_damage_and_no_wrong_usage() {
    let (bench, ..) = bench();
    rusqlite::Connection::open(bench.db())
        .unwrap()
        .execute_batch("UPDATE usage SET outcome = 'gone' WHERE outcome = 'allowed'")
        .unwrap();
    for command in [&["usage", "report"][..], &["usage", "report", "ERP"]] {
        bench.refused(command, 6, "store_damaged");
    }
}
