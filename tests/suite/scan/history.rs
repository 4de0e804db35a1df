//! `--history`: every version of every file. What git makes of them is tested in the room of that
//! name.

use crate::scan::place::Place;

#[test]
fn a_key_that_was_taken_out_again_is_told_with_its_first_commit() {
    let (place, key) = Place::with_repository();
    place.write("a", format!("x\n {key}\n"));
    let first = place.commit();
    place.write("a", "x\n");
    place.commit();
    place.write("b", &key);
    place.git(&["add", "b"]);
    place.git(&["rm", "--quiet", "--force", "b"]);
    let tree = place.path(".");
    let elsewhere = [tree.to_str().unwrap()];
    for args in [&["--history"][..], &["--history", elsewhere[0]]] {
        let document = place.json(args);
        let finding = &document["findings"][0];
        let places = finding["places"].as_array().unwrap();
        assert_eq!(finding["status"], "active");
        assert_eq!(places.len(), 2, "{document:#}");
        let of_commit = places.iter().find(|one| one["commit"] == *first).unwrap();
        assert_eq!(of_commit["path"], "a");
        assert_eq!(
            (&of_commit["line"], &of_commit["column"]),
            (&2.into(), &2.into())
        );
        assert_eq!(of_commit["author_date"], "2026-01-02T03:04:05Z");
        assert_eq!(
            of_commit["blob"],
            place.git(&["rev-parse", &format!("{first}:a")])
        );
        let lost = places.iter().find(|one| one["commit"].is_null()).unwrap();
        assert_eq!(lost["path"], lost["blob"]);
        let summary = &document["summary"];
        assert_eq!(
            (&summary["blobs"], &summary["commits"]),
            (&3.into(), &2.into())
        );
        assert_eq!(summary["bytes"], 2 + 4 + 2 * 62);
    }
    place.scan(&["--history"]).exits(7);
}

#[test]
fn a_history_that_may_borrow_objects_from_nobody_knows_where_is_not_clean() {
    let (place, _) = Place::with_repository();
    std::fs::create_dir(place.path(".git/objects/info/alternates")).unwrap();
    let outcome = place.scan(&["--history"]).exits(1);
    assert!(outcome.stderr.contains("info/alternates"), "{outcome:?}");
    assert!(!outcome.stdout.contains("no keys"), "{outcome:?}");
}

#[test]
fn one_repository_is_looked_at_and_nothing_else_is_asked_for() {
    let (place, _) = Place::with_repository();
    let outcome = place.scan(&["--history"]).exits(0);
    assert!(outcome.stdout.contains("no files"), "{outcome:?}");
    for wrong in [
        &["--history", ".", "."][..],
        &["--history", "--staged"],
        &["--history", "--since", "HEAD"],
        &["--history", "--gitignore"],
    ] {
        place.scan(wrong).exits(2);
    }
    let outcome = place.scan(&["--history", "/"]).exits(1);
    assert!(outcome.stderr.contains("no git repository"), "{outcome:?}");
}
