//! Where a repository keeps its objects.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Git;
use super::first_commits::EVERYTHING;
use crate::error::Error;

/// Git follows no more stores that refer to stores.
const DEEPEST: u32 = 5;
/// No list of other stores is longer, in bytes.
const LONGEST_LIST: u64 = 1 << 20;

/// The directories with a repository's objects.
#[derive(Debug)]
pub struct ObjectStore {
    /// Its own, and those that it borrows from.
    pub directories: Vec<PathBuf>,
    /// What would hold objects, or name where they are, if it could be read; and why it cannot.
    pub unreadable: Vec<(PathBuf, String)>,
    /// The length of an object's name in bytes.
    pub id_length: usize,
}

impl Git {
    /// The directories with the repository's objects.
    ///
    /// # Errors
    /// If git fails.
    pub fn object_store(&self) -> Result<ObjectStore, Error> {
        let format = self.output(&["rev-parse", "--show-object-format"])?;
        let id_length = match format.trim_ascii() {
            b"sha1" => 20,
            b"sha256" => 32,
            other => {
                let format = String::from_utf8_lossy(other).into_owned();
                return Err(Error::unexpected(format!(
                    "this repository names its objects in an unknown format: {format}"
                )));
            }
        };
        let own = self.output(&["rev-parse", "--git-path", "objects"])?;
        let own = own.strip_suffix(b"\n").unwrap_or(&own);
        let own = self.directory.join(OsStr::from_bytes(own));
        let mut store = ObjectStore {
            directories: Vec::new(),
            unreadable: Vec::new(),
            id_length,
        };
        store.add(own, 0);
        Ok(store)
    }

    /// Whether objects may be missing because another repository would be asked for them when they
    /// are needed.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn is_partial_clone(&self) -> Result<bool, Error> {
        let mut command = self.command();
        command.args(["config", "--get-regexp", PROMISES]);
        let output = command.output().map_err(super::no_git)?;
        Ok(output.status.success())
    }

    /// How many objects are missing of what the references reach.
    ///
    /// # Errors
    /// If git fails.
    pub fn missing_objects(&self) -> Result<u64, Error> {
        let mut arguments = vec![
            "rev-list",
            "--objects",
            "--missing=print",
            "--no-object-names",
        ];
        arguments.extend(EVERYTHING);
        let mut missing = 0;
        self.each_line(&arguments, "", |line| {
            missing += u64::from(line.starts_with(b"?"));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(missing)
    }
}

/// The settings of a repository that was cloned without some of its objects.
const PROMISES: &str = r"^(extensions\.partialclone|remote\..*\.promisor)$";

impl ObjectStore {
    /// Adds a directory and all that it borrows from.
    fn add(&mut self, directory: PathBuf, depth: u32) {
        let directory = match directory.canonicalize() {
            Ok(directory) => directory,
            Err(failure) => {
                let why = format!("objects are borrowed from there: {failure}");
                self.unreadable.push((directory, why));
                return;
            }
        };
        if depth > DEEPEST || self.directories.contains(&directory) {
            return;
        }
        let list = directory.join("info/alternates");
        self.directories.push(directory.clone());
        let alternates = match read_list(&list) {
            Ok(alternates) => alternates,
            Err(failure) if failure.kind() == ErrorKind::NotFound => return,
            Err(failure) => {
                let why = format!("it may name more objects: {failure}");
                self.unreadable.push((list, why));
                return;
            }
        };
        for line in alternates.split(|byte| *byte == b'\n') {
            if !line.is_empty() && !line.starts_with(b"#") {
                self.add(directory.join(path(line)), depth + 1);
            }
        }
    }
}

/// The list of what is borrowed. What is no file is not waited for, and no memory is spent on more
/// than anybody lists.
fn read_list(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if !found.is_file() || found.len() > LONGEST_LIST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut list = Vec::new();
    File::open(path)?
        .take(LONGEST_LIST)
        .read_to_end(&mut list)?;
    Ok(list)
}

/// A path as git writes it down: within quotes if it has unusual characters.
fn path(text: &[u8]) -> PathBuf {
    let unquoted = unquoted(text);
    Path::new(OsStr::from_bytes(unquoted.as_deref().unwrap_or(text))).into()
}

/// The text within quotes, if it is in quotes.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?.iter();
    let mut plain = Vec::new();
    while let Some(byte) = rest.next() {
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        plain.push(match rest.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            quoted @ (b'"' | b'\\') => *quoted,
            first @ b'0'..=b'3' => {
                let digits = [*first, *rest.next()?, *rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?.to_owned();
                u8::from_str_radix(&digits, 8).ok()?
            }
            _ => return None,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_quotes_is_read_as_git_means_it() {
        let read = |text: &str| path(text.as_bytes()).into_os_string();
        assert_eq!(read("/srv/a b"), "/srv/a b");
        assert_eq!(read(r#""/srv/a\tb\"\\\303\251\n""#), "/srv/a\tb\"\\é\n");
        for odd in [r#""/srv"#, r#""\q""#, r#""\12""#, r#""\777""#, "\""] {
            assert_eq!(read(odd), odd);
        }
    }
}
