//! A room of the code knows only the rooms below it; see docs/architecture.md.

use std::collections::{BTreeMap, BTreeSet};
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

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of a room: `ROOM.rs`, and all below `ROOM/`.
fn files(room: &str) -> Vec<PathBuf> {
    let mut files = files_below(&src().join(room));
    files.push(src().join(format!("{room}.rs")));
    files
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
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

/// The types that a file defines outside of its test module, which is the last thing in it. A type
/// within a block, such as an associated one, has no name that others see.
fn types(text: &str) -> Vec<&str> {
    let program = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let kinds = ["struct", "enum", "trait", "type", "union"];
    let mut types = Vec::new();
    for line in program.lines() {
        // Types of a macro of this crate are indented, and public.
        let line = line.strip_prefix("    pub ").unwrap_or(line);
        let mut words = line
            .split(|c: char| c != '_' && !c.is_alphanumeric())
            .skip_while(|word| ["pub", "crate", "super", "in", "", "unsafe"].contains(word));
        let is_type = !line.starts_with(' ') && words.next().is_some_and(|it| kinds.contains(&it));
        types.extend(words.next().filter(|_| is_type));
    }
    types
}

#[test]
fn a_type_has_a_name_of_its_own() {
    let mut homes: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files_below(&src()) {
        let is_test = file.file_name().is_some_and(|name| name == "tests.rs");
        let text = fs::read_to_string(&file).unwrap();
        for name in types(&text).into_iter().filter(|_| !is_test) {
            homes.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    // It sees plain types, those with a visibility of their own, and those of macros.
    for known in ["Verdict", "Reason", "WriteTx", "View"] {
        assert!(homes.contains_key(known), "{known}");
    }
    homes.retain(|_, files| files.len() > 1);
    assert!(homes.is_empty(), "defined more than once: {homes:#?}");
}
