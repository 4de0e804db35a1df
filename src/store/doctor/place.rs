//! What can be seen of a store without opening it: where it is, who can get at it, and what lies
//! beside it.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::OpenFlags;

use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::Error;
use crate::store::ancestors;
use crate::store::doctor::finding;
use crate::store::doctor::finding::{FindingKind, StoreFinding};
use crate::store::file;
use crate::store::file::{beside, uses_wal};

/// The file `real`, which `path` led to, and its directory.
pub fn around(path: &Path, real: &Path) -> Vec<StoreFinding> {
    let mut found = Vec::new();
    let mut check = |kind, checked: Result<(), Error>| {
        found.extend(checked.err().map(|error| finding(kind, error)))
    };
    let metadata = fs::metadata(real).ok().filter(Metadata::is_file);
    if let Some(metadata) = &metadata {
        check(
            FindingKind::FileWritableByOthers,
            file::check_mode(real, metadata),
        );
        check(FindingKind::HardLinks, file::check_links(metadata));
        check(FindingKind::FileOwner, file::check_owner(metadata));
    }
    let directory = real.parent().unwrap_or(real);
    if let Ok(metadata) = fs::metadata(directory) {
        check(
            FindingKind::DirectoryWritableByOthers,
            file::check_directory_mode(directory, &metadata),
        );
        check(
            FindingKind::DirectoryOwner,
            file::check_directory_owner(&metadata),
        );
    }
    check(
        FindingKind::DirectoryWritableByOthers,
        ancestors::check_modes(directory),
    );
    check(
        FindingKind::DirectoryOwner,
        ancestors::check_owners(directory),
    );
    found.extend(
        metadata
            .iter()
            .flat_map(|metadata| other_owner(directory, metadata)),
    );
    found.extend(link(path, real));
    found.extend(network(real));
    found
}

fn readable(real: &Path, metadata: &Metadata) -> Option<StoreFinding> {
    (metadata.mode() & 0o044 != 0).then(|| StoreFinding {
        kind: FindingKind::FileReadableByOthers,
        message: "others can read the store: names, addresses and the hashes of keys".into(),
        remedy: Hint::from("unless that is meant: ").then(Remedy::MakePrivate(real.into())),
    })
}

/// To root any directory will do, and any above it; its owner can still replace what is in it.
fn other_owner(directory: &Path, store: &Metadata) -> Option<StoreFinding> {
    let is_others = |directory: &&Path| {
        fs::metadata(directory).is_ok_and(|metadata| {
            let owner = metadata.uid();
            owner != 0 && owner != store.uid() && file::check_directory_owner(&metadata).is_ok()
        })
    };
    let directory = directory.ancestors().find(is_others)?;
    let owner = fs::metadata(directory).ok()?.uid();
    Some(StoreFinding {
        kind: FindingKind::DirectoryOfAnotherUser,
        message: format!(
            "the store belongs to user {}, the directory {} to user {owner}, who can replace the store",
            store.uid(),
            shown(directory)
        ),
        remedy: Remedy::ChangeOwner {
            path: directory.into(),
            user: store.uid(),
        }
        .into(),
    })
}

/// A link is as safe as the directory that it is in, whether it leads to the store or to a
/// directory on the way.
fn link(path: &Path, real: &Path) -> Option<StoreFinding> {
    let path = std::path::absolute(path).ok()?;
    let directory = path.ancestors().find_map(|path| {
        let directory = path.parent()?;
        let is_link = fs::symlink_metadata(path).ok()?.is_symlink();
        let mode = fs::metadata(directory).ok()?.mode();
        (is_link && mode & 0o022 != 0 && mode & 0o1000 == 0).then_some(directory)
    })?;
    Some(StoreFinding {
        kind: FindingKind::LinkUnsafe,
        message: "the path goes through a symbolic link in a directory that others can write to: they can point it at another store".into(),
        remedy: Hint::from(Remedy::StopSharing(directory.into()))
            .then(format!(", or name the file itself: --db {}", shown(real))),
    })
}

/// File systems on which SQLite's locks are not reliable, by the numbers of statfs(2).
#[cfg(target_os = "linux")]
const NETWORK: [(u32, &str); 11] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x4750_4653, "GPFS"),
    (0x6573_5546, "FUSE"),
];

#[cfg(target_os = "linux")]
fn network(real: &Path) -> Option<StoreFinding> {
    let kind = rustix::fs::statfs(real).ok()?.f_type;
    let (_, name) = NETWORK
        .into_iter()
        .find(|(number, _)| i64::from(*number) == (kind as i64 & 0xffff_ffff))?;
    Some(StoreFinding {
        kind: FindingKind::NetworkFileSystem,
        message: format!(
            "the store is on {name}, where locks are often not reliable: two writers can damage it"
        ),
        remedy: "keep the store on a local disk, and let others connect to that machine".into(),
    })
}

#[cfg(not(target_os = "linux"))]
fn network(_: &Path) -> Option<StoreFinding> {
    None
}

/// The first 100 bytes of the file.
pub fn header(real: &Path) -> Result<Vec<u8>, Error> {
    let (mut file, _) = file::open(real)?;
    file::read_header(&mut file)
}

/// How to open a store without leaving a trace: for reading only, since a writer would undo an
/// interrupted write. But of a write-ahead log a reader leaves files behind that only a writer
/// removes; if there are none yet, there is nothing to undo.
pub fn access(real: &Path) -> OpenFlags {
    let uses_wal = header(real).is_ok_and(|header| uses_wal(&header));
    let is_clean = ["-journal", "-wal"]
        .iter()
        .all(|end| !file::exists(&beside(real, end)));
    if uses_wal && is_clean {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    }
}

/// What can be seen of a store beside its permissions to write: who may read it, whose the journals
/// beside it are.
pub fn journal(real: &Path) -> Vec<StoreFinding> {
    let store = fs::metadata(real).ok();
    let mut found: Vec<_> = store
        .iter()
        .flat_map(|metadata| readable(real, metadata))
        .collect();
    for end in ["-journal", "-wal", "-shm"] {
        let beside = beside(real, end);
        let Ok(metadata) = fs::symlink_metadata(&beside) else {
            continue;
        };
        let is_mine = store
            .as_ref()
            .is_some_and(|store| store.uid() == metadata.uid() || metadata.uid() == 0);
        if !metadata.is_file() || !is_mine {
            found.push(StoreFinding {
                kind: FindingKind::ForeignJournal,
                message: format!("{} was not made by the owner of the store", shown(&beside)),
                remedy: Hint::from("find out what made it; then move it away: ")
                    .then(Remedy::MoveAway(beside.clone())),
            });
        }
    }
    found
}
