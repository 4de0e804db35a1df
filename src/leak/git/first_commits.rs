//! Which commit first added a blob, and where.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::lines::read_field;
use super::{Git, no_git};
use crate::domain::Timestamp;
use crate::domain::leak::Commit;
use crate::error::Error;
use crate::leak::exclude::Exclude;

/// All that is not lost: what references and HEADs reach, and what they reached before. What
/// replaces a commit is no part of the history.
pub(super) const EVERYTHING: [&str; 4] = [
    "--exclude=refs/replace/*",
    "--all",
    "--reflog",
    "--ignore-missing",
];
/// So many commits in a row are compared by one git.
const STEP: u64 = 128;

type Comparer = (Child, BufWriter<ChildStdin>, BufReader<ChildStdout>);

/// Where a blob first was.
#[derive(Debug, Clone)]
pub struct FirstCommit {
    /// The path in the repository.
    pub path: Arc<Path>,
    /// The commit.
    pub commit: Commit,
}

/// Where blobs were seen up to now.
#[derive(Debug, Default)]
struct SeenObjects {
    earliest: HashMap<String, Sight>,
    left_out: HashSet<String>,
}

/// The earliest commit up to now that has a blob where its parents have it not.
#[derive(Debug)]
struct Sight {
    /// The place of the commit in the order of all.
    place: u64,
    commit: String,
    path: Arc<Path>,
}

/// The first commits of blobs, as far as git could tell them.
#[derive(Debug, Default)]
pub struct FirstCommits {
    /// By the name of the blob.
    pub by_blob: HashMap<String, FirstCommit>,
    /// The blobs that only have paths that are left out.
    pub left_out: HashSet<String>,
    /// Why they may not be all, or not the first ones.
    pub failure: Option<Error>,
}

impl Git {
    /// For each of these blobs the first commit that has it where none of its parents has it, in
    /// an order in which parents come before children and older commits before newer ones. A blob
    /// that nothing reaches is in none. `processes` is how many gits may work at once.
    pub fn first_commits(
        &self,
        blobs: &HashSet<String>,
        exclude: &Exclude,
        processes: usize,
    ) -> FirstCommits {
        let mut firsts = FirstCommits::default();
        if blobs.is_empty() {
            return firsts;
        }
        let search = Search {
            blobs,
            exclude,
            seen: Mutex::default(),
        };
        firsts.failure = self.look_through(&search, processes).err();
        let seen = search.seen.into_inner();
        let seen = seen.unwrap_or_else(PoisonError::into_inner);
        let sights = seen.earliest.values();
        let ids: HashSet<&str> = sights.map(|sight| &*sight.commit).collect();
        let mut author_dates = HashMap::new();
        if let Err(failure) = self.author_dates(&ids, &mut author_dates) {
            firsts.failure.get_or_insert(failure);
        }
        firsts.left_out = seen.left_out;
        for (blob, sight) in seen.earliest {
            let first = FirstCommit {
                path: sight.path,
                commit: Commit {
                    author_date: author_dates.get(&sight.commit).copied(),
                    id: sight.commit,
                },
            };
            firsts.left_out.remove(&blob);
            firsts.by_blob.insert(blob, first);
        }
        firsts
    }

    /// Goes through all commits, until each blob was seen.
    fn look_through(&self, search: &Search<'_>, processes: usize) -> Result<(), Error> {
        thread::scope(|scope| {
            let (mut questions, mut workers) = (Vec::new(), Vec::new());
            for number in 0..processes as u64 {
                let (mut child, stdin, mut answers) = self.comparer()?;
                questions.push(stdin);
                workers.push(scope.spawn(move || {
                    let place = |count: u64| {
                        (count / STEP * processes as u64 + number) * STEP + count % STEP
                    };
                    let read = search.look(&mut answers, &place);
                    if read.is_err() {
                        let _ = child.kill();
                    }
                    let status = child.wait()?;
                    read.and(if status.success() {
                        Ok(())
                    } else {
                        Err(io::Error::other("it could not compare all commits"))
                    })
                }));
            }
            let mut arguments = vec!["rev-list", "--date-order", "--reverse"];
            arguments.extend(EVERYTHING);
            let mut count = 0;
            let listed = self.each_line(&arguments, "", |commit| {
                if count % STEP == 0 && search.is_done() {
                    return Ok(ControlFlow::Break(()));
                }
                let to = (count / STEP) as usize % questions.len();
                count += 1;
                // If it has ended, its exit status says so.
                let _ = questions[to]
                    .write_all(commit)
                    .and_then(|()| questions[to].write_all(b"\n"));
                Ok(ControlFlow::Continue(()))
            });
            drop(questions);
            let mut compared = Ok(());
            for worker in workers {
                let worker = worker.join().map_err(|_| Error::ended_early())?;
                compared = compared.and(worker.map_err(|e| Error::io("ask git", e)));
            }
            listed.and(compared)
        })
    }

