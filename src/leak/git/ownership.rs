//! Repositories that belong to another user, and which of them this user has declared safe.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::no_git;
use super::raw_diff::Fields;
use crate::error::Error;

/// The setting of git that declares a repository safe, whoever owns it.
pub(super) const SAFE_DIRECTORY: &str = "safe.directory";
/// Where git looks for the settings of the user and of the system.
const PLACES: [&str; 6] = [
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// What the user and the system have declared safe, in the order in which git obeys it: an empty
/// value takes back all before it. No setting of a repository counts, nor one that was passed to a
/// single command.
pub(super) fn declared_safe() -> Result<Vec<OsString>, Error> {
    let mut command = Command::new("git");
    command.env_clear();
    for name in PLACES {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let output = command
        .args(["--no-pager", "config", "--show-scope", "--null"])
        .args(["--type=path", "--get-all", SAFE_DIRECTORY])
        // Away from the repository, which has no say.
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(no_git)?;
    let mut fields = Fields(&output.stdout);
    let mut declared = Vec::new();
    while let (Some(scope), Some(value)) = (fields.next(), fields.next()) {
        if matches!(scope, b"system" | b"global") {
            declared.push(OsString::from_vec(value.to_vec()));
        }
    }
    Ok(declared)
}

/// The repository around a directory, as git names it to declare it safe, if it has another owner
/// than this user.
pub(super) fn of_another(directory: &Path) -> Option<PathBuf> {
    let me = rustix::process::geteuid().as_raw();
    let directory = directory.canonicalize().ok()?;
    let repository = directory
        .ancestors()
        .find(|place| place.join(".git").exists() || place.join("objects").is_dir())?;
    let dot_git = repository.join(".git");
    let parts = [Some(repository.into()), linked(&dot_git), Some(dot_git)];
    parts
        .into_iter()
        .flatten()
        .filter_map(|part| part.metadata().ok())
        .any(|metadata| metadata.uid() != me)
        .then(|| repository.into())
}

/// What a `.git` refers to that is a file, as in a linked worktree or a submodule.
fn linked(dot_git: &Path) -> Option<PathBuf> {
    if !dot_git.is_file() {
        return None;
    }
    let text = fs::read(dot_git).ok()?;
    let path = text.strip_prefix(b"gitdir: ")?.trim_ascii_end();
    Some(dot_git.parent()?.join(OsStr::from_bytes(path)))
}
