//! Files, directories and standard input: what is looked at and what is left out.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::scan::place::Place;
use crate::support::process::set_mode;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn hidden_binary_ignored_and_compressed_files_are_looked_at_and_the_inside_of_git_is_not() {
    let (place, key) = Place::with_repository();
    place.write(".hidden/.env", &key);
    place.write("binary", [b"\0\xff\n", key.as_bytes(), b"\0"].concat());
    place.write("ignored.log", &key);
    place.write(".gitignore", "*.log\n");
    place.write("old.gz", gzip(&format!("\n{key}")));
    place.write(".git/inside", &key);
    place.write("sub/.git/inside", &key);
    let all = [
        ".hidden/.env:1:1",
        "binary:2:1",
        "ignored.log:1:1",
        "old.gz:2:1",
    ];
    assert_eq!(place.places(&[]), all);
    assert_eq!(place.places(&["."]), all);
    assert_eq!(
        place.places(&["--gitignore"]),
        [".hidden/.env:1:1", "binary:2:1", "old.gz:2:1"]
    );
    assert_eq!(place.json(&[])["summary"]["files"], 5);
    // What was named is looked at.
    assert_eq!(place.places(&[".git/inside"]), [".git/inside:1:1"]);
}

#[test]
fn patterns_leave_paths_out() {
    let (place, key) = Place::with_key();
    for path in ["a.log", "keep.log", "target/x", "src/target/x", "src/a.rs"] {
        place.write(path, &key);
    }
    assert_eq!(
        place.places(&[
            "--exclude",
            "*.log",
            "--exclude",
            "!keep.log",
            "--exclude",
            "/target"
        ]),
        ["keep.log:1:1", "src/a.rs:1:1", "src/target/x:1:1"]
    );
    assert_eq!(
        place.places(&["--exclude", "target/", "src"]),
        ["src/a.rs:1:1"]
    );
    let nothing = place.scan(&["--exclude", "*", "src/a.rs"]).exits(0);
    assert!(
        nothing.stdout.starts_with("Nothing was looked at"),
        "{nothing:?}"
    );
    place.scan(&["--exclude", "a["]).exits(2);
}

#[test]
fn links_pipes_and_sockets_below_a_directory_are_passed_over() {
    let (place, key) = Place::with_key();
    place.write("real/key", &key);
    symlink(place.path("real"), place.path("link")).unwrap();
    symlink(place.path("real/key"), place.path("file-link")).unwrap();
    symlink("nowhere", place.path("dangling")).unwrap();
    symlink(".", place.path("loop")).unwrap();
    mknodat(
        CWD,
        place.path("pipe"),
        FileType::Fifo,
        Mode::from(0o600),
        0,
    )
    .unwrap();
    let _socket = UnixListener::bind(place.path("socket")).unwrap();
    let document = place.json(&[]);
    assert_eq!(crate::scan::place::places(&document), ["real/key:1:1"]);
    assert_eq!(document["summary"]["unreadable"], 0);
    // A link that was named is followed.
    assert_eq!(
        place.places(&["link", "file-link"]),
        ["file-link:1:1", "link/key:1:1"]
    );
    // A pipe that was named is not waited for.
    let pipe = place.scan(&["pipe"]).exits(1);
    assert!(pipe.stderr.contains("could not read pipe"), "{pipe:?}");
}

#[test]
fn paths_are_told_as_they_were_typed_without_dots() {
    let (place, key) = Place::with_key();
    place.write("a/b", &key);
    for (typed, told) in [
        (".", "a/b"),
        ("./a", "a/b"),
        ("a/.", "a/b"),
        ("a/./b", "a/b"),
        ("../tree/a", "../tree/a/b"),
    ] {
        assert_eq!(place.places(&[typed]), [format!("{told}:1:1")], "{typed}");
    }
    let absolute = place.path("a/b");
    let absolute = absolute.to_str().unwrap();
    assert_eq!(place.places(&[absolute]), [format!("{absolute}:1:1")]);
}

#[test]
fn a_path_that_is_no_text_is_told_byte_by_byte() {
    let (place, key) = Place::with_key();
    place.write(OsStr::from_bytes(b"\xff\xc3\xa9\n"), &key);
    assert_eq!(place.places(&[]), ["\\xFFé\n:1:1"]);
    let human = place.scan(&[]).exits(7);
    assert!(
        human.stdout.contains("\\xFFé\\u{a}:1:1") || human.stdout.contains("\\xFFé"),
        "{human:?}"
    );
    assert!(
        human.stdout.lines().all(|line| !line.starts_with(":1:1")),
        "{human:?}"
    );
    let sarif = place.scan(&["--format", "sarif"]).exits(7).json();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "%FF%C3%A9%0A");
}

#[test]
fn what_cannot_be_read_is_told_and_is_no_success() {
    let (place, key) = Place::with_key();
    place.write("good", "nothing");
    place.write("broken.gz", &gzip(&key.repeat(50))[..40]);
    let outcome = place.scan(&["good", "broken.gz", "missing"]).exits(1);
    assert!(
        outcome.stdout.contains("2 could not be read")
            && outcome.stderr.contains("could not read missing")
            && outcome.stderr.contains("could not read broken.gz"),
        "{outcome:?}"
    );
    place.write("key", &key);
    place.scan(&["key", "missing"]).exits(7);
    place
        .scan(&["key", "missing", "--fail-on", "never"])
        .exits(1);
    place.scan(&["good"]).exits(0);
}

#[test]
fn a_directory_that_may_not_be_read_is_told() {
    if rustix::process::geteuid().is_root() {
        // Nothing is forbidden to root.
        let _ = crate::support::tools::skip("needs another user than root");
        return;
    }
    let (place, _) = Place::with_key();
    place.write("closed/file", "x");
    set_mode(&place.path("closed"), 0o000);
    let outcome = place.scan(&[]);
    set_mode(&place.path("closed"), 0o700);
    assert!(outcome.exits(1).stderr.contains("could not read closed"));
}

#[test]
fn standard_input_is_one_content_plain_or_compressed() {
    let (place, key) = Place::with_key();
    let text = format!("a\n {key}");
    for input in [text.clone().into_bytes(), gzip(&text)] {
        let outcome = place.feed(&["-", "--json"], input).exits(7);
        let document = crate::scan::place::document(&outcome);
        assert_eq!(crate::scan::place::places(&document), ["-:2:2"]);
        assert_eq!(document["summary"]["files"], 1);
    }
    let human = place.feed(&["-"], &text).exits(7);
    assert!(human.stdout.contains("standard input:2:2"), "{human:?}");
    place.scan(&["-", "tree"]).exits(2);
    place.scan(&["-", "-"]).exits(2);
}
