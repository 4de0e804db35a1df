//! The README's blocks, one after the other, as somebody who reads it would type them.

use std::path::Path;

use crate::manual::blocks;
use crate::support::home::Place;
use crate::support::tools;

/// The pages that tell a story, each read from its beginning to its end.
fn read_through(page: &str, place: &Place) {
    if !tools::are_there(&["bash", "mkdir", "mktemp"]) {
        return;
    }
    let blocks = blocks::of(page);
    assert!(!blocks.is_empty(), "{page}");
    for block in blocks.iter().filter(|block| block.not_run.is_none()) {
        place.session(block);
    }
}

#[test]
fn what_the_readme_says_to_type_does_what_it_says() {
    read_through("README.md", &Place::new());
}

#[test]
fn the_page_on_scripting_is_true() {
    let place = Place::new();
    place.now(&["create", "ERP Integration", "--preset", "erp-sync"]);
    read_through("docs/scripting.md", &place);
}

#[test]
fn the_page_on_usage_is_true() {
    let place = Place::new();
    place.now(&["create", "ERP Integration", "--preset", "erp-sync"]);
    place.write(
        "access.log",
        "203.0.113.7 - - [24/Nov/2026:07:00:00 +0000] \"GET /orders HTTP/1.1\" 200 17 \"-\" \"curl/8.5\" k3m9x2q7vd\n",
    );
    read_through("docs/usage.md", &place);
}

#[test]
fn the_page_on_review_is_true() {
    let place = Place::new();
    a_shop_and_a_stranger(&place);
    read_through("docs/review.md", &place);
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
    if !tools::are_there(&["cp", "mv", "sed", "sqlite3"]) {
        return;
    }
    let place = Place::new();
    place.now(&["create", "Shop", "--preset", "erp-sync"]);
    read_through("docs/backup.md", &place);
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
        ["cargo test --locked\n", "cargo install --locked --path .\n"]
    );
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = root.join("docs").read_dir().unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    let pages = docs.filter(|page| page.ends_with(".md"));
    let pages = pages.chain(["README.md", "SECURITY.md", "CONTRIBUTING.md"].map(str::to_owned));
    for page in pages {
        let page = page.as_str();
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link);
        for link in links.filter(|link| !link.starts_with("https://") && !link.starts_with('#')) {
            let link = link.split('#').next().unwrap_or_default();
            assert!(
                root.join(page).parent().unwrap().join(link).exists(),
                "{page} links to {link}"
            );
        }
    }
}
