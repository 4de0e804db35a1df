//! How much memory a git may take that reads whatever objects there are. A few kilobytes of them
//! can describe a tree of billions of files, of which git makes one list.

use std::process::Child;

/// So much may such a git take, in bytes: a list of three million files fits.
#[cfg(target_os = "linux")]
const MOST: u64 = 1 << 30;

/// Lets a git end as soon as it takes more. Files that it maps into memory do not count.
#[cfg(target_os = "linux")]
pub(super) fn bound(git: &Child) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: Some(MOST),
        maximum: Some(MOST),
    };
    // Fails if it may take even less, or has ended.
    let _ = prlimit(Some(Pid::from_child(git)), Resource::Data, limit);
}

/// Other systems limit only what a process takes of itself.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_: &Child) {}
