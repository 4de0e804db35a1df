//! Damaged repositories: nothing in them ends the search, and what cannot be read is told.

use std::fs;

use sha1::{Digest, Sha1};

use super::repository::{Repository, key, places};

/// A repository with a key in a pack, and the path of the pack's index.
fn packed() -> (Repository, std::path::PathBuf) {
    let mut repository = Repository::new(&[]);
    repository.commit_file("a", key(1));
    repository.git(["repack", "-adfq"]);
    let index = repository.packs().remove(0);
    (repository, index)
}

#[test]
fn a_pack_without_an_index_is_told() {
    let (repository, index) = packed();
    fs::remove_file(&index).unwrap();
    let survey = repository.search();
    assert_eq!(survey.unreadable.len(), 1);
    assert_eq!(*survey.unreadable[0].what, index.with_extension("pack"));
}

#[test]
fn an_offset_that_no_pack_can_have_is_told() {
    let (repository, index) = packed();
    let whole = fs::read(&index).unwrap();
    // Behind the names and checksums of three objects: each offset becomes the place of a longer
    // one, and the index keeps its right checksum.
    let (objects, offsets) = (3, 8 + 256 * 4 + 3 * (20 + 4));
    for object in 0..objects {
        let mut forged = whole[..whole.len() - 20].to_vec();
        let at = offsets + object * 4;
        forged[at..at + 4].copy_from_slice(&[0x80, 0, 0, 0]);
        let pack_checksum = forged.len() - 20;
        forged.splice(pack_checksum..pack_checksum, [0xff; 8]);
        let checksum = Sha1::digest(&forged);
        forged.extend(checksum);
        fs::remove_file(&index).unwrap();
        fs::write(&index, forged).unwrap();
        assert!(!repository.search().unreadable.is_empty(), "{object}");
    }
}

#[test]
fn a_damaged_pack_is_never_clean() {
    let mut repository = Repository::new(&[]);
    let mut text: String = (0..200).map(|line| format!("line {line}\n")).collect();
    for number in 0..12 {
        text.insert_str(text.len() / 2, &format!("{}\n", key(number)));
        repository.commit_file("a", &text);
        repository.commit_file("b", format!("{number} {text}"));
    }
    repository.git(["repack", "-adfq", "--depth=50"]);
    let expected = places(&repository.search());
    let index = repository.packs().remove(0);
    for file in [index.with_extension("pack"), index] {
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 60) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            fs::write(&file, &damaged).unwrap();
            let survey = repository.search();
            let found = places(&survey);
            // A damaged index may give a version another name.
            assert!(!survey.unreadable.is_empty() || found.is_subset(&expected));
            assert!(
                found == expected || !survey.unreadable.is_empty(),
                "{file:?} {at}: {} of {}",
                found.len(),
                expected.len()
            );
            fs::write(&file, &damaged[..at]).unwrap();
            let survey = repository.search();
            assert!(!survey.unreadable.is_empty(), "{file:?} {at}");
        }
        fs::write(&file, whole).unwrap();
    }
}
