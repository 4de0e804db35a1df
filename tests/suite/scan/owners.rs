//! Repositories that belong to another user. Needs root, to give one away.

use std::fs;
use std::os::unix::fs::lchown;
use std::path::Path;

use crate::scan::place::{Place, document, places};
use crate::support::process::{Outcome, finish, set_mode};
use crate::support::tools;

/// Gives a directory and everything below it to nobody.
fn give_away(path: &Path) {
    lchown(path, Some(65534), Some(65534)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}

/// A repository of nobody's with a key that is staged and committed, and its path. `None` if that
/// cannot be made here.
fn of_nobody() -> Option<(Place, String)> {
    if !rustix::process::geteuid().is_root() {
        let _ = tools::skip("needs root, to give a repository away");
        return None;
    }
    let (place, key) = Place::with_repository();
    place.write("a", "harmless\n");
    place.commit();
    place.write("a", &key);
    place.commit();
    place.write("b", format!("b {key}"));
    place.git(&["add", "b"]);
    fs::create_dir(place.bench.path("home")).unwrap();
    give_away(&place.path("."));
    let path = place.path("").canonicalize().unwrap();
    Some((place, path.to_str().unwrap().trim_end_matches('/').into()))
}

const WAYS: [&[&str]; 3] = [&["--staged"], &["--since", "HEAD~1"], &["--history"]];

/// Scans in each way with this as the user's configuration; what is printed.
fn scan(place: &Place, configuration: &str) -> [Outcome; 3] {
    fs::write(place.bench.path("home/.gitconfig"), configuration).unwrap();
    WAYS.map(|args| {
        let mut command = place.command(&[args, &["--json"]].concat());
        command.env("HOME", place.bench.path("home"));
        finish(command)
    })
}

#[test]
fn a_repository_of_another_owner_is_refused_and_what_to_do_is_said() {
    let Some((place, path)) = of_nobody() else {
        return;
    };
    // A repository has no say in whether it is safe.
    let settings = "\n[safe]\n\tdirectory = *\n";
    let own = place.path(".git/config");
    fs::write(&own, fs::read_to_string(&own).unwrap() + settings).unwrap();
    for args in WAYS {
        let outcome = place.scan(args).exits(1);
        let told = format!("the repository at {path} belongs to another user");
        assert!(outcome.stderr.contains(&told), "{outcome:?}");
        let hint = format!("git config --global --add safe.directory '{path}'");
        assert!(outcome.stderr.contains(&hint), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
    }
    // Nor has a single command's environment.
    let mut command = place.command(&["--staged"]);
    command
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*");
    finish(command).exits(1);
}

#[test]
fn a_repository_that_the_user_has_declared_safe_is_searched() {
    let Some((place, path)) = of_nobody() else {
        return;
    };
    for safe in [
        format!("[safe]\n directory = {path}\n"),
        format!("[safe]\n directory = /nowhere\n directory = {path}\n"),
        "[safe]\n directory = *\n".into(),
        "[safe]\n directory = ~/../tree\n".into(),
        "[include]\n path = more\n".into(),
    ] {
        let more = format!("[safe]\n directory = {path}\n");
        fs::write(place.bench.path("home/more"), more).unwrap();
        let [staged, since, history] = scan(&place, &safe).map(|outcome| {
            assert_eq!(outcome.status, 7, "{safe}: {outcome:?}");
            places(&document(&outcome))
        });
        assert_eq!(
            (staged, since),
            (vec!["b:1:3".into()], vec!["a:1:1".into()])
        );
        assert_eq!(history.len(), 2);
    }
    for unsafe_ in [
        "[safe]\n directory = /nowhere\n".into(),
        format!("[safe]\n directory = {path}/a\n"),
        // An empty value takes back what came before.
        "[safe]\n directory = *\n directory =\n".into(),
        "no configuration".into(),
    ] {
        for outcome in scan(&place, &unsafe_) {
            assert_eq!(outcome.status, 1, "{unsafe_}: {outcome:?}");
            assert_eq!(outcome.code(), "io");
        }
    }
}

#[test]
fn of_the_user_s_configuration_only_what_is_safe_counts() {
    let Some((place, path)) = of_nobody() else {
        return;
    };
    let marker = place.bench.path("marker");
    let script = place.bench.path("touch");
    fs::write(&script, format!("#!/bin/sh\n: > {}\n", marker.display())).unwrap();
    set_mode(&script, 0o755);
    let script = script.display();
    let configuration = format!(
        "[core]\n fsmonitor = {script}\n pager = {script}\n[diff]\n external = {script}\n\
         [alias]\n config = !{script}\n rev-parse = !{script}\n[pager]\n config = {script}\n\
         [safe]\n directory = {path}\n"
    );
    for outcome in scan(&place, &configuration) {
        assert_eq!(outcome.status, 7, "{outcome:?}");
    }
    assert!(!marker.exists());
}

#[test]
fn a_linked_worktree_of_another_owner_s_repository_is_refused() {
    let Some((place, path)) = of_nobody() else {
        return;
    };
    let linked = place.bench.path("linked");
    let safe = format!("safe.directory={path}");
    place.git(&[
        "-c",
        &safe,
        "worktree",
        "add",
        "-q",
        linked.to_str().unwrap(),
    ]);
    give_away(&place.path("."));
    let mut command = place.command(&["--history"]);
    command.current_dir(&linked);
    let outcome = finish(command).exits(1);
    let told = "linked belongs to another user";
    assert!(outcome.stderr.contains(told), "{outcome:?}");
}
