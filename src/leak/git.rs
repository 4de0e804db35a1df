//! git, asked so that nothing of a repository is run: it may be anybody's.
//!
//! Only plumbing is called, with no configuration but the repository's own, and with each setting
//! of it that names a program switched off: `core.fsmonitor`, hooks, filters, drivers of diffs,
//! helpers that fetch what is missing.

pub mod blobs;
pub mod commits;
pub mod first_commits;
mod lines;
pub mod object_store;
pub mod raw_diff;

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::secret_text::masked;
use crate::error::{Code, Error};

/// What is switched off, whatever the repository says.
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "protocol.allow=never",
];

const ENVIRONMENT: [(&str, &str); 10] = [
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
}

impl Git {
    /// The repository around a directory.
    ///
    /// # Errors
    /// If there is no git, no repository, or if it belongs to another user.
    pub fn around(directory: &Path, index: Option<OsString>) -> Result<Self, Error> {
        let git = Git {
            directory: directory.into(),
            index,
        };
        let mut command = git.command();
        let output = command
            .args(["rev-parse", "--git-dir"])
            .output()
            .map_err(no_git)?;
        if output.status.success() {
            return Ok(git);
        }
        let place = shown(
            &directory
                .canonicalize()
                .unwrap_or_else(|_| directory.into()),
        );
        if belongs_to_another(directory) {
            return Err(Error::new(
                Code::Io,
                format!("the repository around {place} belongs to another user"),
            )
            .because(failed(&output.stderr))
            .hint("run this as the owner of the repository"));
        }
        Err(Error::new(
            Code::Io,
            format!("there is no git repository around {place}"),
        )
        .because(failed(&output.stderr))
        .hint(Hint::from("run this inside a repository, or scan files: ").then(Remedy::ScanFiles)))
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

/// Whether the repository around a directory has another owner than this user.
fn belongs_to_another(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else {
        return false;
    };
    let me = rustix::process::geteuid().as_raw();
    directory
        .ancestors()
        .find(|place| place.join(".git").exists() || place.join("objects").is_dir())
        .is_some_and(|place| {
            [place, &place.join(".git")]
                .iter()
                .filter_map(|path| path.metadata().ok())
                .any(|metadata| metadata.uid() != me)
        })
}
