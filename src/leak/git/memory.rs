//! How much memory a git may take that reads whatever objects there are. A few kilobytes of them
//! can describe a tree of billions of files, of which git makes one list.

use std::process::Child;

/// So much may a git take that compares commits, in bytes: a list of three million files fits.
pub(super) const OF_LISTS: u64 = 1 << 30;
/// So much may one take that hands out blobs: two of the largest that git makes as a whole
/// (`core.bigFileThreshold`, 512 MiB), since one may be a delta to the other, and what it keeps.
pub(super) const OF_BLOBS: u64 = 2 << 30;

/// Lets a git end as soon as it takes more. Files that it maps into memory do not count.
#[cfg(target_os = "linux")]
pub(super) fn bound(git: &Child, most: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    // Fails if it may take even less, or has ended.
    let _ = prlimit(Some(Pid::from_child(git)), Resource::Data, limit);
}

/// Other systems limit only what a process takes of itself.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_: &Child, _: u64) {}
