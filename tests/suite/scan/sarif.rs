//! SARIF. Every log meets `schemas/scan-sarif.json`, and OASIS's schema where that is at hand.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::scan::place::{Place, stranger};
use crate::support::schema::SCHEMAS;

fn sarif(place: &Place, args: &[&str]) -> Value {
    let outcome = place.scan(&[args, &["--format", "sarif", "--fail-on", "never"]].concat());
    let log = outcome.json();
    assert_eq!(SCHEMAS.fault("scan-sarif", &log), None, "{log:#}");
    log["runs"][0].clone()
}

#[test]
fn sarif_has_one_result_for_each_key_and_path() {
    let (place, key) = Place::with_key();
    place.write("dir/a b", format!("é🔑 {key}\n{}\n{key}\n", stranger()));
    place.write("c", &key);
    let run = sarif(&place, &["missing", "."]);
    let rules: Vec<_> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        rules,
        ["leaked-key-note", "leaked-key-warning", "leaked-key-error"]
    );
    let results = run["results"].as_array().unwrap();
    let told: Vec<_> = results
        .iter()
        .map(|result| {
            let locations = result["locations"].as_array().unwrap();
            let first = &locations[0]["physicalLocation"];
            assert_eq!(
                rules[result["ruleIndex"].as_u64().unwrap() as usize],
                result["ruleId"]
            );
            (
                result["level"].as_str().unwrap(),
                first["artifactLocation"]["uri"].as_str().unwrap(),
                first["region"]["startLine"].as_u64().unwrap(),
                first["region"]["startColumn"].as_u64().unwrap(),
                locations.len(),
            )
        })
        .collect();
    // Columns count code units of UTF-16: é is one, the key symbol two.
    assert_eq!(
        told,
        [
            ("error", "c", 1, 1, 1),
            ("error", "dir/a%20b", 1, 5, 2),
            ("warning", "dir/a%20b", 2, 1, 1)
        ]
    );
    let fingerprint = &results[0]["partialFingerprints"]["keyAndPath/v1"];
    assert_eq!(
        fingerprint,
        &place.json(&["c"])["findings"][0]["places"][0]["fingerprint"]
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let absolute = sarif(&place, &[place.path("c").to_str().unwrap()]);
    let uri =
        &absolute["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().starts_with("file:///"), "{uri}");
}

#[test]
fn a_result_has_no_more_than_a_thousand_locations() {
    let (place, key) = Place::with_key();
    place.write("a", format!("{key}\n").repeat(1_500));
    let run = sarif(&place, &[]);
    assert_eq!(
        run["results"][0]["locations"].as_array().unwrap().len(),
        1_000
    );
    assert_eq!(place.places(&[]).len(), 1_500);
}

#[test]
fn logs_of_every_kind_meet_the_official_schema() {
    if !SCHEMAS.have_official_sarif() {
        return;
    }
    let (place, key) = Place::with_repository();
    let results = |args: &[&str]| sarif(&place, args)["results"].as_array().unwrap().len();
    assert_eq!(results(&[]), 0);
    place.write("once", &key);
    place.write(OsStr::from_bytes(b"not \xff UTF-8"), stranger());
    place.write(format!("named {key}"), format!("{key} "));
    place.write("often", format!("{key}\n").repeat(700));
    place.commit();
    place.write("often", format!("{key}\nchanged\n").repeat(700));
    place.write("later", format!("later {key}"));
    place.commit();
    let absolute = place.path(".");
    for args in [
        &["."][..],
        &["missing", "."],
        &[absolute.to_str().unwrap()],
        &["--history"],
    ] {
        assert_eq!(results(args), 5, "{args:?}");
    }
    let history = sarif(&place, &["--history"]);
    let most = history["results"].as_array().unwrap().iter();
    let most = most.map(|result| result["locations"].as_array().unwrap().len());
    assert_eq!(most.max(), Some(1_000));
    assert_eq!(results(&["--since", "HEAD~1"]), 1);
    place.write("staged", &key);
    place.git(&["add", "staged"]);
    assert_eq!(results(&["--staged"]), 1);
    place
        .scan(&["once", "staged", "--write-baseline", "../base"])
        .exits(7);
    assert_eq!(results(&[".", "--baseline", "../base"]), 4);
}

#[test]
fn the_official_schema_refuses_what_is_no_sarif() {
    if !SCHEMAS.have_official_sarif() {
        return;
    }
    let (place, key) = Place::with_key();
    place.write("a", &key);
    let outcome = place.scan(&["--format", "sarif"]).exits(7);
    let mut log = outcome.json();
    assert_eq!(SCHEMAS.official_fault(&log), None);
    log["runs"][0]["results"][0]["kind"] = "leak".into();
    assert!(SCHEMAS.official_fault(&log).is_some());
}
