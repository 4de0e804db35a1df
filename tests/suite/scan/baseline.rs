//! `--baseline` and `--write-baseline`.

use std::fs;

use crate::scan::place::{Place, stranger};
use crate::support::process::id;

#[test]
fn what_is_in_the_baseline_is_counted_and_does_not_count() {
    let (place, key) = Place::with_key();
    place.write("a", &key);
    place.write("sub/b c", format!("{}\n{}", stranger(), stranger()));
    place.scan(&["--write-baseline", "../base"]).exits(7);
    let text = fs::read_to_string(place.bench.path("base")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "# zenflow-keys scan baseline, version 1");
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1..].is_sorted());
    for comment in [
        format!("  # {} a", id(&key)),
        format!("  # {} sub/b c", id(&stranger())),
    ] {
        assert!(lines.iter().any(|line| line.ends_with(&comment)), "{text}");
    }
    for line in &lines[1..] {
        assert!(
            line[..64].bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{line}"
        );
    }
    let outcome = place.scan(&["--baseline", "../base"]).exits(0);
    assert!(
        outcome.stdout.contains("2 findings of the baseline"),
        "{outcome:?}"
    );
    assert_eq!(
        place.json(&["--baseline", "../base"])["summary"]["baseline"],
        2
    );
    // The same from a path that is typed in another way; not from another directory.
    place
        .scan(&["--baseline", "../base", "./a", "sub/./b c"])
        .exits(0);
    place.scan(&["--baseline", "../base", "../tree"]).exits(7);
    // Another line in the same file is still that key in that file; another file is not.
    place.write("a", format!("\n\n{key}"));
    place.scan(&["--baseline", "../base"]).exits(0);
    place.write("new", &key);
    let document = place.json(&["--baseline", "../base"]);
    assert_eq!(crate::scan::place::places(&document), ["new:1:1"]);
    // Both together: all findings are written.
    place
        .scan(&["--baseline", "../base", "--write-baseline", "../base"])
        .exits(7);
    place.scan(&["--baseline", "../base"]).exits(0);
    assert_eq!(
        fs::read_to_string(place.bench.path("base"))
            .unwrap()
            .lines()
            .count(),
        4
    );
}

#[test]
fn a_file_that_is_missing_or_no_baseline_is_a_failure() {
    let (place, _) = Place::with_key();
    place.write("empty", "");
    place.write("rubbish", "rubbish\n");
    place.write(
        "wrong",
        "# zenflow-keys scan baseline, version 1\nabc  # x\n",
    );
    for file in ["missing", "empty", "rubbish", "wrong", "."] {
        let outcome = place.scan(&["--baseline", file, "--json"]).exits(1);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            ("io", ""),
            "{file}"
        );
    }
    place.write(
        "good",
        "# zenflow-keys scan baseline, version 1\n\n# a remark\n",
    );
    place.scan(&["--baseline", "good"]).exits(0);
}

#[test]
fn nothing_but_a_baseline_is_ever_replaced() {
    let (place, key) = Place::with_key();
    place.write("a", &key);
    place.write("precious", "text");
    std::os::unix::fs::symlink("precious", place.path("link")).unwrap();
    for target in [
        "precious",
        "link",
        "/dev/null",
        "../keys.db",
        "../keys.db-journal",
        "nowhere/base",
        ".",
    ] {
        let outcome = place.scan(&["a", "--write-baseline", target]).exits(1);
        assert_eq!(
            outcome.stdout, "",
            "it is refused before the work is done: {target}"
        );
    }
    assert_eq!(fs::read_to_string(place.path("precious")).unwrap(), "text");
    place.scan(&["a", "--write-baseline", "base"]).exits(7);
    place
        .scan(&["precious", "--write-baseline", "base"])
        .exits(0);
    assert_eq!(
        fs::read_to_string(place.path("base"))
            .unwrap()
            .lines()
            .count(),
        1
    );
}

#[test]
fn keys_of_the_baseline_are_not_revoked() {
    let (place, key) = Place::with_key();
    place.write("a", &key);
    place.scan(&["--write-baseline", "../base"]).exits(7);
    let outcome = place
        .scan(&["--baseline", "../base", "--revoke", "--yes"])
        .exits(0);
    assert!(
        outcome.stderr.contains("No usable key was found"),
        "{outcome:?}"
    );
    assert_eq!(place.bench.keys()[0]["status"], "active");
}
