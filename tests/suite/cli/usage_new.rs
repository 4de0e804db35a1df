//! What a report says first: from where a key is used anew, since when, what for, and what was
//! refused.

use std::fs;

use serde_json::{Value, json};
use zenflow_keys::context::Streams;

use crate::support::in_process::{Bench, Made};

/// Uses of one day: whose, of which day of January, from where, for what, how answered, how often.
type Uses<'a> = (&'a Made, u32, &'a str, &'a str, u16, usize);

fn import(bench: &Bench, all: &[Uses<'_>]) {
    let lines: String = all
        .iter()
        .map(|(key, day, ip, request, status, times)| {
            let line = json!({"at": format!("2026-01-{day:02}T10:00:00Z"), "key_id": key.id, "ip": ip, "request": request, "status": status});
            format!("{line}\n").repeat(*times)
        })
        .collect();
    fs::write(bench.path("log"), lines).unwrap();
    bench.ok(&["usage", "import", bench.path("log").to_str().unwrap()]);
}

/// The shop is used from its office for 20 days, and phones from anywhere; on the 19th a stranger
/// has the shop's key. It is the 21st.
fn bench() -> (Bench, Made, Made) {
    let bench = Bench::new();
    let (shop, phones) = (bench.create("Shop", &[]), bench.create("Phones", &[]));
    bench.later(20 * 86_400);
    let phone = |day: u32| format!("100.{}.{day}.7", 64 + day % 2);
    let addresses: Vec<String> = (1..=20).map(phone).collect();
    let mut uses = Vec::new();
    for day in 1..=20 {
        uses.push((&shop, day, "203.0.113.10", "GET /orders", 200, 3));
        let phone = &addresses[day as usize - 1];
        uses.push((&phones, day, phone, "GET /products", 200, 2));
    }
    uses.extend([
        (&shop, 19, "198.51.100.66", "GET /orders/7", 200, 4),
        (&shop, 20, "198.51.100.67", "POST /orders", 403, 5),
        (&phones, 20, "100.64.20.7", "POST /orders", 403, 1),
        (&phones, 20, "172.16.0.9", "GET /products", 200, 1),
    ]);
    import(&bench, &uses);
    (bench, shop, phones)
}

#[test]
fn a_report_names_the_network_that_is_new_to_a_key_since_when_what_for_and_what_was_refused() {
    let (bench, shop, phones) = bench();
    let new = bench.json(&["usage", "report"])["new_networks"].take();
    let expected = [
        json!({
            "key": {"id": phones.id, "name": "Phones"}, "network": "172.16.0.0/16",
            "count": 1, "allowed": 1, "refused": 0, "other": 0,
            "first_at": "2026-01-20T10:00:00Z", "last_at": "2026-01-20T10:00:00Z",
            "endpoints": [{"endpoint": "GET /products", "count": 1}], "refusals": [],
        }),
        json!({
            "key": {"id": shop.id, "name": "Shop"}, "network": "198.51.100.0/24",
            "count": 9, "allowed": 4, "refused": 5, "other": 0,
            "first_at": "2026-01-19T10:00:00Z", "last_at": "2026-01-20T10:00:00Z",
            "endpoints": [{"endpoint": "POST /orders", "count": 5}, {"endpoint": "GET /orders/:id", "count": 4}],
            "refusals": [{"reason": "insufficient_scope", "count": 5}],
        }),
    ];
    assert_eq!(new, Value::from(expected.to_vec()));
    let of_shop = bench.json(&["usage", "report", "Shop"]);
    assert_eq!(of_shop["new_networks"], json!([expected[1]]));
}

#[test]
fn nothing_is_new_before_uses_have_been_recorded_for_a_week() {
    let (bench, ..) = bench();
    for since in ["2026-01-15", "2026-01-19"] {
        let report = bench.json(&["usage", "report", "--since", since]);
        assert_eq!(report["new_networks"], json!([]), "{since}");
        let told = bench.ok(&["usage", "report", "--by", "address", "--since", since]);
        assert!(!told.stdout.contains("new"), "{}", told.stdout);
    }
    let page = bench
        .ok(&["usage", "report", "--since", "2d", "--html", "-"])
        .stdout;
    assert!(page.contains("What is new can be told once uses have been recorded for a week."));
}

#[test]
fn what_was_new_is_no_news_a_week_later() {
    let (bench, shop, _) = bench();
    bench.later(8 * 86_400);
    import(
        &bench,
        &[(&shop, 28, "198.51.100.66", "GET /orders", 200, 1)],
    );
    assert_eq!(bench.json(&["usage", "report"])["new_networks"], json!([]));
    let page = bench.ok(&["usage", "report", "--html", "-"]).stdout;
    assert!(page.contains("None: no key was used from a network that was new to it."));
}

#[test]
fn networks_of_a_key_that_has_many_new_ones_stand_behind_those_of_others_and_have_an_end() {
    let (bench, shop, phones) = bench();
    let many: Vec<String> = (0..30).map(|n| format!("10.{n}.0.1")).collect();
    let uses: Vec<Uses<'_>> = many
        .iter()
        .map(|ip| (&phones, 20, ip.as_str(), "GET /products", 200, 1))
        .collect();
    import(&bench, &uses);
    let new = bench.json(&["usage", "report"])["new_networks"].take();
    let new = new.as_array().unwrap();
    assert_eq!(
        (new.len(), &new[0]["key"]["id"]),
        (20, &shop.id.as_str().into())
    );
    let told = bench.ok(&["usage", "report"]).stdout;
    assert!(told.contains("and 29 more networks: see --html"), "{told}");
    let page = bench.ok(&["usage", "report", "--html", "-"]).stdout;
    assert!(page.contains("<p class=\"soft\">and 12 more</p>"));
}

#[test]
fn a_person_sees_the_five_answers_at_80_columns() {
    let (bench, shop, phones) = bench();
    bench.streams.set(Streams {
        stdout_is_terminal: true,
        width: Some(80),
        ..Streams::default()
    });
    let report = ["usage", "report", "--color", "never"];
    let told = bench.ok(&report).stdout;
    let in_one_line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        format!(
            "refused Shop ({}), insufficient_scope 5; last 2026-01-20T10:00:00Z refused Phones ({}), insufficient_scope 1",
            shop.id, phones.id
        ),
        format!(
            "new network Shop ({}), 198.51.100.0/24 since 2026-01-19T10:00:00Z, 9 requests, 5 refused: POST /orders (5), GET /orders/:id (4)",
            shop.id
        ),
    ] {
        assert!(in_one_line.contains(&part), "{part}: {told}");
    }
    assert!(
        told.lines().all(|line| line.chars().count() <= 80),
        "{told}"
    );
    let told = bench
        .ok(&[&report[..], &["Shop", "--by", "endpoint"]].concat())
        .stdout;
    let row = |label: &str| told.lines().find(|line| line.starts_with(label)).unwrap();
    assert!(row("GET /orders ").contains("2026-01-01    "), "{told}");
    assert!(row("POST /orders").contains("2026-01-20 new"), "{told}");
    assert!(!told.contains("  refused     Shop"), "{told}");
}

#[test]
fn a_page_has_a_card_for_each_new_network_and_for_the_refusals_of_each_key() {
    let (bench, shop, phones) = bench();
    let page = bench.ok(&["usage", "report", "--html", "-"]).stdout;
    for part in [
        format!("<p><b>Shop</b> <span class=\"soft\">{}</span>, 9 requests from <b>198.51.100.0/24</b>", shop.id),
        format!("<p><b>Phones</b> <span class=\"soft\">{}</span>, 1 refused request</p>", phones.id),
        "<dd>POST /orders (5), GET /orders/:id (4)</dd>".into(),
        "<dt>refused</dt><dd class=\"bad\">insufficient_scope 5</dd>".into(),
        "198.51.100.66</td><td class=\"soft\"><span class=\"whole\">2026-01-19</span> <span class=\"new\">new</span>".into(),
        "203.0.113.10</td><td class=\"soft\"><span class=\"whole\">2026-01-01</span></td>".into(),
    ] {
        assert!(page.contains(&part), "{part}");
    }
    let of_phones = bench
        .ok(&["usage", "report", "Phones", "--html", "-"])
        .stdout;
    assert!(of_phones.contains("<p>1 refused request</p>") && !of_phones.contains("198.51.100"));
}
