//! git, asked so that nothing of a repository is run: it may be anybody's.
//!
//! Only plumbing is called, with no configuration but the repository's own, and with each setting
//! of it that names a program switched off: `core.fsmonitor`, hooks, filters, drivers of diffs,
//! helpers that fetch what is missing. Of the user's own configuration one setting counts,
//! `safe.directory`.

pub mod blobs;
pub mod commits;
pub mod first_commits;
mod lines;
mod memory;
pub mod object_store;
mod ownership;
pub mod raw_diff;

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use self::ownership::SAFE_DIRECTORY;
use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::secret_text::masked;
use crate::error::{Code, Error};

/// What is switched off or set, whatever the repository says.
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "diff.external=",
    // Without a limit it takes the square of the number of files.
    "diff.renameLimit=1000",
];
/// A commit's parents as it names them, and not as a file beside it says.
const TRUE_PARENTS: [&str; 2] = ["-c", "core.commitGraph=false"];

const ENVIRONMENT: [(&str, &str); 11] = [
    // The name of no protocol: whatever a repository allows, nothing is fetched.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("LC_ALL", "C"),
];

/// A repository, through git.
#[derive(Debug)]
pub struct Git {
    directory: PathBuf,
    /// The index to be used, if it is another one than the repository's: `git commit -a` names it
    /// to its hooks.
    index: Option<OsString>,
    /// What the user has declared safe, if the repository belongs to another one.
    declared_safe: Vec<OsString>,
}

impl Git {
    /// The repository around a directory.
    ///
    /// # Errors
    /// If there is no git, no repository, or if it belongs to another user and this one has not
    /// declared it safe.
    pub fn around(directory: &Path, index: Option<OsString>) -> Result<Self, Error> {
        let mut git = Git {
            directory: directory.into(),
            index,
            declared_safe: Vec::new(),
        };
        let Err(said) = git.find_repository()? else {
            return Ok(git);
        };
        let Some(repository) = ownership::of_another(directory) else {
            let directory = directory.canonicalize();
            let place = shown(&directory.unwrap_or_else(|_| git.directory.clone()));
            return Err(Error::new(
                Code::Io,
                format!("there is no git repository around {place}"),
            )
            .because(said)
            .hint(
                Hint::from("run this inside a repository, or scan files: ").then(Remedy::ScanFiles),
            ));
        };
        git.declared_safe = ownership::declared_safe()?;
        let Err(said) = git.find_repository()? else {
            return Ok(git);
        };
        let place = shown(&repository);
        Err(Error::new(
            Code::Io,
            format!("the repository at {place} belongs to another user"),
        )
        .because(said)
        .hint(
            Hint::from("run this as its owner; or, if you trust whoever that is: ")
                .then(Remedy::DeclareSafe(repository)),
        ))
    }

    /// Whether git finds a repository that it may look into; if not, what it says.
    fn find_repository(&self) -> Result<Result<(), io::Error>, Error> {
        let mut command = self.command();
        command.args(["rev-parse", "--git-dir"]);
        let output = command.output().map_err(no_git)?;
        Ok(if output.status.success() {
            Ok(())
        } else {
            Err(failed(&output.stderr))
        })
    }

    /// git, told to run nothing of the repository.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(ENVIRONMENT);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.args(["--no-pager", "--literal-pathspecs"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for directory in &self.declared_safe {
            let mut setting = OsString::from(SAFE_DIRECTORY);
            setting.push("=");
            setting.push(directory);
            command.arg("-c").arg(setting);
        }
        command.current_dir(&self.directory).stdin(Stdio::null());
        command
    }

    /// Starts git with pipes to what it reads and from what it prints.
    fn start(&self, arguments: &[&str]) -> Result<Child, Error> {
        self.command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(no_git)
    }

    /// What git prints.
    ///
    /// # Errors
    /// If it fails.
    fn output<I: AsRef<OsStr>>(&self, arguments: &[I]) -> Result<Vec<u8>, Error> {
        let output = self.command().args(arguments).output().map_err(no_git)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(Error::io("ask git", failed(&output.stderr)))
        }
    }

    /// The commit that a revision names, if it names one. What looks like an option names none.
    ///
    /// # Errors
    /// If git cannot be asked.
    pub fn commit(&self, revision: &OsStr) -> Result<Option<String>, Error> {
        if revision.is_empty() || revision.as_bytes().starts_with(b"-") {
            return Ok(None);
        }
        let mut name = revision.to_owned();
        name.push("^{commit}");
        let output = self
            .command()
            .args(TRUE_PARENTS)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(name)
            .output()
            .map_err(no_git)?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        // `^main` names what is not reachable from a commit.
        let is_name = !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        Ok((output.status.success() && is_name).then_some(id))
    }
}

fn no_git(cause: io::Error) -> Error {
    if cause.kind() == ErrorKind::NotFound {
        Error::new(Code::Io, "this needs git, which is not installed")
            .hint(Hint::from("install git, or scan files: ").then(Remedy::ScanFiles))
    } else {
        Error::io("run git", cause)
    }
}

/// What git says of a failure, without keys that a name or a path may hold.
fn failed(stderr: &[u8]) -> io::Error {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().next().unwrap_or("git says nothing");
    io::Error::other(masked(line))
}
