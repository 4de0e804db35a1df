//! The file of a store, before SQLite opens it: is it ours, is it safe, and how is a new one made.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::schema;
use crate::error::{Code, Error};

/// What a command is going to do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only read it.
    Read,
    /// Change it.
    Write,
    /// Only read it, and only if nobody is just writing it: for what must not wait.
    Glance,
}

/// A file that may be opened.
#[derive(Debug)]
pub struct Inspected {
    /// Where it really is, links resolved.
    pub path: PathBuf,
    /// Whether it belongs to somebody else.
    pub foreign_owner: bool,
}

/// Looks at the file and its directory without changing either. The file is closed again on return: a descriptor closed later would
/// drop the locks that SQLite holds.
///
/// # Errors
/// If there is no file, if it is not a store, or if somebody else could change it.
pub fn inspect(path: &Path, access: Access) -> Result<Inspected, Error> {
    let path = resolve(path)?;
    let before = fs::metadata(&path).map_err(unreadable)?;
    if !before.is_file() {
        let kind = kind(&before);
        return Err(Error::new(Code::StoreForeign, format!("this is {kind}, not a store")).hint("name a file with --db"));
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(&path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    check_file(&path, &metadata, access)?;
    check_directory(&path)?;
    check_header(&mut file)?;
    Ok(Inspected { path, foreign_owner: !is_mine(&metadata) })
}

/// The real path. SQLite would read `file:` and `:memory:` as something else than a file name; an absolute path never begins so.
fn resolve(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).and_then(fs::canonicalize).map_err(|e| match e.kind() {
        ErrorKind::NotFound => missing(),
        _ => unreadable(e),
    })
}

/// There is no store.
pub fn missing() -> Error {
    Error::new(Code::StoreMissing, "there is no store")
        .hint("'zenflow-keys create NAME --preset read-only' makes it with its first key; --db names another file")
}

fn unreadable(cause: std::io::Error) -> Error {
    Error::new(Code::StoreUnreadable, "the store cannot be read")
        .because(cause)
        .hint("run this as the owner of the store: sudo -u OWNER zenflow-keys …")
}

fn unwritable(cause: std::io::Error) -> Error {
    let hint = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk",
        _ => "check the directory, its permissions and the disk",
    };
    Error::new(Code::StoreUnwritable, "the store cannot be written").because(cause).hint(hint)
}

fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

fn is_mine(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

fn check_file(path: &Path, metadata: &Metadata, access: Access) -> Result<(), Error> {
    let unsafe_file = |what: String, hint: String| Err(Error::new(Code::StoreUnsafe, what).hint(hint));
    if metadata.mode() & 0o022 != 0 {
        return unsafe_file("others can write the store".into(), format!("chmod 600 {}", quoted(path)));
    }
    if metadata.nlink() != 1 {
        return unsafe_file(format!("the store has {} names (hard links)", metadata.nlink()), "remove all names but one".into());
    }
    let root = rustix::process::geteuid().is_root();
    if access == Access::Write && !is_mine(metadata) && !root {
        return unsafe_file("the store belongs to another user".into(), "run this as its owner: sudo -u OWNER zenflow-keys …".into());
    }
    Ok(())
}

/// Whoever can write the directory can plant a journal that SQLite would play back, sticky bit or not.
fn check_directory(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    let metadata = fs::metadata(directory).map_err(unreadable)?;
    let unsafe_directory = |what: &str, hint: String| Err(Error::new(Code::StoreUnsafe, what).hint(hint));
    let is_shared = metadata.mode() & 0o1000 != 0;
    if metadata.mode() & 0o022 != 0 {
        let own = "keep the store in a directory of its own: mkdir -m 700 DIRECTORY";
        let hint = if is_shared { own.into() } else { format!("chmod go-w {}, or {own}", quoted(directory)) };
        return unsafe_directory("others can write the directory of the store", hint);
    }
    if !is_mine(&metadata) && metadata.uid() != 0 && !rustix::process::geteuid().is_root() {
        return unsafe_directory(
            "the directory of the store belongs to another user",
            "run this as its owner: sudo -u OWNER zenflow-keys …".into(),
        );
    }
    Ok(())
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The first 100 bytes of a SQLite file (its "database header"): magic, `user_version` at 60, `application_id` at 68.
fn check_header(file: &mut File) -> Result<(), Error> {
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(unreadable)?;
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        let what = if header.is_empty() { "this file is empty" } else { "this file is not a store" };
        return Err(Error::new(Code::StoreForeign, what).hint("name another file with --db"));
    }
    let word = |at: usize| header[at..at + 4].iter().fold(0_i64, |word, byte| word << 8 | i64::from(*byte));
    schema::check(word(68), word(60))
}

/// Makes the directories down to the default store, for this user alone.
///
/// # Errors
/// If one cannot be made.
pub fn make_directories(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unwritable)
}

/// Whether there is anything at this path, be it a store or not.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Gives these bytes the name `path`, whole or not at all: they are on the disk before they have a name, and a file that has the name by
/// then is left alone.
///
/// # Errors
/// If the directory is missing or not safe, or if the file cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = std::path::absolute(path).map_err(unwritable)?;
    let directory = path.parent().unwrap_or(&path);
    if !directory.is_dir() {
        return Err(Error::new(Code::StoreUnwritable, "its directory does not exist").hint(format!("mkdir -m 700 {}", quoted(directory))));
    }
    check_directory(&path)?;
    match publish(directory, &path, bytes) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(unwritable),
    }
}

#[cfg(target_os = "linux")]
fn publish(directory: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Mode, linkat, open};
    use rustix::io::Errno;
    use std::os::fd::AsRawFd;

    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mut file = match open(directory, flags, Mode::RUSR | Mode::WUSR) {
        Ok(descriptor) => File::from(descriptor),
        // This file system has no unnamed files.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => return publish_renamed(directory, path, bytes),
        Err(e) => return Err(e.into()),
    };
    file.write_all(bytes)?;
    file.sync_all()?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::NOENT) => return publish_renamed(directory, path, bytes), // There is no /proc.
        other => other?,
    }
    File::open(directory)?.sync_all()
}

#[cfg(not(target_os = "linux"))]
fn publish(directory: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    publish_renamed(directory, path, bytes)
}

/// The same by way of a temporary name.
fn publish_renamed(directory: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let linked = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&temporary, path));
    fs::remove_file(&temporary)?;
    linked?;
    File::open(directory)?.sync_all()
}
