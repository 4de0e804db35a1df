//! No part of a secret leaves a scan: not in its output, its errors, a baseline or a reason.

use std::fs;

use crate::scan::place::{Place, stranger};
use crate::support::process::secret;

#[test]
fn a_scan_of_all_that_scans_have_said_finds_nothing() {
    let (place, key) = Place::with_repository();
    let keys = [key, stranger()];
    let names = keys.join(" ");
    place.write("a", format!("{names}\n"));
    place.write(format!("dir {names}/{}", &keys[0]), format!("x {names}"));
    place.write(format!("{}.gz", &keys[1]), "no gzip");
    place.write(format!("broken {}.gz", &keys[1]), b"\x1f\x8b\x08\0broken");
    place.git(&["add", "--all"]);
    let mut said = Vec::new();
    for format in ["human", "json", "jsonl", "csv", "sarif"] {
        for args in [
            &["."][..],
            &["--staged"],
            &["--since", "HEAD"],
            &["missing", "."],
            &[".", "--write-baseline", "../base"],
            &[".", "--baseline", "../base"],
            &[".", "--baseline", "a"],
            &["."; 1],
        ] {
            let outcome = place.scan(&[args, &["--format", format]].concat());
            said.extend([outcome.stdout, outcome.stderr]);
        }
    }
    place.commit();
    for args in [&["--since", "HEAD~0"][..], &[".", "--revoke", "--yes"]] {
        let outcome = place.scan(args);
        said.extend([outcome.stdout, outcome.stderr]);
    }
    said.push(fs::read_to_string(place.bench.path("base")).unwrap());
    said.push(place.bench.run(&["log", "--json"]).exits(0).stdout);
    said.push(
        place
            .bench
            .run(&["list", "--all", "--json"])
            .exits(0)
            .stdout,
    );
    let said = said.join("\n");
    for key in &keys {
        let secret = secret(key);
        for part in 0..=secret.len() - 8 {
            assert!(!said.contains(&secret[part..part + 8]), "{said}");
        }
    }
    let place_of_said = place.bench.path("said");
    fs::create_dir(&place_of_said).unwrap();
    fs::write(place_of_said.join("all"), &said).unwrap();
    let outcome = place.scan(&["../said", "--json"]).exits(0);
    assert_eq!(
        (
            outcome.json()["summary"]["keys"].clone(),
            outcome.json()["summary"]["look_alikes"].clone()
        ),
        (0.into(), 0.into())
    );
    assert!(said.contains("[API key]"));
}

#[test]
fn the_name_of_a_file_is_not_searched() {
    let (place, key) = Place::with_key();
    place.write(&key, "harmless");
    place.scan(&[]).exits(0);
}
