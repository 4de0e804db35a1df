//! `--since`: the keys that the commits of a range add.

use crate::scan::place::{Place, stranger};

#[test]
fn each_commit_that_adds_a_key_is_named_with_its_author_date() {
    let (place, key) = Place::with_repository();
    place.write("old", &key);
    let start = place.commit();
    place.write("a", format!("1\n{key}\n"));
    let added = place.commit();
    place.write("a", format!("more\n1\n{key}\n"));
    place.commit();
    place.write("a", "1\n");
    place.commit();
    let document = place.json(&["--since", &start]);
    let found = &document["findings"][0]["places"];
    assert_eq!(found.as_array().unwrap().len(), 1, "{document:#}");
    assert_eq!(
        (
            &found[0]["path"],
            &found[0]["line"],
            &found[0]["commit"],
            &found[0]["author_date"]
        ),
        (
            &"a".into(),
            &2.into(),
            &added.clone().into(),
            &"2026-01-02T03:04:05Z".into()
        )
    );
    assert_eq!(
        found[0]["blob"],
        place.git(&["rev-parse", &format!("{added}:a")])
    );
    assert_eq!(document["summary"]["commits"], 3);
    // A tag, a branch, a commit by its beginning.
    place.git(&["tag", "--annotate", "--message=m", "v1", &start]);
    place.git(&["branch", "base", &start]);
    for revision in ["v1", "base", &start[..8], "HEAD~3", "main~3"] {
        assert_eq!(
            place.places(&["--since", revision]),
            ["a:2:1"],
            "{revision}"
        );
    }
    let none = place.scan(&["--since", "HEAD"]).exits(0);
    assert!(
        none.stdout
            .starts_with("Nothing was looked at: there are no commits"),
        "{none:?}"
    );
}

#[test]
fn a_merge_adds_what_none_of_its_parents_has() {
    let (place, key) = Place::with_repository();
    place.write("a", "base\n");
    let start = place.commit();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("side", format!("{key}\n"));
    let side = place.commit();
    place.git(&["checkout", "--quiet", "main"]);
    place.write("main", "x\n");
    place.commit();
    place.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    place.write("evil", format!("{}\n", stranger()));
    place.write("side", format!("{key}\nand {key}\n"));
    let merge = place.commit();
    let document = place.json(&["--since", &start]);
    let mut found: Vec<_> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|finding| finding["places"].as_array().unwrap())
        .map(|place| {
            (
                place["path"].as_str().unwrap(),
                place["line"].as_u64().unwrap(),
                place["commit"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("evil", 1, &merge[..]),
            ("side", 1, &side),
            ("side", 2, &merge)
        ]
    );
    // Relative to the branch itself only the merge is new.
    assert_eq!(
        place.json(&["--since", &side])["findings"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_root_commit_in_the_range_counts() {
    let (place, key) = Place::with_repository();
    place.write("a", "x");
    place.commit();
    place.git(&["checkout", "--quiet", "--orphan", "other"]);
    place.write("b", &key);
    place.commit();
    assert_eq!(place.places(&["--since", "main"]), ["b:1:1"]);
}

#[test]
fn a_revision_that_is_none_is_wrong_usage_and_no_option_of_git() {
    let (place, key) = Place::with_repository();
    for revision in ["HEAD", "main"] {
        place.scan(&["--since", revision]).exits(2);
    }
    place.write("a", &key);
    place.commit();
    let output = place.path("output");
    let option = format!("--output={}", output.display());
    for revision in [
        "",
        "nope",
        "main:a",
        "HEAD..main",
        "^HEAD",
        "-x",
        "--all",
        "--version",
        "HEAD^{tree}",
        &option,
    ] {
        let outcome = place.scan(&["--since", revision, "--json"]).exits(2);
        assert_eq!(
            (outcome.code().as_str(), outcome.stdout.as_str()),
            ("usage", ""),
            "{revision}"
        );
        place.scan(&[&format!("--since={revision}")]).exits(2);
    }
    assert!(!output.exists());
}

#[test]
fn two_ways_of_looking_are_wrong_usage() {
    let (place, _) = Place::with_repository();
    for args in [
        &["--staged", "--since", "HEAD"][..],
        &["--staged", "."],
        &["--since", "HEAD", "-"],
        &["--staged", "--gitignore"],
        &["--yes"],
        &["--reason", "x"],
        &["--fail-on", "nothing"],
    ] {
        place.scan(args).exits(2);
    }
}

#[test]
fn a_shallow_clone_tells_what_it_has() {
    let (place, key) = Place::with_repository();
    for number in 0..3 {
        place.write(format!("file-{number}"), format!("{key} {number}\n"));
        place.commit();
    }
    place.git(&[
        "clone",
        "--quiet",
        "--depth=2",
        &format!(
            "file://{}",
            place.path(".").canonicalize().unwrap().display()
        ),
        "../clone",
    ]);
    let mut command = place.command(&["--since", "HEAD~1", "--json"]);
    command.current_dir(place.bench.path("clone"));
    let document = crate::support::process::finish(command).exits(7).json();
    assert_eq!(crate::scan::place::places(&document), ["file-2:1:1"]);
}
