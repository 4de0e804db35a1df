//! Giving a file its name: only once it is whole and on the disk.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::store::new_file::NewFile;

/// A file that was published.
#[derive(Debug)]
#[must_use = "if it is not wanted after all, it must be removed"]
pub struct Published {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl Published {
    /// The file that has the name `path` by now, and was this one before.
    pub(crate) fn of(path: &Path, metadata: &Metadata) -> Self {
        Published {
            path: path.into(),
            identity: (metadata.dev(), metadata.ino()),
        }
    }

    /// Passes once the name is on the disk, in this directory. If that fails the file is removed; if
    /// that fails too, the error says so.
    pub(crate) fn sync(self, directory: &File) -> io::Result<Self> {
        let Err(cause) = directory.sync_all() else {
            return Ok(self);
        };
        Err(match self.remove() {
            Ok(()) => cause,
            Err(left) => io::Error::new(
                cause.kind(),
                format!("{cause}; the file could not be removed ({left})"),
            ),
        })
    }

    /// Where it is.
    pub fn into_path(self) -> PathBuf {
        self.path
    }

    /// Removes the file again, unless something else has its name by now.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        let found = self.path.symlink_metadata()?;
        if (found.dev(), found.ino()) == self.identity {
            fs::remove_file(&self.path)
        } else {
            Ok(())
        }
    }
}

/// Gives these bytes the name `path`, unless something has it. They are on the disk, with their
/// name, when this returns. Until then they have no name, so that a process that is killed leaves
/// nothing; or a temporary one where a file system knows no file without a name.
///
/// # Errors
/// If the name is taken or the file cannot be written. Nothing is left then, or the error says so.
pub fn publish_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<Published> {
    let directory = directory_of(path)?;
    // It is opened first: if that fails, nothing has the name yet.
    let opened = File::open(directory)?;
    if let Some(metadata) = name_unnamed(directory, path, bytes, mode)? {
        return Published::of(path, &metadata).sync(&opened);
    }
    let draft = NewFile::of(path.into())?;
    let mut file = File::options().write(true).open(draft.temporary())?;
    fill(&mut file, bytes, mode)?;
    draft.publish()
}

/// Writes a file beside `path` and gives it that name, in the place of what has it.
///
/// # Errors
/// If it cannot be written; what was there is then still there.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let directory = directory_of(path)?;
    let mut file: NamedTempFile = NewFile::beside(path)?;
    fill(file.as_file_mut(), bytes, mode)?;
    file.persist(path).map_err(|e| e.error)?;
    sync(directory)
}

pub(crate) fn directory_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| ErrorKind::InvalidInput.into())
}

fn fill(file: &mut File, bytes: &[u8], mode: u32) -> io::Result<()> {
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// The same by way of a file that has no name until it is whole. `None` if there can be none here.
#[cfg(target_os = "linux")]
fn name_unnamed(
    directory: &Path,
    path: &Path,
    bytes: &[u8],
    mode: u32,
) -> io::Result<Option<Metadata>> {
    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use rustix::io::Errno;
    use std::os::fd::AsRawFd;

    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mut file = match open(directory, flags, Mode::RUSR | Mode::WUSR) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    fill(&mut file, bytes, mode)?;
    let metadata = file.metadata()?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Err(Errno::NOENT) => Ok(None), // There is no /proc.
        other => Ok(other.map(|()| Some(metadata))?),
    }
}

#[cfg(not(target_os = "linux"))]
fn name_unnamed(_: &Path, _: &Path, _: &[u8], _: u32) -> io::Result<Option<Metadata>> {
    Ok(None)
}
