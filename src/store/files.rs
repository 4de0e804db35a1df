//! The files that a command writes for the user (`--out`, `--html`, `--prometheus`, `man --dir`,
//! `backup`): where one may be put, and how it gets its name.
//!
//! Nothing here ever writes through a link, to a device, or over the store and what lies beside it.
//! A file has its name only once it is whole and on the disk; if that fails, nothing is left.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::domain::name::fold;
use crate::domain::path::shown;
use crate::error::{Code, Error};
use crate::store::publish::{Published, publish_new, replace};

/// For this user alone.
const PRIVATE: u32 = 0o600;

/// A kind of file that may take the place of an older one of the same kind, and of nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What it is called, with its article.
    pub name: &'static str,
    /// What its first line begins with.
    pub first_line: &'static str,
    /// Its permissions.
    pub mode: u32,
}

/// A path at which a file for the user may be put.
#[derive(Debug)]
pub struct Destination {
    typed: PathBuf,
    /// In its real directory.
    path: PathBuf,
    /// What kind of failure it is if there can be no file.
    code: Code,
}

impl Destination {
    /// The place that `path` names.
    ///
    /// # Errors
    /// If a file cannot have that name, its directory is missing, or it is `store` or belongs to
    /// it, whether those files are there or not.
    pub fn new(path: &Path, store: Option<&Path>, code: Code) -> Result<Self, Error> {
        let is_directory = path.as_os_str().as_bytes().ends_with(b"/");
        let absolute = std::path::absolute(path).ok();
        let parent = absolute.as_deref().and_then(Path::parent);
        let (Some(parent), Some(name), false) = (parent, path.file_name(), is_directory) else {
            let message = format!("{} cannot be the name of a file", shown(path));
            return Err(Error::new(code, message).hint("name a new file"));
        };
        let directory = parent.canonicalize().map_err(|e| {
            Error::new(
                code,
                format!("there is no directory to put {} in", shown(path)),
            )
            .because(e)
            .hint("create the directory first")
        })?;
        if let Some(store) = store {
            unless_of_store(path, &directory, name, store, code)?;
        }
        Ok(Destination {
            typed: path.into(),
            path: directory.join(name),
            code,
        })
    }

    /// Where it really is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Passes if nothing has the name yet, not even a link that leads nowhere.
    ///
    /// # Errors
    /// If something has.
    pub fn must_be_free(&self) -> Result<(), Error> {
        match self.path.symlink_metadata() {
            Ok(_) => Err(self.exists()),
            Err(_) => Ok(()),
        }
    }

    /// Passes if nothing has the name, or a file of this kind.
    ///
    /// # Errors
    /// If anything else has it.
    pub fn must_be_free_or(&self, kind: Kind) -> Result<(), Error> {
        self.is_taken_by(kind).map(drop)
    }

    /// Whether a file of this kind has the name already.
    fn is_taken_by(&self, kind: Kind) -> Result<bool, Error> {
        let metadata = match self.path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(self.unwritable(e)),
        };
        let is_one = metadata.is_file()
            && begins_with(&self.path, kind.first_line).map_err(|e| self.unwritable(e))?;
        if is_one {
            return Ok(true);
        }
        let message = format!(
            "{} already exists and is not {}",
            shown(&self.typed),
            kind.name
        );
        Err(Error::new(self.code, message).hint("name another file, or move that one away"))
    }

    /// Makes a new file for this user alone.
    ///
    /// # Errors
    /// If the name is taken or the file cannot be written. Nothing is left then.
    pub fn create(&self, bytes: &[u8]) -> Result<Published, Error> {
        publish_new(&self.path, bytes, PRIVATE).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => self.exists(),
            _ => self.unwritable(e),
        })
    }

    /// Makes a file, in the place of an older one of its kind if there is one. Whoever reads
    /// meanwhile finds the old file or the new one, whole.
    ///
    /// # Errors
    /// If something else has the name, or the file cannot be written. What was there is then still
    /// there.
    pub fn replace(&self, kind: Kind, bytes: &[u8]) -> Result<(), Error> {
        let written = if self.is_taken_by(kind)? {
            replace(&self.path, bytes, kind.mode)
        } else {
            publish_new(&self.path, bytes, kind.mode).map(drop)
        };
        written.map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => self.exists(),
            _ => self.unwritable(e),
        })
    }

    /// The name is taken.
    pub fn exists(&self) -> Error {
        Error::new(self.code, format!("{} already exists", shown(&self.typed)))
            .hint("name a new file, or move that one away")
    }

    /// The file could not be written.
    pub fn unwritable(&self, cause: io::Error) -> Error {
        let message = format!("{} could not be written", shown(&self.typed));
        Error::new(self.code, message)
            .because(cause)
            .hint("check the directory and the disk")
    }
}

/// Makes a directory that everyone may read, with those above it, unless it is there.
///
/// # Errors
/// If one cannot be made.
pub fn make_public_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_public_directory(parent)?;
    }
    match fs::create_dir(directory) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && directory.is_dir() => return Ok(()),
        other => other?,
    }
    // By a descriptor: the name could lead elsewhere by now.
    open(directory, OFlags::DIRECTORY)?.set_permissions(Permissions::from_mode(0o755))
}

/// Passes if the name is not one of the store's: its own, those of what SQLite keeps beside it, and
/// those of the copies that a migration makes.
fn unless_of_store(
    path: &Path,
    directory: &Path,
    name: &OsStr,
    store: &Path,
    code: Code,
) -> Result<(), Error> {
    // As it was named and where it really is: both may be links.
    let places = [std::path::absolute(store).ok(), store.canonicalize().ok()];
    for store in places.into_iter().flatten() {
        let (Some(beside), Some(its_name)) = (store.parent(), store.file_name()) else {
            continue;
        };
        if !is_same(directory, beside) {
            continue;
        }
        // A file system may not tell upper from lower case.
        let [name, its_name] = [name, its_name].map(|name| fold(&name.to_string_lossy()));
        let Some(ending) = name.strip_prefix(&its_name) else {
            continue;
        };
        let message = if ending.is_empty() {
            format!("{} is the store itself", shown(path))
        } else if is_of_sqlite(ending) || is_copy(ending) {
            format!("{} is a file of the store", shown(path))
        } else {
            continue;
        };
        return Err(Error::new(code, message).hint("name another file"));
    }
    Ok(())
}

fn is_of_sqlite(ending: &str) -> bool {
    matches!(ending, "-journal" | "-wal" | "-shm")
}

/// Whether a name ends as those of copies do: `.v1.bak`, `.v1.2.bak`.
fn is_copy(ending: &str) -> bool {
    let numbers = ending
        .strip_prefix(".v")
        .and_then(|rest| rest.strip_suffix(".bak"));
    numbers.is_some_and(|numbers| {
        numbers
            .split('.')
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Whether two paths lead to the same directory.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Opens what is at this very path, without following a link there and without waiting.
fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

fn begins_with(path: &Path, beginning: &str) -> io::Result<bool> {
    let mut found = Vec::with_capacity(beginning.len());
    open(path, OFlags::empty())?
        .take(beginning.len() as u64)
        .read_to_end(&mut found)?;
    Ok(found == beginning.as_bytes())
}
