//! Searches every version of every file in a repository's object store, reachable or not.
//!
//! The packs and the loose objects are read here, on all processors and in limited memory: git
//! makes each object anew for whoever asks, which takes several times as long. What cannot be read
//! here is asked of git, and what git cannot read either is told as unreadable. Git also knows
//! whether the repository may be read at all, and which commit first added what was found.

pub mod blob_search;
pub mod delta;
mod duplicates;
pub mod families;
pub mod limits;
mod loose;
mod loose_search;
pub mod object;
pub mod pack;
pub mod pack_index;
pub mod pack_search;
mod parallel;
mod traps;
pub mod window;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blob_search::{BlobFound, BlobSearch};
use duplicates::Duplicates;
use families::Families;
use limits::Limits;
use loose_search::LooseSearch;
use object::{Damaged, ObjectId};
use pack::Pack;
use pack_search::PackSearch;
use parallel::{share, threads};

use crate::domain::leak::Version;
use crate::error::Error;
use crate::leak::exclude::Exclude;
use crate::leak::git::Git;
use crate::leak::git::blobs::Blobs;
use crate::leak::git::object_store::ObjectStore;
use crate::leak::{Found, KnownKeys, Progress, Survey};

/// So many versions in a row are searched by one thread: they stand side by side.
const STEP: usize = 256;

/// Searches all versions of all files of a repository. The limits make no difference to what is
/// found.
///
/// # Errors
/// If git fails. What cannot be read is told in the survey.
pub fn search_history(
    limits: &Limits,
    git: &Git,
    exclude: &Exclude,
    known: &KnownKeys,
    progress: &Progress,
) -> Result<Survey, Error> {
    let store = git.object_store()?;
    traps::refuse(&store)?;
    let mut history = HistorySearch {
        limits,
        known,
        progress,
        survey: Survey::default(),
        found: Vec::new(),
        left: Vec::new(),
    };
    for (path, why) in &store.unreadable {
        history.survey.add_unreadable(path, why);
    }
    let packs = history.packs(&store);
    progress.expect(
        packs
            .iter()
            .map(|pack| u64::from(pack.index.objects()))
            .sum(),
    );
    history.search_packs(&packs)?;
    history.search_loose(&store, &packs)?;
    history.search_left(git)?;
    if git.is_partial_clone()? {
        history.count_missing(git);
    }
    Ok(history.place(git, exclude))
}

/// A search under way.
struct HistorySearch<'h> {
    limits: &'h Limits,
    known: &'h KnownKeys,
    progress: &'h Progress,
    survey: Survey,
    /// The blobs of which there is something to tell.
    found: Vec<(ObjectId, BlobFound)>,
    /// The objects that git is to be asked for.
    left: Vec<ObjectId>,
}