    /// A git that compares commits, the way to tell it which, and its answers.
    fn comparer(&self) -> Result<Comparer, Error> {
        // What a merge has from another parent was seen there: the first of all commits that have a
        // blob differs from each of its parents.
        let mut child = self.compare("--diff-merges=first-parent", "--no-renames")?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => {
                Ok((child, BufWriter::new(stdin), BufReader::new(stdout)))
            }
            _ => Err(no_git(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Adds when these commits were written, if that is an instant of the years 1970 to 9999.
    fn author_dates(
        &self,
        commits: &HashSet<&str>,
        dates: &mut HashMap<String, Timestamp>,
    ) -> Result<(), Error> {
        if commits.is_empty() {
            return Ok(());
        }
        let ids: String = commits.iter().flat_map(|id| [id, "\n"]).collect();
        let arguments = [
            "rev-list",
            "--no-walk",
            "--no-commit-header",
            "--format=%H %at",
            "--stdin",
        ];
        self.each_line(&arguments, &ids, |line| {
            let line = String::from_utf8_lossy(line);
            if let Some((id, seconds)) = line.split_once(' ')
                && let Some(date) = seconds.parse().ok().and_then(Timestamp::from_unix)
            {
                dates.insert(id.to_owned(), date);
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

/// A search for the first commits of some blobs.
struct Search<'s> {
    blobs: &'s HashSet<String>,
    exclude: &'s Exclude,
    seen: Mutex<SeenObjects>,
}

impl Search<'_> {
    fn seen(&self) -> MutexGuard<'_, SeenObjects> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_done(&self) -> bool {
        self.seen().earliest.len() == self.blobs.len()
    }

    /// Looks for the blobs in what a git says of one commit after another. `place` tells the place
    /// of a commit among all from its number among those of this git.
    fn look(&self, answers: &mut impl BufRead, place: &dyn Fn(u64) -> u64) -> io::Result<()> {
        let (mut field, mut commit, mut count) = (Vec::new(), String::new(), 0_u64);
        while read_field(answers, &mut field)? {
            if !field.starts_with(b":") {
                commit.clear();
                commit.push_str(object_name(&field)?);
                count += 1;
                continue;
            }
            // `:mode mode id id status`: the last id is what it has now.
            let id = field.rsplit(|byte| *byte == b' ').nth(1);
            let blob = self.blobs.get(object_name(id.unwrap_or(b""))?);
            if commit.is_empty() || !read_field(answers, &mut field)? {
                return Err(not_understood());
            }
            if let Some(blob) = blob {
                let path = Path::new(OsStr::from_bytes(&field));
                self.see(blob, place(count.saturating_sub(1)), &commit, path);
            }
        }
        Ok(())
    }

    fn see(&self, blob: &str, place: u64, commit: &str, path: &Path) {
        let mut seen = self.seen();
        if self.exclude.leaves_out(path, false) {
            seen.left_out.insert(blob.to_owned());
        } else if seen
            .earliest
            .get(blob)
            .is_none_or(|earliest| place < earliest.place)
        {
            let sight = Sight {
                place,
                commit: commit.to_owned(),
                path: path.into(),
            };
            seen.earliest.insert(blob.to_owned(), sight);
        }
    }
}

/// The name of a commit or a blob, in hexadecimal digits.
fn object_name(name: &[u8]) -> io::Result<&str> {
    match std::str::from_utf8(name) {
        Ok(name) if !name.is_empty() && name.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            Ok(name)
        }
        _ => Err(not_understood()),
    }
}

fn not_understood() -> io::Error {
    io::Error::other("its answer cannot be understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths and commits that are seen for the blob `b0b`.
    fn seen(answers: &[u8]) -> io::Result<Vec<(String, String)>> {
        let exclude = Exclude::new(&[]).expect("no pattern is a wrong one");
        let search = Search {
            blobs: &HashSet::from(["b0b".to_owned()]),
            exclude: &exclude,
            seen: Mutex::default(),
        };
        search.look(&mut &*answers, &|place| place)?;
        let seen = search.seen();
        let sights = seen.earliest.values();
        Ok(sights
            .map(|sight| (sight.path.display().to_string(), sight.commit.clone()))
            .collect())
    }

    #[test]
    fn an_answer_that_git_cannot_give_is_an_error() {
        let whole = b"c0\0:100644 100644 a0 b0b M\0src/a b\0c1\0";
        let expected = vec![("src/a b".to_owned(), "c0".to_owned())];
        assert_eq!(seen(whole).unwrap(), expected);
        assert_eq!(seen(b"").unwrap(), []);
        for wrong in [
            &b"c0\0:100644 100644 a0 \xff M\0a\0"[..],
            b"c0\0:\0a\0",
            b"c0\0:100644 100644 a0  M\0a\0",
            b"c0\0:100644 100644 a0 b0b M\0",
            b"c0\0:100644 100644 a0 b0b M\0a",
            b"c0\0:100644 100644 a0 b0b M",
            b":100644 100644 a0 b0b M\0a\0",
            b"fatal: no\0",
            b"c0",
            b"\0",
        ] {
            assert!(seen(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
