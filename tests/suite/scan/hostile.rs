//! Repositories that somebody else has prepared: nothing of them is run, and nothing is passed over.

use std::fs;
use std::os::unix::fs::symlink;

use crate::scan::place::Place;
use crate::support::process::set_mode;

#[test]
fn nothing_that_a_repository_names_is_run() {
    let (place, key) = Place::with_repository();
    place.write("a", format!("{key}\n"));
    place.write(".gitattributes", "* diff=evil filter=evil merge=evil\n");
    place.commit();
    place.write("b", format!("b {key}\n"));
    place.commit();
    place.write("c", format!("c {key}\n"));
    place.git(&["add", "c"]);
    let marker = place.bench.path("marker");
    let script = place.bench.path("touch");
    fs::write(
        &script,
        format!("#!/bin/sh\necho \"$0 $*\" >> {}\n", marker.display()),
    )
    .unwrap();
    set_mode(&script, 0o755);
    let script = script.to_str().unwrap();
    for (name, value) in [
        ("core.fsmonitor", script),
        ("core.hooksPath", place.bench.directory().to_str().unwrap()),
        ("core.pager", script),
        ("core.editor", script),
        ("core.askPass", script),
        ("core.sshCommand", script),
        ("core.gitProxy", script),
        ("core.alternateRefsCommand", script),
        ("pager.diff-index", script),
        ("pager.rev-list", script),
        ("diff.external", script),
        ("diff.evil.command", script),
        ("diff.evil.textconv", script),
        ("filter.evil.clean", script),
        ("filter.evil.smudge", script),
        ("filter.evil.process", script),
        ("merge.evil.driver", script),
        ("gpg.program", script),
        ("log.showSignature", "true"),
        ("uploadpack.packObjectsHook", script),
        ("alias.cat-file", &format!("!{script}")),
        ("alias.diff-index", &format!("!{script}")),
        ("alias.rev-parse", &format!("!{script}")),
        ("alias.rev-list", &format!("!{script}")),
        ("credential.helper", &format!("!{script}")),
    ] {
        place.git(&["config", name, value]);
    }
    for hook in [
        "fsmonitor-watchman",
        "post-index-change",
        "reference-transaction",
        "pre-commit",
    ] {
        fs::copy(script, place.path(".git/hooks").join(hook)).unwrap();
        fs::copy(script, place.bench.path(hook)).unwrap();
    }
    place.write(".git/info/attributes", "* diff=evil filter=evil\n");
    // git itself runs some of them.
    let _ = place.git_command(&["diff", "HEAD"]).output().unwrap();
    fs::remove_file(&marker).unwrap();
    assert_eq!(place.places(&["--staged"]), ["c:1:3"]);
    assert_eq!(place.places(&["--since", "HEAD~1"]), ["b:1:3"]);
    assert!(!place.places(&["--history"]).is_empty());
    place.scan(&["--since", "--upload-pack=touch"]).exits(2);
    place.scan(&[]).exits(7);
    place.scan(&["--gitignore"]).exits(7);
    assert!(!marker.exists(), "{}", fs::read_to_string(&marker).unwrap());
}

