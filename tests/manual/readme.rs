//! The README's blocks, one after the other, as somebody who reads it would type them.

use std::path::Path;

use crate::blocks;
use crate::place::Place;

#[test]
fn what_the_readme_says_to_type_does_what_it_says() {
    let place = Place::new();
    place.write(
        "access.log",
        "203.0.113.7 - - [24/Nov/2026:07:00:00 +0000] \"GET /orders HTTP/1.1\" 200 17 \"-\" \"curl/8.5\" k3m9x2q7vd\n",
    );
    let mut past: Option<fn(&Place)> = Some(a_shop_and_a_stranger);
    for block in blocks::of("README.md")
        .iter()
        .filter(|block| block.not_run.is_none())
    {
        if block.title.starts_with("An incident")
            && let Some(past) = past.take()
        {
            past(&place);
        }
        place.session(block);
    }
    assert!(past.is_none());
}

/// What came before the incident: a key that was used from one place for two weeks, and for an hour
/// from another.
fn a_shop_and_a_stranger(place: &Place) {
    let key = place.hours_ago(
        21 * 24,
        &[
            "create",
            "Shop frontend",
            "--scope",
            "read:orders,write:orders",
            "--expires",
            "90d",
        ],
        "",
    );
    let uses = |hours: i64, request: &str, ip: &str| {
        place.hours_ago(
            hours,
            &["check", "--record", "--request", request, "--ip", ip],
            &key,
        )
    };
    for day in 1..=14 {
        uses(day * 24 + 5, "GET /orders", "203.0.113.10");
        uses(day * 24 + 4, "POST /orders", "203.0.113.10");
    }
    for order in ["/orders/17", "/orders/18", "/orders/19"] {
        uses(3, &format!("GET {order}"), "198.51.100.66");
    }
}

#[test]
fn the_ways_back_are_ways_back() {
    let place = Place::new();
    place.now(&["create", "Shop", "--preset", "erp-sync"]);
    for block in blocks::of("docs/backup.md") {
        place.session(&block);
    }
}

/// The blocks that cannot be run here: what they do, CI does.
#[test]
fn few_blocks_are_not_run() {
    let blocks = blocks::of("README.md");
    let not_run: Vec<_> = blocks
        .iter()
        .filter(|block| block.not_run.is_some())
        .map(|block| block.commands.as_str())
        .collect();
    assert_eq!(
        not_run,
        [
            "cargo install --locked --path .\n",
            "cargo bench --bench speed\n",
            "cargo test --locked\n"
        ]
    );
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in [
        "README.md",
        "docs/backup.md",
        "docs/ci.md",
        "docs/gateways.md",
    ] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link);
        for link in links.filter(|link| !link.starts_with("https://") && !link.starts_with('#')) {
            assert!(
                root.join(page).parent().unwrap().join(link).exists(),
                "{page} links to {link}"
            );
        }
    }
}