impl HistorySearch<'_> {
    /// Opens all packs.
    fn packs(&mut self, store: &ObjectStore) -> Vec<Pack> {
        let mut packs = Vec::new();
        for directory in &store.directories {
            let directory = directory.join("pack");
            let mut indexes = match files_in(&directory) {
                Ok(files) => files,
                Err(e) => {
                    self.survey.add_unreadable(&directory, e);
                    continue;
                }
            };
            let is =
                |file: &Path, kind| file.extension().is_some_and(|extension| extension == kind);
            for pack in indexes.iter().filter(|file| is(file, "pack")) {
                if !indexes.contains(&pack.with_extension("idx")) {
                    self.survey.add_unreadable(pack, "the pack has no index");
                }
            }
            indexes.retain(|file| is(file, "idx"));
            indexes.sort();
            for index in indexes {
                match Pack::open(&index, store.id_length) {
                    Ok(pack) => {
                        if !pack.index.is_intact().is_ok_and(|is_intact| is_intact) {
                            // It is searched all the same, as far as it can be read.
                            self.survey.add_unreadable(&index, DAMAGED);
                        }
                        packs.push(pack);
                    }
                    Err(Damaged) => self.survey.add_unreadable(&index, DAMAGED),
                }
            }
        }
        packs
    }

    fn search_packs(&mut self, packs: &[Pack]) -> Result<(), Error> {
        let duplicates = match Duplicates::of(packs) {
            Ok(duplicates) => duplicates,
            // What several packs have is then searched several times.
            Err(Damaged) => vec![Duplicates::default(); packs.len()],
        };
        for (pack, duplicates) in packs.iter().zip(&duplicates) {
            match families::parts(pack, self.limits.entries) {
                Ok(parts) => {
                    for part in parts {
                        self.search_part(pack, &part, duplicates)?;
                    }
                }
                Err(Damaged) => self.survey.add_unreadable(&pack.path, DAMAGED),
            }
        }
        Ok(())
    }

    fn search_part(
        &mut self,
        pack: &Pack,
        part: &Range<u64>,
        duplicates: &Duplicates,
    ) -> Result<(), Error> {
        let families = Families::read(pack, part, &|object| !duplicates.contains(object));
        let Ok(families) = families else {
            self.survey.add_unreadable(&pack.path, DAMAGED);
            return Ok(());
        };
        self.survey.counts.commits += families.commits;
        self.progress.add(families.others, 0);
        let searches = share(
            families.versions(),
            STEP,
            &|| PackSearch::new(pack, &families, self.limits, BlobSearch::new(self.known)),
            &|search, version| {
                if let Some(root) = families.root(version) {
                    let before = (
                        search.blobs.survey.counts.blobs,
                        search.blobs.survey.counts.bytes,
                    );
                    search.family(root);
                    let after = search.blobs.survey.counts;
                    self.progress
                        .add(after.blobs - before.0, after.bytes - before.1);
                }
            },
        )?;
        let (mut found, mut left) = (Vec::new(), families.unreadable.clone());
        for mut search in searches {
            self.survey.merge(search.blobs.survey);
            found.append(&mut search.found);
            left.append(&mut search.left);
        }
        let offsets = found.iter().map(|(offset, _)| *offset);
        let Ok(ids) = pack.index.ids(offsets.chain(left.iter().copied())) else {
            self.survey.add_unreadable(&pack.path, DAMAGED);
            return Ok(());
        };
        self.left.extend(left.iter().map(|offset| ids[offset]));
        let found = found.into_iter();
        self.found
            .extend(found.map(|(offset, found)| (ids[&offset], found)));
        Ok(())
    }

    fn search_loose(&mut self, store: &ObjectStore, packs: &[Pack]) -> Result<(), Error> {
        let searches = share(
            1 << u8::BITS,
            1,
            &|| LooseSearch::new(store, packs, self.limits, BlobSearch::new(self.known)),
            &|search, first_byte| search.directory(first_byte as u8),
        )?;
        for mut search in searches {
            self.survey.merge(search.blobs.survey);
            self.survey.counts.commits += search.commits;
            self.found.append(&mut search.found);
            self.left.append(&mut search.left);
        }
        Ok(())
    }

    /// Asks git for what could not be read here.
    fn search_left(&mut self, git: &Git) -> Result<(), Error> {
        if self.left.is_empty() {
            return Ok(());
        }
        let mut search = BlobSearch::new(self.known);
        let mut blobs = Blobs::of(git)?;
        for id in std::mem::take(&mut self.left) {
            let found = search.search_through(&mut blobs, &id.to_string());
            if found.failure.is_some() {
                // It ends when it meets a damaged object.
                blobs = Blobs::of(git)?;
            }
            if !found.is_empty() {
                self.found.push((id, found));
            }
        }
        self.survey.merge(search.survey);
        Ok(())
    }

    fn count_missing(&mut self, git: &Git) {
        let why = match git.missing_objects() {
            Ok(0) => return,
            Ok(1) => "1 object is missing: this is a partial clone".to_owned(),
            Ok(missing) => format!("{missing} objects are missing: this is a partial clone"),
            Err(failure) => failure.sentence(),
        };
        self.survey.add_unreadable(Path::new(COMMITS), why);
    }

    /// Says where the blobs are in the history.
    fn place(mut self, git: &Git, exclude: &Exclude) -> Survey {
        let blobs: HashSet<String> = self
            .found
            .iter()
            .filter(|(_, found)| !found.occurrences.is_empty())
            .map(|(id, _)| id.to_string())
            .collect();
        let firsts = git.first_commits(&blobs, exclude, threads());
        if let Some(failure) = firsts.failure {
            self.survey
                .add_unreadable(Path::new(COMMITS), failure.sentence());
        }
        for (id, found) in self.found {
            let id = id.to_string();
            let first = firsts.by_blob.get(&id);
            if firsts.left_out.contains(&id) {
                continue;
            }
            // What nothing reaches has no path; git knows it by its name.
            let path = first.map_or_else(
                || Arc::from(Path::new(&id)),
                |first| Arc::clone(&first.path),
            );
            if let Some(failure) = found.failure {
                self.survey.add_unreadable(&path, failure);
            }
            let version = Arc::new(Version {
                blob: id,
                commit: first.map(|first| first.commit.clone()),
            });
            // The rest was counted when it was searched.
            let found = Found {
                occurrences: found.occurrences,
                ..Found::default()
            };
            self.survey.add(found, &path, Some(&version));
        }
        self.survey
    }
}

const DAMAGED: &str = "the pack is damaged";
/// What cannot be read of all commits.
const COMMITS: &str = "history";

/// The files in a directory; none if there is no such directory.
fn files_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}
