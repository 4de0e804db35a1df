//! A room of the code knows only the rooms below it; see docs/architecture.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may name.
const ROOMS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("leak", &["domain", "error", "store", "view"]),
    ("store", &["domain", "error"]),
    ("view", &["domain", "error", "context"]),
    ("check", &["domain", "error", "store", "view"]),
    ("review", &["domain", "error", "store", "view"]),
    ("usage", &["domain", "error", "store", "view", "leak"]),
    ("session", &["domain", "error", "store", "view", "context"]),
    (
        "cli",
        &[
            "domain", "error", "store", "view", "context", "review", "usage", "session",
        ],
    ),
];

/// The files of a room: `ROOM.rs`, and all below `ROOM/`.
fn files(room: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![src.join(format!("{room}.rs"))];
    let mut directories = vec![src.join(room)];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(directory) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The rooms that a text names as `crate::ROOM`.
fn named(text: &str) -> BTreeSet<&str> {
    let after = text.split("crate::").skip(1);
    after
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next())
        .filter(|room| !room.is_empty())
        .collect()
}

#[test]
fn a_room_names_only_the_rooms_below_it() {
    for (room, below) in ROOMS {
        for file in files(room) {
            let text = fs::read_to_string(&file).unwrap();
            let above: Vec<_> = named(&text)
                .into_iter()
                .filter(|other| *other != room && !below.contains(other))
                .collect();
            assert!(above.is_empty(), "{} names {above:?}", file.display());
        }
    }
}
