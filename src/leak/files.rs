//! Files, and directories with everything below them, searched on all cores.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use rustix::fs::OFlags;

use super::content::{self, Searched};
use super::exclude::{Exclude, without_dots};
use super::finder::Finder;
use super::known_keys::KnownKeys;
use super::progress::Progress;
use super::survey::Survey;

/// What is looked at in the file system.
#[derive(Debug)]
pub struct Files<'a> {
    /// Files and directories, as they were typed.
    pub paths: &'a [PathBuf],
    /// What is left out.
    pub exclude: Arc<Exclude>,
    /// Whether what git ignores is left out too.
    pub obeys_gitignore: bool,
}

impl Files<'_> {
    /// Searches them.
    pub fn search(&self, known: &KnownKeys, progress: &Progress) -> Survey {
        let mut survey = Survey::default();
        let mut directories = Vec::new();
        let mut searcher = Searcher::new(known, progress);
        for path in self.paths {
            match fs::metadata(path) {
                Ok(metadata) if self.exclude.leaves_out(path, metadata.is_dir()) => {}
                Ok(metadata) if metadata.is_dir() => directories.push(path),
                Ok(metadata) if metadata.is_file() => searcher.search(path, OFlags::empty()),
                Ok(_) => survey.add_unreadable(path, "it is neither a file nor a directory"),
                Err(failure) => survey.add_unreadable(path, failure),
            }
        }
        survey.merge(searcher.survey);
        if let Some(walk) = self.walk(&directories) {
            let all = Mutex::new(survey);
            walk.build_parallel().visit(&mut Searchers {
                known,
                progress,
                all: &all,
            });
            survey = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        survey
    }

    fn walk(&self, directories: &[&PathBuf]) -> Option<WalkBuilder> {
        let (first, rest) = directories.split_first()?;
        // A link to a directory is followed if it was named.
        let mut walk = WalkBuilder::new(first.join("."));
        for directory in rest {
            walk.add(directory.join("."));
        }
        let exclude = Arc::clone(&self.exclude);
        walk.standard_filters(false)
            .git_ignore(self.obeys_gitignore)
            .git_exclude(self.obeys_gitignore)
            .git_global(self.obeys_gitignore)
            .parents(self.obeys_gitignore)
            .follow_links(false)
            .filter_entry(move |entry| {
                let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_git = is_directory && entry.depth() > 0 && entry.file_name() == ".git";
                !is_git && (entry.depth() == 0 || !exclude.leaves_out(entry.path(), is_directory))
            });
        Some(walk)
    }
}

/// Searches standard input, or another stream.
pub fn search_input(stream: &mut dyn Read, name: &Path, known: &KnownKeys) -> Survey {
    let mut survey = Survey::default();
    let Searched { found, failure } = content::search_stream(&mut Finder::new(known), stream);
    survey.counts.files = 1;
    survey.add(found, &name.into(), None);
    if let Some(failure) = failure {
        survey.add_unreadable(name, failure);
    }
    survey
}

/// Searches one file after another.
struct Searcher<'a> {
    finder: Finder<'a>,
    progress: &'a Progress,
    survey: Survey,
}

impl<'a> Searcher<'a> {
    fn new(known: &'a KnownKeys, progress: &'a Progress) -> Self {
        Searcher {
            finder: Finder::new(known),
            progress,
            survey: Survey::default(),
        }
    }

    fn search(&mut self, path: &Path, flags: OFlags) {
        let mut file = match open(path, flags) {
            Ok(Some(file)) => file,
            Ok(None) => return,
            Err(failure) => return self.survey.add_unreadable(&without_dots(path), failure),
        };
        let Searched { found, failure } = content::search(&mut self.finder, &mut file, path);
        self.progress.add(1, found.bytes);
        self.survey.counts.files += 1;
        self.survey.add(found, &without_dots(path).into(), None);
        if let Some(failure) = failure {
            self.survey.add_unreadable(&without_dots(path), failure);
        }
    }
}

/// Opens a file without waiting; `None` if it has become something else than a file.
fn open(path: &Path, flags: OFlags) -> io::Result<Option<File>> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

/// Makes one searcher for each thread of a walk.
struct Searchers<'a> {
    known: &'a KnownKeys,
    progress: &'a Progress,
    all: &'a Mutex<Survey>,
}

struct Visitor<'a> {
    searcher: Searcher<'a>,
    all: &'a Mutex<Survey>,
}

impl<'a> ParallelVisitorBuilder<'a> for Searchers<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor {
            searcher: Searcher::new(self.known, self.progress),
            all: self.all,
        })
    }
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => {
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    self.searcher.search(entry.path(), OFlags::NOFOLLOW);
                }
                if let Some(problem) = entry.error() {
                    self.add_unreadable(problem);
                }
            }
            Err(problem) => self.add_unreadable(&problem),
        }
        WalkState::Continue
    }
}

impl Visitor<'_> {
    fn add_unreadable(&mut self, problem: &ignore::Error) {
        let (path, cause) = parts(problem);
        let path = without_dots(path.unwrap_or(Path::new(".")));
        match cause.io_error() {
            Some(failure) => self.searcher.survey.add_unreadable(&path, failure),
            None => self.searcher.survey.add_unreadable(&path, cause),
        }
    }
}

/// The path that a walk met a problem at, and the problem without it.
fn parts(problem: &ignore::Error) -> (Option<&Path>, &ignore::Error) {
    match problem {
        ignore::Error::WithPath { path, err } => (Some(path), parts(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            parts(err)
        }
        other => (None, other),
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        let survey = std::mem::take(&mut self.searcher.survey);
        self.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .merge(survey);
    }
}
