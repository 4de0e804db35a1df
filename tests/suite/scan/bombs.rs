//! Repositories that are made to take all memory, to wait without end, or to lie about commits.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use sha1::{Digest, Sha1};

use crate::scan::place::Place;

/// Writes an object; its name.
fn write_object(place: &Place, args: &[&str], content: &str) -> String {
    let mut git = place.git_command(args);
    git.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut git = git.spawn().unwrap();
    git.stdin
        .take()
        .unwrap()
        .write_all(content.as_bytes())
        .unwrap();
    let output = git.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// A commit with a key, and with directories within directories: `width` of them in each, `depth`
/// deep, with names of `length` bytes. It takes one tree for each level.
fn bomb(width: usize, depth: usize, length: usize) -> Place {
    let (place, key) = Place::with_repository();
    place.commit();
    let blob = write_object(&place, &["hash-object", "-w", "--stdin"], "x");
    let key = write_object(&place, &["hash-object", "-w", "--stdin"], &key);
    let mut below = format!("100644 blob {blob}");
    for _ in 0..depth {
        let lines = (0..width).map(|number| format!("{below}\t{number:0length$}\n"));
        let tree = lines.collect::<String>();
        below = format!("040000 tree {}", write_object(&place, &["mktree"], &tree));
    }
    let tree = format!("100644 blob {key}\ta\n{below}\tb\n");
    let tree = write_object(&place, &["mktree"], &tree);
    let commit = place.git(&["commit-tree", "-p", "HEAD", "-m", "m", &tree]);
    place.git(&["update-ref", "HEAD", &commit]);
    place
}

#[cfg(target_os = "linux")]
#[test]
fn a_tree_that_takes_all_memory_ends_the_git_that_lists_it() {
    // 118,000 paths of 12,000 bytes: all that git holds at once.
    let place = bomb(7, 6, 2_000);
    let outcome = place.scan(&["--since", "HEAD~1"]).exits(1);
    assert!(
        outcome.stderr.contains("cannot compare the commit"),
        "{outcome:?}"
    );
    // The key is found; only its commit is not.
    let outcome = place.scan(&["--history"]).exits(7);
    assert!(
        outcome
            .stderr
            .contains("could not read history: could not ask git"),
        "{outcome:?}"
    );
}

#[test]
fn a_commit_with_more_files_than_can_be_held_is_never_clean() {
    let place = bomb(64, 3, 2);
    let outcome = place.scan(&["--since", "HEAD~1"]).exits(1);
    assert!(
        outcome.stderr.contains("changes more than 250000 files"),
        "{outcome:?}"
    );
    let document = place.json(&["--history"]);
    assert_eq!(document["findings"][0]["places"][0]["path"], "a");
}

#[test]
fn what_is_no_file_among_the_objects_is_refused_and_not_waited_for() {
    let (place, key) = Place::with_repository();
    place.write("a", &key);
    place.commit();
    fs::create_dir(place.path(".git/objects/fe")).unwrap();
    for (name, target) in [
        ("pack/pack-1.idx", None),
        ("info/commit-graph", None),
        ("info/alternates", None),
        ("info/alternates", Some("/dev/zero")),
        ("fe/00000000000000000000000000000000000000", None),
        ("pack/pack-2.pack", Some("/dev/zero")),
    ] {
        let path = place.path(".git/objects").join(name);
        match target {
            None => mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap(),
            Some(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
        }
        let outcome = place.scan(&["--history"]).exits(1);
        let directory = format!("objects/{}/", name.split('/').next().unwrap());
        assert!(
            outcome.stderr.contains(&directory)
                && outcome.stderr.contains("is neither a file nor a directory"),
            "{outcome:?}"
        );
        fs::remove_file(path).unwrap();
    }
    place.scan(&["--history"]).exits(7);
}

#[test]
fn a_commit_graph_that_lies_hides_no_commit() {
    let (place, key) = Place::with_repository();
    let start = place.commit();
    place.write("a", &key);
    let leak = place.commit();
    fs::remove_file(place.path("a")).unwrap();
    let removed = place.commit();
    place.commit();
    place.git(&["commit-graph", "write", "--reachable"]);
    let file = place.path(".git/objects/info/commit-graph");
    let mut graph = fs::read(&file).unwrap();
    // The chunks, and in two of them the place of a commit (gitformat-commit-graph(5)).
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let chunk = |graph: &[u8], name: &[u8]| {
        let entry = graph[8..].chunks(12).find(|entry| entry.starts_with(name));
        number(&entry.unwrap()[4..])
    };
    let names = chunk(&graph, b"OIDL");
    let ids: Vec<String> = (0..4)
        .map(|commit| {
            let id = &graph[names + 20 * commit..][..20];
            id.iter().map(|byte| format!("{byte:02x}")).collect()
        })
        .collect();
    let place_of = |id: &String| ids.iter().position(|one| one == id).unwrap();
    let parent = chunk(&graph, b"CDAT") + 36 * place_of(&removed) + 20;
    graph[parent..parent + 4].copy_from_slice(&(place_of(&start) as u32).to_be_bytes());
    let end = graph.len() - 20;
    let sum = Sha1::digest(&graph[..end]);
    graph[end..].copy_from_slice(&sum);
    fs::remove_file(&file).unwrap();
    fs::write(&file, graph).unwrap();
    let commits = place.git(&["rev-list", &format!("{start}..HEAD")]);
    assert!(!commits.contains(&leak), "the lie is not told: {commits}");
    assert_eq!(place.places(&["--since", &start]), ["a:1:1"]);
    assert_eq!(place.places(&["--since", "HEAD~3"]), ["a:1:1"]);
}
