//! Files that commands write for the user: what they never replace, and what is left when they
//! fail.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::process::owners::as_nobody;
use crate::support::process::{Bench, finish, mode, set_mode};

/// Every option that names a file to write, with its file last.
const WRITERS: [&[&str]; 5] = [
    &["review", "--prometheus"],
    &["usage", "report", "--html"],
    &["create", "other", "--preset", "read-only", "--out"],
    &["rotate", "shop", "--out"],
    &["backup"],
];

/// What SQLite keeps beside a store, and the copies of migrations.
const BESIDE: [&str; 5] = ["", "-journal", "-wal", "-shm", ".v1.bak"];

fn state(directory: &Path) -> Vec<(String, u64, Option<Vec<u8>>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.path().symlink_metadata().unwrap();
            let content = metadata.is_file().then(|| fs::read(entry.path()).unwrap());
            let name = entry.file_name().into_string().unwrap();
            (name, metadata.ino(), content)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn no_file_takes_the_place_of_the_store_or_of_what_lies_beside_it() {
    let (bench, key) = Bench::with_key("shop");
    let aside = Bench::new();
    symlink(bench.directory(), aside.path("again")).unwrap();
    symlink(bench.db(), aside.path("link.db")).unwrap();
    let before = state(bench.directory());
    for ending in BESIDE {
        let (name, other_case) = (format!("keys.db{ending}"), format!("Keys.DB{ending}"));
        let again = aside.path("again").join(&name);
        for path in [
            &name,
            &other_case,
            &format!("./{name}"),
            again.to_str().unwrap(),
        ] {
            for writer in WRITERS {
                for db in [bench.db(), aside.path("link.db")] {
                    let outcome = finish({
                        let mut command = bench.command(&[writer, &[path]].concat());
                        command.arg("--db").arg(db);
                        command
                    });
                    assert_eq!(
                        (outcome.status, &*outcome.stdout),
                        (1, ""),
                        "{writer:?} {path}"
                    );
                    assert_eq!(state(bench.directory()), before, "{writer:?} {path}");
                }
            }
        }
    }
    bench.feed(&["check"], key.as_bytes()).exits(0);
}

#[test]
fn a_key_is_not_delivered_beside_a_store_that_is_yet_to_be_made() {
    for ending in BESIDE {
        let bench = Bench::new();
        symlink(bench.directory(), bench.path("again")).unwrap();
        for out in [format!("keys.db{ending}"), format!("again/KEYS.db{ending}")] {
            for more in [&[][..], &["--if-absent"]] {
                let create = ["create", "shop", "--preset", "read-only", "--out", &out];
                bench.run(&[&create, more].concat()).exits(1);
                assert_eq!(bench.files(), ["again"], "{out}");
            }
        }
    }
}

#[test]
fn nothing_but_a_file_of_the_same_kind_is_replaced() {
    let (bench, _) = Bench::with_key("shop");
    bench.run(&["review", "--prometheus", "metrics"]).exits(0);
    bench.run(&["usage", "report", "--html", "page"]).exits(0);
    assert_eq!(
        (mode(&bench.path("metrics")), mode(&bench.path("page"))),
        (0o644, 0o600)
    );
    fs::write(bench.path("text"), "mine\n").unwrap();
    fs::write(bench.path("empty"), "").unwrap();
    fs::create_dir(bench.path("directory")).unwrap();
    symlink("metrics", bench.path("link")).unwrap();
    symlink("page", bench.path("link to a page")).unwrap();
    symlink("nowhere", bench.path("dangling")).unwrap();
    let _socket = UnixListener::bind(bench.path("socket")).unwrap();
    let mut others = vec![
        "text",
        "empty",
        "directory",
        "link",
        "link to a page",
        "dangling",
        "socket",
        "pipe",
        ".",
    ];
    let make = |name: &str, kind: FileType, device: u64| {
        mknodat(CWD, bench.path(name), kind, Mode::RUSR | Mode::WUSR, device)
    };
    make("pipe", FileType::Fifo, 0).unwrap();
    // Not everybody may make devices.
    if make("device", FileType::CharacterDevice, makedev(1, 3)).is_ok() {
        others.push("device");
    }
    let before = state(bench.directory());
    for other in others.into_iter().chain(["nowhere/file", "text/", ""]) {
        for writer in WRITERS {
            let outcome = bench.run(&[writer, &[other]].concat());
            let usage_error = other.is_empty() && outcome.status == 2;
            assert!(
                outcome.status == 1 || usage_error,
                "{writer:?} {other} {outcome:?}"
            );
            assert_eq!(outcome.stdout, "", "{writer:?} {other}");
            assert_eq!(state(bench.directory()), before, "{writer:?} {other}");
        }
    }
    bench.run(&["review", "--prometheus", "page"]).exits(1);
    bench
        .run(&["usage", "report", "--html", "metrics"])
        .exits(1);
    // Their own kind is, as a new file.
    set_mode(&bench.path("metrics"), 0o666);
    let inode = |name: &str| bench.path(name).metadata().unwrap().ino();
    let was = [inode("metrics"), inode("page")];
    bench.run(&["review", "--prometheus", "metrics"]).exits(0);
    bench.run(&["usage", "report", "--html", "page"]).exits(0);
    assert!(was[0] != inode("metrics") && was[1] != inode("page"));
    assert_eq!(mode(&bench.path("metrics")), 0o644);
    let names = |state: &[(String, u64, Option<Vec<u8>>)]| {
        state
            .iter()
            .map(|(name, ..)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&state(bench.directory())), names(&before));
}

#[test]
fn a_hyphen_is_standard_output() {
    let (bench, _) = Bench::with_key("shop");
    let metrics = bench.run(&["review", "--prometheus", "-"]).exits(0).stdout;
    assert!(metrics.starts_with("# HELP zenflow_keys_") && !metrics.contains("no-expiry  "));
    let page = bench
        .run(&["usage", "report", "--html", "-"])
        .exits(0)
        .stdout;
    assert!(
        page.starts_with("<!doctype html>") && page.ends_with("</html>\n"),
        "{page}"
    );
    for args in [
        &["review", "--prometheus", "-", "--json"][..],
        &["usage", "report", "--html", "-", "--json"],
        &["backup", "-"],
    ] {
        bench.run(args).exits(2);
    }
    let create = ["create", "other", "--preset", "read-only", "--out", "-"];
    let key = bench.run(&create).exits(0).stdout;
    bench.feed(&["check"], key.as_bytes()).exits(0);
    let key = bench
        .run(&["rotate", "other", "--out", "-"])
        .exits(0)
        .stdout;
    bench.feed(&["check"], key.as_bytes()).exits(0);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn the_manual_follows_no_link_and_replaces_nothing_but_its_own_pages() {
    let bench = Bench::new();
    fs::write(bench.path("victim"), "mine\n").unwrap();
    set_mode(&bench.path("victim"), 0o600);
    fs::create_dir(bench.path("man1")).unwrap();
    let page = bench.path("man1/zenflow-keys-rotate.1");
    symlink("../victim", &page).unwrap();
    let outcome = bench.run(&["man", "--dir", "man1"]).exits(1);
    assert!(
        outcome.stderr.contains("zenflow-keys-rotate.1"),
        "{outcome:?}"
    );
    assert_eq!(fs::read(bench.path("victim")).unwrap(), b"mine\n");
    assert_eq!(mode(&bench.path("victim")), 0o600);
    assert_eq!(fs::read_dir(bench.path("man1")).unwrap().count(), 1);

    fs::remove_file(&page).unwrap();
    fs::write(&page, "not a page\n").unwrap();
    bench.run(&["man", "--dir", "man1"]).exits(1);
    assert_eq!(fs::read(&page).unwrap(), b"not a page\n");
    fs::remove_file(&page).unwrap();
    bench.run(&["man", "--dir", "man1"]).exits(0);
    bench.run(&["man", "--dir", "man1"]).exits(0);

    bench.run(&["man", "--dir", "a/b/man1"]).exits(0);
    for directory in ["a", "a/b", "a/b/man1"] {
        assert_eq!(mode(&bench.path(directory)), 0o755, "{directory}");
    }
}

#[test]
fn who_may_not_write_there_leaves_nothing_and_replaces_nothing() {
    let (bench, _) = Bench::with_key("shop");
    set_mode(bench.directory(), 0o755);
    set_mode(&bench.db(), 0o644);
    bench.run(&["review", "--prometheus", "metrics"]).exits(0);
    let Some(review) = as_nobody(&bench, &["review", "--prometheus", "metrics"]) else {
        return;
    };
    let before = state(bench.directory());
    finish(review).exits(1);
    finish(as_nobody(&bench, &["usage", "report", "--html", "page"]).unwrap()).exits(1);
    finish(as_nobody(&bench, &["backup", "copy.db"]).unwrap()).exits(1);
    finish(as_nobody(&bench, &["man", "--dir", "."]).unwrap()).exits(1);
    assert_eq!(state(bench.directory()), before);
}
