//! All kinds of repositories, and of objects in them.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zenflow_keys::internals::history::{limits::Limits, search_history};
use zenflow_keys::internals::{Exclude, Git, KnownKeys, Progress, Survey};

use super::repository::{Repository, TIGHT, key, search, search_limited, wide};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The ids of the keys that were found, the paths, and the commits, in order.
fn found(survey: &Survey) -> Vec<(String, String, Option<String>)> {
    let mut found: Vec<_> = survey
        .places
        .iter()
        .map(|place| {
            let commit = place.version.as_ref().unwrap().commit.as_ref();
            (
                place.id.unwrap().to_string(),
                place.path.to_string_lossy().into_owned(),
                commit.map(|commit| commit.id.clone()),
            )
        })
        .collect();
    found.sort();
    found
}

fn ids(survey: &Survey) -> Vec<String> {
    found(survey).into_iter().map(|(id, _, _)| id).collect()
}

fn id(number: u64) -> String {
    format!("k{number:09}")
}

#[test]
fn a_version_is_told_with_the_commit_that_first_added_it() {
    let mut repository = Repository::new(&[]);
    repository.commit_file("other", "nothing");
    let first = repository.commit_file("a/old name", format!("x\n {}\n", key(1)));
    repository.commit_file("a/old name", "gone");
    repository.git(["checkout", "--quiet", "-b", "side", "HEAD~2"]);
    let side = repository.commit_file("b", key(3));
    repository.git(["checkout", "--quiet", "main"]);
    // The same version once more, under another name.
    repository.commit_file("new", format!("x\n {}\n", key(1)));
    repository.git(["merge", "--quiet", "--no-commit", "side"]);
    let merge = repository.commit_file("in the merge", key(2));
    for is_packed in [false, true] {
        if is_packed {
            repository.git(["gc", "--quiet", "--prune=now"]);
        }
        let survey = repository.search();
        assert_eq!(
            found(&survey),
            [
                (id(1), "a/old name".into(), Some(first.clone())),
                (id(2), "in the merge".into(), Some(merge.clone())),
                // Not the merge that brought it.
                (id(3), "b".into(), Some(side.clone())),
            ]
        );
        let place = survey.places.iter().find(|place| place.line == 2).unwrap();
        let version = place.version.as_ref().unwrap();
        assert_eq!(place.column, 2);
        assert_eq!(version.blob, repository.blob("HEAD:new"));
        let date = version.commit.as_ref().unwrap().author_date.unwrap();
        assert_eq!(date.unix(), 1_700_000_002);
        assert_eq!((survey.counts.blobs, survey.counts.commits), (5, 6));
    }
}

#[test]
fn what_no_branch_reaches_is_searched_as_well() {
    let mut repository = Repository::new(&[]);
    repository.commit_file("a", "nothing");
    // The stash, what a rebase or an amended commit leaves, a tag, a note, and what was only added.
    repository.write("a", key(1));
    repository.git(["stash", "push", "--quiet"]);
    let amended = repository.commit_file("b", key(2));
    repository.write("b", "nothing");
    repository.git(["commit", "--quiet", "--all", "--amend", "-m", "amended"]);
    let blob = repository.git_with(["hash-object", "-w", "--stdin"], key(3).as_bytes());
    repository.git(["tag", "a-blob", &blob]);
    repository.git(["notes", "add", "-m", &key(4)]);
    repository.git_with(["hash-object", "-w", "--stdin"], key(5).as_bytes());
    repository.write("c", key(6));
    repository.git(["add", "c"]);
    let survey = repository.search();
    assert_eq!(ids(&survey), [1, 2, 3, 4, 5, 6].map(id));
    let reached: Vec<_> = found(&survey)
        .into_iter()
        .map(|(_, _, commit)| commit.is_some())
        .collect();
    assert_eq!(reached, [true, true, false, true, false, false]);
    assert!(found(&survey).contains(&(id(2), "b".into(), Some(amended.clone()))));
    // Nothing knows them any more: only the objects are left.
    repository.git(["reset", "--quiet"]);
    repository.git(["stash", "drop", "--quiet"]);
    repository.git(["reflog", "expire", "--expire=now", "--all"]);
    repository.git(["repack", "-adkq"]);
    let survey = repository.search();
    assert_eq!(ids(&survey), [1, 2, 3, 4, 5, 6].map(id));
    let blob = repository.git_with(["hash-object", "--stdin"], key(2).as_bytes());
    assert!(found(&survey).contains(&(id(2), blob, None)));
}

#[test]
fn messages_names_and_replacements_are_not_searched() {
    let mut repository = Repository::new(&[]);
    repository.commit_file(&key(1), "nothing");
    repository.commit(&key(2));
    repository.git(["tag", "-a", "-m", &key(3), "tagged"]);
    let commit = repository.commit_file("a", key(4));
    let other = repository.git_with(["hash-object", "-w", "--stdin"], b"nothing");
    repository.git(["replace", &repository.blob("HEAD:a"), &other]);
    for is_packed in [false, true] {
        if is_packed {
            repository.git(["gc", "--quiet"]);
        }
        assert_eq!(
            found(&repository.search()),
            [(id(4), "a".into(), Some(commit.clone()))]
        );
    }
}

