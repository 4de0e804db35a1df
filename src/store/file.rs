//! The file of a store, before SQLite opens it: is it ours, is it safe, and how is a new one made.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Seek};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::{Code, Error};
use crate::store::identity::Identity;
use crate::store::publish::publish_new;
use crate::store::{ancestors, schema, stray_log};

/// What a command is going to do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only read it.
    Read,
    /// Change it.
    Write,
    /// Only read it, and only if nobody is just writing it: for what must not wait.
    NoWait,
}

/// A file that may be opened.
#[derive(Debug)]
pub struct Inspected {
    /// Where it really is, links resolved.
    pub path: PathBuf,
    /// Which file it is.
    pub identity: Identity,
    /// Whether it belongs to somebody else.
    pub foreign_owner: bool,
    /// Whether it uses a write-ahead log.
    pub uses_wal: bool,
}

/// Looks at the file and its directory without changing either. The file is closed again on return:
/// a descriptor closed later would drop the locks that SQLite holds.
///
/// # Errors
/// If there is no file, if it is not a store, or if somebody else could change it.
pub fn inspect(path: &Path, access: Access) -> Result<Inspected, Error> {
    let named = std::path::absolute(path).map_err(unreadable)?;
    let path = resolve(path)?;
    let (mut file, metadata) = open(&path)?;
    check_file(&path, &metadata, access)?;
    check_directory(&path)?;
    let header = read_header(&mut file)?;
    check_marks(&header)?;
    let header = stray_log::check(&path, header, || {
        file.rewind().map_err(unreadable)?;
        read_header(&mut file)
    })?;
    Ok(Inspected {
        identity: Identity::new(named, path.clone(), &metadata),
        path,
        uses_wal: uses_wal(&header),
        foreign_owner: !is_mine(&metadata),
    })
}

/// Opens a file to be looked at, unless it is something else than a file. Never waits.
///
/// # Errors
/// If it is something else, or cannot be read.
pub fn open(path: &Path) -> Result<(File, Metadata), Error> {
    let before = fs::metadata(path).map_err(unreadable)?;
    if !before.is_file() {
        let kind = kind(&before);
        return Err(
            Error::new(Code::StoreForeign, format!("this is {kind}, not a store"))
                .hint("name a file with --db"),
        );
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    Ok((file, metadata))
}

/// The real path. SQLite would read `file:` and `:memory:` as something else than a file name; an
/// absolute path never begins so.
pub fn resolve(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path)
        .and_then(fs::canonicalize)
        .map_err(|e| match (e.kind(), fs::read_link(path)) {
            (ErrorKind::NotFound, Ok(target)) => Error::new(
                Code::StoreMissing,
                format!(
                    "there is no store: this is a symbolic link to {}, which is missing",
                    shown(&target)
                ),
            )
            .hint("restore what it points to, or remove the link; --db names another file"),
            (ErrorKind::NotFound, Err(_)) => missing(),
            _ if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Error::new(
                Code::StoreMissing,
                "there is no store: this is a symbolic link that leads back to itself",
            )
            .hint("remove the link; --db names another file"),
            _ => unreadable(e),
        })
}

/// There is no store.
pub fn missing() -> Error {
    Error::new(Code::StoreMissing, "there is no store").hint(
        Hint::from("'")
            .then(Remedy::CreateStore)
            .then("' creates it with the first key; --db names another file"),
    )
}

pub fn unreadable(cause: std::io::Error) -> Error {
    Error::new(Code::StoreUnreadable, "the store cannot be read")
        .because(cause)
        .hint(Hint::from("run this as the owner of the store: ").then(Remedy::RunAsOwner))
}

fn unwritable(cause: std::io::Error) -> Error {
    let hint = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on the disk",
        _ => "check the directory, its permissions and the disk",
    };
    Error::new(Code::StoreUnwritable, "the store cannot be written")
        .because(cause)
        .hint(hint)
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

