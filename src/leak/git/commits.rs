//! The commits of a range, and what each of them changed.

use std::io::{self, BufRead, BufReader, Write};
use std::process::Child;

use super::lines::read_field;
use super::raw_diff::{ChangedFile, file, not_understood, paths_behind};
use super::{Git, TRUE_PARENTS, memory, no_git};
use crate::domain::Timestamp;
use crate::domain::leak::Commit;
use crate::error::{Code, Error};

/// More changed files of one commit are not held in memory.
const MOST_FILES: usize = 250_000;

impl Git {
    /// A git that compares each commit that it is told with its parents, by the files themselves.
    /// `merges` says which differences of a merge it tells, and `renames` whether those are looked
    /// for.
    pub(super) fn compare(&self, merges: &str, renames: &str) -> Result<Child, Error> {
        let git = self.start(&[
            "diff-tree",
            "--stdin",
            "--always",
            "--root",
            merges,
            "-r",
            "-z",
            "--raw",
            "--no-abbrev",
            renames,
            "-O/dev/null",
            "--no-ext-diff",
            "--no-textconv",
            // Or it reads `.gitmodules`, and ends if that is wrong.
            "--ignore-submodules=all",
        ])?;
        memory::bound(&git, memory::OF_LISTS);
        Ok(git)
    }

    /// The commits that the second of two commits has and the first has not, parents first.
    ///
    /// # Errors
    /// If git fails.
    pub fn commits_between(&self, from: &str, to: &str) -> Result<Vec<Commit>, Error> {
        let [option, setting] = TRUE_PARENTS;
        let listed = self.output(&[
            option,
            setting,
            "rev-list",
            "--reverse",
            "--topo-order",
            "--no-commit-header",
            "--format=%H %at",
            "--end-of-options",
            &format!("{from}..{to}"),
        ])?;
        String::from_utf8_lossy(&listed)
            .lines()
            .map(commit)
            .collect()
    }

    /// Hands over what each of these commits changed. Of a merge, only what it has in another
    /// version than all of its parents.
    ///
    /// # Errors
    /// If git fails, or what `each` fails with.
    pub fn each_change(
        &self,
        commits: &[Commit],
        mut each: impl FnMut(&Commit, Vec<ChangedFile>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut child = self.compare("-c", "--find-renames")?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let (Some(mut questions), Some(answers)) = (questions, answers) else {
            return Err(no_git(io::ErrorKind::BrokenPipe.into()));
        };
        let mut answers = BufReader::new(answers);
        let told = std::thread::scope(|scope| {
            // From another thread, since git answers before it has read all.
            scope.spawn(move || {
                commits
                    .iter()
                    .try_for_each(|commit| writeln!(questions, "{}", commit.id))
            });
            let told = each_answer(commits, &mut answers, &mut each);
            if told.is_err() {
                let _ = child.kill();
            }
            told
        });
        let status = child.wait().map_err(no_git)?;
        told?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::io("ask git", io::Error::other("it failed")))
        }
    }
}

/// A commit from its name and the seconds of its author date, which may be no instant.
fn commit(line: &str) -> Result<Commit, Error> {
    let (id, author_date) = line.split_once(' ').ok_or_else(not_understood)?;
    Ok(Commit {
        id: id.to_owned(),
        author_date: author_date.parse().ok().and_then(Timestamp::from_unix),
    })
}

/// What is said of a commit with more files than are looked at together.
fn too_many(commit: &Commit) -> Error {
    let what = format!(
        "the commit {} changes more than {MOST_FILES} files",
        commit.id
    );
    Error::new(Code::Io, what).hint("scan the whole history instead, which looks at each file once")
}

/// Reads the answers, one for each commit: its name, and the files.
fn each_answer(
    commits: &[Commit],
    answers: &mut impl BufRead,
    each: &mut impl FnMut(&Commit, Vec<ChangedFile>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut next = field(answers)?;
    for commit in commits {
        match &next {
            Some(id) if id == commit.id.as_bytes() => {}
            Some(_) => return Err(Error::unexpected("git answered about another commit")),
            None => {
                let why = format!("it cannot compare the commit {}", commit.id);
                return Err(Error::io("ask git", io::Error::other(why)));
            }
        }
        let mut changed = Vec::new();
        next = field(answers)?;
        while let Some(header) = next.take_if(|header| header.starts_with(b":")) {
            if changed.len() == MOST_FILES {
                return Err(too_many(commit));
            }
            let mut path = None;
            for _ in 0..paths_behind(&header) {
                path = field(answers)?;
            }
            changed.push(file(&header, path.as_deref())?);
            next = field(answers)?;
        }
        each(commit, changed)?;
    }
    Ok(())
}

/// The next text that ends in NUL; `None` at the end.
fn field(answers: &mut impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let mut field = Vec::new();
    let is_there =
        read_field(answers, &mut field).map_err(|cause| Error::io("read git's answer", cause))?;
    Ok(is_there.then_some(field))
}