#[test]
fn an_object_that_is_not_there_is_not_fetched_and_is_no_success() {
    let (place, key) = Place::with_repository();
    place.write("a", format!("{key}\n"));
    place.git(&["add", "a"]);
    let marker = place.bench.path("marker");
    place.git(&["config", "core.repositoryFormatVersion", "1"]);
    place.git(&["config", "extensions.partialClone", "origin"]);
    place.git(&["config", "remote.origin.promisor", "true"]);
    place.git(&[
        "config",
        "remote.origin.url",
        &format!("ext::touch {}", marker.display()),
    ]);
    place.git(&["config", "protocol.ext.allow", "always"]);
    let blob = place.git(&["rev-parse", ":a"]);
    fs::remove_file(place.path(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    let outcome = place.scan(&["--staged"]).exits(1);
    assert!(outcome.stderr.contains("could not read a"), "{outcome:?}");
    assert!(!marker.exists());
}

#[test]
fn nothing_of_a_repository_hides_a_key() {
    let (place, key) = Place::with_repository();
    place.write("a", "harmless\n");
    place.commit();
    place.write("a", format!("{key}\n"));
    place.write(".gitattributes", "* -diff binary export-ignore\n");
    place.git(&["add", "--all"]);
    let blob = place.git(&["rev-parse", ":a"]);
    let harmless = place.git(&["rev-parse", "HEAD:a"]);
    place.git(&["replace", &blob, &harmless]);
    place.git(&["config", "diff.ignoreSubmodules", "all"]);
    place.git(&["config", "diff.renames", "copies"]);
    place.git(&["config", "diff.renameLimit", "1"]);
    place.git(&["config", "core.quotePath", "true"]);
    place.git(&["config", "status.showUntrackedFiles", "no"]);
    assert_eq!(place.places(&["--staged"]), ["a:1:1"]);
    let start = place.git(&["rev-parse", "HEAD"]);
    let commit = place.commit();
    place.git(&["config", "diff.orderFile", "/nonexistent"]);
    place.write(".git/info/grafts", format!("{commit}\n"));
    place.git(&["replace", "--graft", &commit]);
    assert_eq!(place.places(&["--since", &start]), ["a:1:1"]);
    let document = place.json(&["--history"]);
    assert_eq!(document["findings"][0]["places"][0]["commit"], commit);
}

#[test]
fn a_repository_is_searched_wherever_its_parts_lie() {
    let (place, key) = Place::with_repository();
    place.write("a", &key);
    place.commit();
    place.write("b", format!("b {key}"));
    place.git(&["add", "b"]);
    fs::rename(place.path(".git"), place.bench.path("moved")).unwrap();
    fs::rename(
        place.bench.path("moved/objects"),
        place.bench.path("objects"),
    )
    .unwrap();
    symlink("../objects", place.bench.path("moved/objects")).unwrap();
    place.write(".git", "gitdir: ../moved\n");
    place.write("../elsewhere", "[core]\n\tworktree = /\n\tbare = false\n");
    place.git(&["config", "include.path", "../elsewhere"]);
    assert_eq!(place.places(&["--staged"]), ["b:1:3"]);
    assert_eq!(place.json(&["--history"])["summary"]["keys"], 1);
    assert_eq!(place.json(&["--history"])["summary"]["blobs"], 2);
}

#[test]
fn nothing_that_a_submodule_names_is_run() {
    let (place, key) = Place::with_repository();
    let marker = place.bench.path("marker");
    let script = place.bench.path("touch");
    fs::write(&script, format!("#!/bin/sh\n: > {}\n", marker.display())).unwrap();
    set_mode(&script, 0o755);
    let script = script.to_str().unwrap();
    place.write("sub/a", &key);
    let inside = |args: &[&str]| place.git(&[&["-C", "sub"], args].concat());
    inside(&["init", "--quiet"]);
    inside(&["add", "a"]);
    inside(&["commit", "--quiet", "--message=m"]);
    let update =
        format!("[submodule \"sub\"]\n\tpath = sub\n\turl = ./sub\n\tupdate = !{script}\n");
    place.write(".gitmodules", update);
    place.commit();
    inside(&["commit", "--quiet", "--allow-empty", "--message=m"]);
    place.write("new", &key);
    place.git(&["add", "sub", "new"]);
    inside(&["config", "core.fsmonitor", script]);
    place.git(&["config", "diff.submodule", "log"]);
    place.write("sub/a", "changed");
    assert_eq!(place.places(&["--staged"]), ["new:1:1"]);
    place.git(&[
        "-c",
        "core.fsmonitor=false",
        "commit",
        "--quiet",
        "--message=m",
    ]);
    let _ = fs::remove_file(&marker);
    assert_eq!(place.places(&["--since", "HEAD~1"]), ["new:1:1"]);
    assert_eq!(place.places(&["--history"]), ["new:1:1"]);
    assert!(!marker.exists());
}
