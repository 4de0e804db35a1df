//! The keys that changes of a repository add: on lines that were not there before.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;

use super::content::Searched;
use super::exclude::Exclude;
use super::finder::{Finder, Found};
use super::git::Git;
use super::git::blobs::Blobs;
use super::git::raw_diff::ChangedFile;
use super::known_keys::KnownKeys;
use super::progress::Progress;
use super::survey::Survey;
use crate::domain::leak::{Commit, Version};
use crate::error::Error;

/// Searches for the keys that the next commit would add.
///
/// # Errors
/// If git fails. What cannot be read of the index is told in the survey.
pub fn search_staged(
    git: &Git,
    exclude: &Exclude,
    known: &KnownKeys,
    progress: &Progress,
) -> Result<Survey, Error> {
    let mut changes = Changes::of(git, exclude, known)?;
    let staged = git.staged()?;
    progress.expect(staged.len() as u64);
    changes.search(&staged, None);
    progress.add(changes.survey.counts.blobs, changes.survey.counts.bytes);
    Ok(changes.survey)
}

/// Searches for the keys that the commits since a revision, up to HEAD, add. `None` if there is no
/// such revision.
///
/// # Errors
/// If git fails.
pub fn search_since(
    git: &Git,
    revision: &OsStr,
    exclude: &Exclude,
    known: &KnownKeys,
    progress: &Progress,
) -> Result<Option<Survey>, Error> {
    let Some(from) = git.commit(revision)? else {
        return Ok(None);
    };
    let Some(to) = git.commit(OsStr::new("HEAD"))? else {
        return Ok(None);
    };
    let commits = git.commits_between(&from, &to)?;
    progress.expect(commits.len() as u64);
    let mut changes = Changes::of(git, exclude, known)?;
    git.each_change(&commits, |commit, changed| {
        let before = changes.survey.counts.bytes;
        changes.survey.counts.commits += 1;
        changes.search(&changed, Some(commit));
        progress.add(1, changes.survey.counts.bytes - before);
        Ok(())
    })?;
    Ok(Some(changes.survey))
}

/// Searches one change after another.
struct Changes<'a> {
    exclude: &'a Exclude,
    finder: Finder<'a>,
    blobs: Blobs,
    /// Blobs in which there is nothing to tell.
    dull: HashSet<String>,
    survey: Survey,
}

impl<'a> Changes<'a> {
    fn of(git: &Git, exclude: &'a Exclude, known: &'a KnownKeys) -> Result<Self, Error> {
        Ok(Changes {
            exclude,
            finder: Finder::with_line_digests(known),
            blobs: Blobs::of(git)?,
            dull: HashSet::new(),
            survey: Survey::default(),
        })
    }

    /// Adds what a change adds. A line that the change only moves, within a file or to another
    /// one, is nothing new.
    fn search(&mut self, changed: &[ChangedFile], commit: Option<&Commit>) {
        let mut added = Vec::new();
        for (place, file) in changed.iter().enumerate() {
            if file.is_in_conflict {
                self.survey
                    .add_unreadable(&file.path, "it is in conflict; resolve that first");
            }
            if let Some(blob) = &file.after
                && !self.exclude.leaves_out(&file.path, false)
                && let Some(found) = self.found(blob, file)
            {
                added.push((place, blob, found));
            }
        }
        if added.is_empty() {
            return;
        }
        let mut before: Vec<Content> = changed.iter().map(|file| self.before(file)).collect();
        for (place, _, found) in &mut added {
            before[*place].take_from(found);
        }
        let mut moved = Content::default();
        before.into_iter().for_each(|content| moved.add(content));
        for (place, blob, mut found) in added {
            moved.take_from(&mut found);
            found.bytes = 0;
            let version = Version {
                blob: blob.clone(),
                commit: commit.cloned(),
            };
            self.survey
                .add(found, &changed[place].path, Some(&version.into()));
        }
    }

    /// What a file held before a change; for a merge, what it held in any of the parents.
    fn before(&mut self, file: &ChangedFile) -> Content {
        let mut before = Content::default();
        for blob in file.before.iter().flatten() {
            if !self.dull.contains(blob) {
                let searched = self.blobs.search(&mut self.finder, blob, &file.path);
                before.join(Content::of(&searched.found));
            }
        }
        before
    }

    /// What a blob holds, if there is anything to tell of it.
    fn found(&mut self, blob: &str, file: &ChangedFile) -> Option<Found> {
        if self.dull.contains(blob) {
            return None;
        }
        let Searched { found, failure } = self.blobs.search(&mut self.finder, blob, &file.path);
        self.survey.counts.blobs += 1;
        self.survey.counts.bytes += found.bytes;
        let is_whole = failure.is_none();
        if let Some(failure) = failure {
            self.survey.add_unreadable(&file.path, failure);
        }
        let is_dull =
            found.occurrences.is_empty() && found.look_alikes == 0 && found.allowed_lines == 0;
        if is_dull && is_whole {
            self.dull.insert(blob.to_owned());
        }
        (!is_dull).then_some(found)
    }
}

/// What a content held that a change may have kept.
#[derive(Default)]
struct Content {
    /// How often each line with keys stands in it, by its hash.
    lines: HashMap<Option<[u8; 32]>, u64>,
    look_alikes: u64,
    allowed_lines: u64,
}

impl Content {
    fn of(found: &Found) -> Self {
        let mut content = Content {
            lines: HashMap::new(),
            look_alikes: found.look_alikes,
            allowed_lines: found.allowed_lines,
        };
        for line in found
            .occurrences
            .chunk_by(|one, next| one.line == next.line)
        {
            *content.lines.entry(line[0].line_digest).or_default() += 1;
        }
        content
    }

    /// Adds what another content held.
    fn add(&mut self, other: Content) {
        for (line, count) in other.lines {
            *self.lines.entry(line).or_default() += count;
        }
        self.look_alikes += other.look_alikes;
        self.allowed_lines += other.allowed_lines;
    }

    /// Makes it the most that either of two versions held.
    fn join(&mut self, other: Content) {
        for (line, count) in other.lines {
            let most = self.lines.entry(line).or_default();
            *most = count.max(*most);
        }
        self.look_alikes = self.look_alikes.max(other.look_alikes);
        self.allowed_lines = self.allowed_lines.max(other.allowed_lines);
    }

    /// Takes what was there before from what was found, and from this.
    fn take_from(&mut self, found: &mut Found) {
        let mut last = None;
        found.occurrences.retain(|one| {
            if let Some((line, is_new)) = last
                && line == one.line
            {
                return is_new;
            }
            let is_new = match self.lines.get_mut(&one.line_digest) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            };
            last = Some((one.line, is_new));
            is_new
        });
        less(&mut found.look_alikes, &mut self.look_alikes);
        less(&mut found.allowed_lines, &mut self.allowed_lines);
    }
}

/// Takes from a number as much of another as there is.
fn less(number: &mut u64, available: &mut u64) {
    let taken = (*number).min(*available);
    *number -= taken;
    *available -= taken;
}
