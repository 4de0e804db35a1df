//! `--staged`: the keys that the next commit would add.

use std::fs;

use crate::scan::place::{Place, stranger};
use crate::support::process::{finish, set_mode};

#[test]
fn keys_on_new_lines_of_the_index_are_found_also_before_the_first_commit() {
    let (place, key) = Place::with_repository();
    let empty = place.scan(&["--staged"]).exits(0);
    assert!(
        empty.stdout.starts_with("Nothing was looked at"),
        "{empty:?}"
    );
    place.write("a", format!("x\n{key}\n"));
    // Not in the index yet.
    place.scan(&["--staged"]).exits(0);
    place.git(&["add", "a"]);
    assert_eq!(place.places(&["--staged"]), ["a:2:1"]);
    let document = place.json(&["--staged"]);
    let found = &document["findings"][0]["places"][0];
    assert_eq!(found["blob"], place.git(&["rev-parse", ":a"]));
    assert!(found["commit"].is_null() && found["author_date"].is_null());
    assert_eq!(document["summary"]["blobs"], 1);
    place.commit();
    place.scan(&["--staged"]).exits(0);
    place.write("a", format!("x\n{key}\n{}\n", stranger()));
    place.git(&["add", "a"]);
    assert_eq!(place.places(&["--staged"]), ["a:3:1"]);
    // What is in the files and not in the index does not count.
    place.git(&["reset", "--quiet"]);
    place.scan(&["--staged"]).exits(0);
}

#[test]
fn renames_and_other_edits_of_files_with_old_keys_are_nothing_new() {
    let (place, key) = Place::with_repository();
    let body = "line\n".repeat(30);
    place.write("a", format!("{body}{key}\n{body}"));
    place.write("b", format!("{key} b\n"));
    place.commit();
    place.write("a", format!("new\n{body}{key}\n{body}more\n"));
    place.git(&["mv", "b", "dir-b"]);
    place.git(&["add", "--all"]);
    place.scan(&["--staged"]).exits(0);
    place.commit();
    // Renamed and changed beyond recognition.
    place.git(&["mv", "a", "c"]);
    place.write("c", format!("{key}\n{}", "other\n".repeat(50)));
    place.git(&["add", "--all"]);
    place.scan(&["--staged"]).exits(0);
    // Deleted.
    place.git(&["rm", "--quiet", "--force", "c", "dir-b"]);
    place.scan(&["--staged"]).exits(0);
}

#[test]
fn a_further_copy_of_a_line_and_a_change_of_it_are_new() {
    let (place, key) = Place::with_repository();
    place.write("a", format!("{key}\n"));
    place.commit();
    place.write("a", format!("{key}\n{key}\n"));
    place.write("b", format!("{key}\n"));
    place.git(&["add", "--all"]);
    assert_eq!(place.places(&["--staged"]), ["a:2:1", "b:1:1"]);
    place.git(&["reset", "--quiet", "--hard"]);
    place.write("a", format!("export {key}\n"));
    place.git(&["add", "--all"]);
    assert_eq!(place.places(&["--staged"]), ["a:1:8"]);
}

#[test]
fn what_was_allowed_or_looked_alike_before_is_not_counted_again() {
    let (place, key) = Place::with_repository();
    let wrong = key.replace("_live_", "_test_");
    place.write("a", format!("{key} zenflow-keys:allow\n{wrong}\n"));
    place.git(&["add", "--all"]);
    let counts = |place: &Place| {
        let summary = place.json(&["--staged"])["summary"].clone();
        (
            summary["allowed_lines"].clone(),
            summary["look_alikes"].clone(),
        )
    };
    assert_eq!(counts(&place), (1.into(), 1.into()));
    place.commit();
    place.write(
        "a",
        format!("more\n{key} zenflow-keys:allow\n{wrong}\n{wrong} again\n"),
    );
    place.git(&["add", "--all"]);
    assert_eq!(counts(&place), (0.into(), 1.into()));
}

#[test]
fn the_index_of_commit_all_is_honoured() {
    let (place, key) = Place::with_repository();
    place.write("a", "x\n");
    place.commit();
    place.write("a", format!("{key}\n"));
    fs::copy(place.path(".git/index"), place.path(".git/other")).unwrap();
    let output = place
        .git_command(&["add", "a"])
        .env("GIT_INDEX_FILE", ".git/other")
        .output()
        .unwrap();
    assert!(output.status.success());
    place.scan(&["--staged"]).exits(0);
    for index in [
        ".git/other".to_owned(),
        place.path(".git/other").to_str().unwrap().to_owned(),
    ] {
        let mut command = place.command(&["--staged"]);
        command.env("GIT_INDEX_FILE", index);
        assert!(finish(command).exits(7).stdout.contains("a:1:1"));
    }
}

