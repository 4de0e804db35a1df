//! The directories above that of a store: whoever can rename one of them can put another store,
//! with keys of their own, in its place.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use uzers::os::unix::GroupExt as _;

use crate::domain::path::shown;
use crate::domain::remedy::{Hint, Remedy};
use crate::error::Error;
use crate::store::file::{check_directory_owner, not_safe, unreadable};

/// Passes if nobody else can replace `directory`, a real path; the directory itself is judged
/// elsewhere.
///
/// # Errors
/// If somebody else can write one of the directories above it, or owns it.
pub fn check(directory: &Path) -> Result<(), Error> {
    check_modes(directory)?;
    check_owners(directory)
}

/// Nobody else can write to a directory above. Where it is sticky (`/tmp`), others can add to it
/// and cannot replace what belongs to somebody else: that of what is in it is judged by its owner.
pub fn check_modes(directory: &Path) -> Result<(), Error> {
    for above in directory.ancestors().skip(1) {
        let metadata = fs::metadata(above).map_err(unreadable)?;
        let is_sticky = metadata.mode() & 0o1000 != 0;
        let by_others = metadata.mode() & 0o002 != 0;
        let by_group = metadata.mode() & 0o020 != 0 && !is_private_group(&metadata);
        if (by_others || by_group) && !is_sticky {
            not_safe(
                format!(
                    "others can write to {}, and so replace the directory of the store",
                    shown(above)
                ),
                Hint::from(Remedy::StopSharing(above.into()))
                    .then(", or keep the store below a directory that only you can write to"),
            )?;
        }
    }
    Ok(())
}

/// Every directory above belongs to whoever uses the store, or to root.
pub fn check_owners(directory: &Path) -> Result<(), Error> {
    for above in directory.ancestors().skip(1) {
        let metadata = fs::metadata(above).map_err(unreadable)?;
        if check_directory_owner(&metadata).is_err() && !is_of_hidden_root(&metadata) {
            not_safe(
                format!(
                    "{} belongs to another user, who can replace the directory of the store",
                    shown(above)
                ),
                "keep the store below directories of your own or of root",
            )?;
        }
    }
    Ok(())
}

/// Whether the owner may be root, and cannot be told: in a user namespace without root (a sandbox)
/// what belongs to the root outside seems to belong to the user for those who are not there.
#[cfg(target_os = "linux")]
fn is_of_hidden_root(metadata: &Metadata) -> bool {
    // Where there is no /proc nobody is hidden.
    let read = |path: &str| fs::read_to_string(path).unwrap_or_else(|_| String::new());
    let is_nobody = read("/proc/sys/kernel/overflowuid").trim().parse() == Ok(metadata.uid());
    // Each line maps a range: its first user inside, its first user outside, its length.
    let map = read("/proc/self/uid_map");
    is_nobody
        && !map.is_empty()
        && map
            .lines()
            .all(|line| line.split_whitespace().nth(1) != Some("0"))
}

#[cfg(not(target_os = "linux"))]
fn is_of_hidden_root(_: &Metadata) -> bool {
    false
}

/// Whether nobody but root or the owner is in the group: many systems give every user a group of
/// that name, and let it write.
fn is_private_group(metadata: &Metadata) -> bool {
    if metadata.gid() == 0 {
        return true;
    }
    let (Some(owner), Some(group)) = (
        uzers::get_user_by_uid(metadata.uid()),
        uzers::get_group_by_gid(metadata.gid()),
    ) else {
        return false;
    };
    owner.primary_group_id() == group.gid()
        && owner.name() == group.name()
        && group.members().iter().all(|member| member == owner.name())
}
