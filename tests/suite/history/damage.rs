//! Damaged repositories: nothing in them ends the search, and what cannot be read is told.

use std::fs;

use super::repository::{Repository, key, places};

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