pub fn is_mine(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

fn check_file(path: &Path, metadata: &Metadata, access: Access) -> Result<(), Error> {
    check_mode(path, metadata)?;
    check_links(metadata)?;
    match access {
        Access::Read | Access::NoWait => Ok(()),
        Access::Write => check_owner(metadata),
    }
}

pub fn not_safe(what: impl Into<String>, hint: impl Into<Hint>) -> Result<(), Error> {
    Err(Error::new(Code::StoreUnsafe, what).hint(hint))
}

/// Nobody else may write the file.
pub fn check_mode(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.mode() & 0o022 == 0 {
        Ok(())
    } else {
        not_safe(
            "others can write to the store",
            Remedy::MakePrivate(path.into()),
        )
    }
}

/// The file has one name.
pub fn check_links(metadata: &Metadata) -> Result<(), Error> {
    match metadata.nlink() {
        1 => Ok(()),
        names => not_safe(
            format!("the store has {names} names (hard links)"),
            "remove all names but one",
        ),
    }
}

/// The file belongs to whoever wants to change it.
pub fn check_owner(metadata: &Metadata) -> Result<(), Error> {
    if is_mine(metadata) || rustix::process::geteuid().is_root() {
        return Ok(());
    }
    not_safe(
        "the store belongs to another user",
        Hint::from("run this as its owner: ").then(Remedy::RunAsOwner),
    )
}

/// What others could do to the store at this path, without opening it: for one that is open.
///
/// # Errors
/// If somebody else could change it.
pub fn check_place(path: &Path) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(unreadable)?;
    check_file(path, &metadata, Access::Write)?;
    check_directory(path)
}

/// What SQLite keeps beside the store under this ending: `-journal`, `-wal` or `-shm`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Nobody else can put something in place of the file, or a journal beside it.
pub fn check_directory(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    let metadata = fs::metadata(directory).map_err(unreadable)?;
    check_directory_mode(directory, &metadata)?;
    check_directory_owner(&metadata)?;
    ancestors::check(&directory.canonicalize().map_err(unreadable)?)
}

/// Whoever can write the directory can plant a journal that SQLite would play back, sticky bit or
/// not.
pub fn check_directory_mode(directory: &Path, metadata: &Metadata) -> Result<(), Error> {
    let is_shared = metadata.mode() & 0o1000 != 0;
    if metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    let own = "keep the store in a directory of its own: ";
    let hint = if is_shared {
        Hint::from(own)
    } else {
        Hint::from(Remedy::StopSharing(directory.into()))
            .then(", or ")
            .then(own)
    };
    not_safe(
        "others can write to the directory of the store",
        hint.then(Remedy::MakeDirectory(None)),
    )
}

/// The directory belongs to whoever uses the store, or to root.
pub fn check_directory_owner(metadata: &Metadata) -> Result<(), Error> {
    if is_mine(metadata) || metadata.uid() == 0 || rustix::process::geteuid().is_root() {
        return Ok(());
    }
    not_safe(
        "the directory of the store belongs to another user",
        Hint::from("run this as its owner: ").then(Remedy::RunAsOwner),
    )
}

/// The first 100 bytes of a SQLite file (its "database header"): magic, `user_version` at 60,
/// `application_id` at 68.
///
/// As many of them as there are.
pub fn read_header(file: &mut File) -> Result<Vec<u8>, Error> {
    let mut header = Vec::with_capacity(100);
    file.take(100)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    Ok(header)
}

/// Judges a header by its magic and its two marks.
pub fn check_marks(header: &[u8]) -> Result<(), Error> {
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        let what = if header.is_empty() {
            "this file is empty"
        } else {
            "this file is not a store"
        };
        return Err(Error::new(Code::StoreForeign, what).hint("name another file with --db"));
    }
    schema::check(word(header, 68), version(header))
}

/// Whether a header says that the file uses a write-ahead log.
pub fn uses_wal(header: &[u8]) -> bool {
    header
        .get(18..20)
        .is_some_and(|versions| versions.contains(&2))
}

/// The version of the schema, by a whole header.
pub fn version(header: &[u8]) -> i64 {
    word(header, 60)
}

fn word(header: &[u8], at: usize) -> i64 {
    header
        .iter()
        .skip(at)
        .take(4)
        .fold(0, |word, byte| word << 8 | i64::from(*byte))
}

/// Makes the directories down to the default store, for this user alone.
///
/// # Errors
/// If one cannot be made, or others could replace it.
pub fn make_directories(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    if let Some(existing) = directory.ancestors().find_map(|it| it.canonicalize().ok()) {
        ancestors::check(&existing)?;
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(unwritable)
}

/// Whether there is anything at this path, be it a store or not.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Gives these bytes the name `path`, whole or not at all: they are on the disk before they have a
/// name, and a file that has the name by then is left alone.
///
/// # Errors
/// If the directory is missing or not safe, or if the file cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = std::path::absolute(path).map_err(unwritable)?;
    let directory = path.parent().unwrap_or(&path);
    if !directory.is_dir() {
        return Err(
            Error::new(Code::StoreUnwritable, "its directory does not exist")
                .hint(Remedy::MakeDirectory(Some(directory.into()))),
        );
    }
    check_directory(&path)?;
    if let Err(error) = stray_log::check_new(&path) {
        // Somebody may have made it just now, and be writing to it.
        return if exists(&path) { Ok(()) } else { Err(error) };
    }
    match publish_new(&path, bytes, 0o600) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop).map_err(unwritable),
    }
}