#[test]
fn compressed_wide_large_and_empty_versions_are_searched() {
    let mut repository = Repository::new(&[]);
    let noise: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect();
    repository.write("empty", "");
    repository.write("a.gz", gzip(key(1).as_bytes()));
    repository.write("little", wide(&key(2), true));
    repository.write("big", wide(&key(3), false));
    let mut large = [&noise[..], key(4).as_bytes()].concat();
    repository.write("large", &large);
    repository.write("large.gz", gzip(&[&noise[..], key(5).as_bytes()].concat()));
    repository.commit("all");
    // Deltas of what is large, and of what is compressed.
    large.splice(100..200, key(6).into_bytes());
    large.extend(b"\n");
    repository.write("large", &large);
    repository.write("a.gz", gzip(format!("{} and more", key(1)).as_bytes()));
    repository.commit("more");
    let places = repository.search();
    assert_eq!(ids(&places), [1, 1, 2, 3, 4, 4, 5, 6].map(id));
    repository.git(["repack", "-adfq", "--window=50"]);
    for limits in [Limits::default(), TIGHT] {
        let packed = search_limited(&repository.directory, &limits);
        assert_eq!(found(&packed), found(&places));
        assert_eq!(packed.counts.bytes, places.counts.bytes);
        assert!(packed.unreadable.is_empty());
    }
}

#[test]
fn a_damaged_compressed_version_is_told() {
    let mut repository = Repository::new(&[]);
    let mut compressed = gzip(format!("{}\n{}", key(1), key(2)).as_bytes());
    compressed.truncate(compressed.len() - 4);
    repository.commit_file("a.gz", &compressed);
    let survey = repository.search();
    assert_eq!(survey.unreadable.len(), 1);
    assert_eq!(&*survey.unreadable[0].what, Path::new("a.gz"));
}

#[test]
fn objects_of_other_repositories_and_work_trees_are_searched() {
    let mut repository = Repository::new(&[]);
    repository.commit_file("a", key(1));
    repository.git(["repack", "-adq"]);
    let borrower = repository.beside("the \"borrower\"");
    let name = borrower.to_str().unwrap();
    repository.git(["clone", "--quiet", "--shared", ".", name]);
    assert_eq!(ids(&search(&borrower)), [id(1)]);
    // A borrower of a borrower, which is bare, and a work tree of it.
    let bare = repository.beside("bare");
    let bare_name = bare.to_str().unwrap();
    repository.git(["clone", "--quiet", "--bare", "--shared", name, bare_name]);
    assert_eq!(ids(&search(&bare)), [id(1)]);
    let tree = repository.beside("tree");
    repository.git([
        "-C",
        bare_name,
        "worktree",
        "add",
        "-q",
        tree.to_str().unwrap(),
    ]);
    std::fs::write(tree.join("b"), key(2)).unwrap();
    repository.git(["-C", tree.to_str().unwrap(), "add", "b"]);
    assert_eq!(ids(&search(&tree)), [id(1), id(2)]);
    assert_eq!(ids(&search(&bare)), [id(1), id(2)]);
    // Where it borrows from is gone.
    let list = borrower.join(".git/objects/info/alternates");
    std::fs::write(list, "/nowhere/objects\n").unwrap();
    let survey = search(&borrower);
    assert_eq!(survey.unreadable.len(), 1);
    assert_eq!(&*survey.unreadable[0].what, Path::new("/nowhere/objects"));
}

#[test]
fn a_list_of_borrowed_objects_that_cannot_be_read_is_told() {
    let repository = Repository::new(&[]);
    let list = repository.directory.join(".git/objects/info/alternates");
    std::fs::create_dir(&list).unwrap();
    let survey = repository.search();
    assert_eq!(survey.unreadable.len(), 1);
    assert!(
        survey.unreadable[0]
            .what
            .ends_with(".git/objects/info/alternates")
    );
}

#[test]
fn what_a_shallow_or_a_partial_clone_lacks_is_not_fetched() {
    let mut repository = Repository::new(&[]);
    repository.git(["config", "uploadpack.allowFilter", "true"]);
    repository.commit_file("a", key(1));
    repository.commit_file("a", key(2));
    let url = format!("file://{}", repository.directory.display());
    let shallow = repository.beside("shallow");
    let name = shallow.to_str().unwrap();
    repository.git(["clone", "--quiet", "--depth=1", &url, name]);
    let survey = search(&shallow);
    assert_eq!((ids(&survey), survey.unreadable.len()), (vec![id(2)], 0));
    let partial = repository.beside("partial");
    let name = partial.to_str().unwrap();
    repository.git(["clone", "--quiet", "--filter=blob:none", &url, name]);
    let before = repository.git(["-C", name, "count-objects", "-v"]);
    let survey = search(&partial);
    assert_eq!(ids(&survey), [id(2)]);
    assert_eq!(survey.unreadable.len(), 1);
    let why = &survey.unreadable[0].why;
    assert!(why.starts_with("1 object "), "{why}");
    assert_eq!(repository.git(["-C", name, "count-objects", "-v"]), before);
}

#[test]
fn a_repository_without_commits_has_nothing_to_look_at() {
    let repository = Repository::new(&[]);
    let survey = repository.search();
    assert_eq!(
        (
            survey.counts.blobs,
            survey.counts.commits,
            survey.counts.bytes
        ),
        (0, 0, 0)
    );
    assert!(survey.places.is_empty() && survey.unreadable.is_empty());
}

#[test]
fn paths_that_are_excluded_are_left_out_and_progress_is_told() {
    let mut repository = Repository::new(&[]);
    repository.commit_file("docs/a.txt", key(1));
    repository.commit_file("docs/b.txt", key(2));
    let moved = repository.commit_file("src/b.txt", key(2));
    repository.git(["repack", "-adq"]);
    let git = Git::around(&repository.directory, None).unwrap();
    let exclude = Exclude::new(&["docs/".into()]).unwrap();
    let progress = Progress::default();
    let survey = search_history(
        &Limits::default(),
        &git,
        &exclude,
        &KnownKeys::default(),
        &progress,
    );
    assert_eq!(
        found(&survey.unwrap()),
        [(id(2), "src/b.txt".into(), Some(moved))]
    );
    assert_eq!((progress.percent(), progress.bytes()), (Some(100), 124));
}