#[test]
fn a_hook_sees_what_is_committed() {
    let (place, key) = Place::with_repository();
    place.write("a", "x\n");
    place.commit();
    let hook = format!(
        "#!/bin/sh\nexec {} scan --staged\n",
        env!("CARGO_BIN_EXE_zenflow-keys")
    );
    place.write(".git/hooks/pre-commit", hook);
    set_mode(&place.path(".git/hooks/pre-commit"), 0o755);
    place.write("a", format!("{key}\n"));
    place.write("b", "harmless\n");
    let commit = |args: &[&str]| {
        let mut command =
            place.git_command(&[&["commit", "--quiet", "--message=m"], args].concat());
        command.env("ZENFLOW_KEYS_DB", place.bench.db());
        command.output().unwrap().status.success()
    };
    assert!(!commit(&["--all"]), "commit -a");
    place.git(&["add", "b"]);
    assert!(commit(&[]), "only b is committed");
    assert!(!commit(&["a"]), "commit PATH");
    // From a directory below, and in a linked work tree.
    place.git(&["worktree", "add", "--quiet", "../linked"]);
    fs::write(place.bench.path("linked/c"), format!("{key}\n")).unwrap();
    let linked = |args: &[&str]| {
        let mut command = place.git_command(args);
        command
            .current_dir(place.bench.path("linked"))
            .env("ZENFLOW_KEYS_DB", place.bench.db());
        command.output().unwrap().status.success()
    };
    assert!(linked(&["add", "c"]));
    assert!(
        !linked(&["commit", "--quiet", "--message=m"]),
        "in a linked work tree"
    );
    fs::create_dir(place.path("below")).unwrap();
    place.git(&["add", "a"]);
    let mut below = place.command(&["--staged"]);
    below.current_dir(place.path("below"));
    assert!(finish(below).exits(7).stdout.contains("a:1:1"));
}

#[test]
fn patterns_leave_paths_of_the_index_out() {
    let (place, key) = Place::with_repository();
    place.write("docs/a.md", &key);
    place.write("src/a.rs", &key);
    place.git(&["add", "--all"]);
    assert_eq!(
        place.places(&["--staged", "--exclude", "/docs/"]),
        ["src/a.rs:1:1"]
    );
}

#[test]
fn a_conflict_is_no_success() {
    let (place, key) = Place::with_repository();
    place.write("a", "base\n");
    place.commit();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("a", format!("{key}\n"));
    place.commit();
    place.git(&["checkout", "--quiet", "main"]);
    place.write("a", "main\n");
    place.commit();
    let merge = place
        .git_command(&["merge", "--quiet", "side"])
        .output()
        .unwrap();
    assert!(!merge.status.success());
    let outcome = place.scan(&["--staged"]).exits(1);
    assert!(
        outcome
            .stderr
            .contains("could not read a: it is in conflict"),
        "{outcome:?}"
    );
}

#[test]
fn links_are_looked_at_and_submodules_are_not() {
    let (place, key) = Place::with_repository();
    std::os::unix::fs::symlink(format!("to-{key}"), place.path("link")).unwrap();
    let commit = place.commit();
    assert_eq!(place.places(&["--since", "HEAD"]), [""; 0]);
    place.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},module"),
    ]);
    std::os::unix::fs::symlink(format!("2-{key}"), place.path("other")).unwrap();
    place.git(&["add", "other"]);
    assert_eq!(place.places(&["--staged"]), ["other:1:3"]);
}

#[test]
fn a_repository_with_sha_256_works_as_well() {
    let (place, key) = Place::with_key();
    place.git(&["init", "--quiet", "--object-format=sha256"]);
    place.write("a", &key);
    place.git(&["add", "a"]);
    let document = place.json(&["--staged"]);
    let blob = document["findings"][0]["places"][0]["blob"]
        .as_str()
        .unwrap();
    assert_eq!(blob.len(), 64);
    place.commit();
    place.write("a", format!("{key}\n{key}"));
    let commit = place.commit();
    let document = place.json(&["--since", "HEAD~1"]);
    assert_eq!(document["findings"][0]["places"][0]["commit"], commit);
}

#[test]
fn without_a_repository_or_git_it_fails_and_says_so() {
    let (place, _) = Place::with_key();
    let outcome = place.scan(&["--staged"]).exits(1);
    assert!(outcome.stderr.contains("no git repository"), "{outcome:?}");
    let mut command = place.command(&["--staged"]);
    command.env("PATH", place.path("."));
    let outcome = finish(command).exits(1);
    assert!(outcome.stderr.contains("needs git"), "{outcome:?}");
    let mut bare = place.git_command(&["init", "--quiet", "--bare", "bare.git"]);
    assert!(bare.output().unwrap().status.success());
    let mut command = place.command(&["--staged"]);
    command.current_dir(place.path("bare.git"));
    assert!(
        finish(command)
            .exits(0)
            .stdout
            .starts_with("Nothing was looked at")
    );
}
