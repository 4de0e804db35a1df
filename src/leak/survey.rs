//! What was looked at, and what was found there.

use std::path::Path;
use std::sync::Arc;

use crate::domain::leak::{Place, ScanCounts, Version};
use crate::leak::Found;

/// Something that could not be read, or not to its end.
#[derive(Debug)]
pub struct Unreadable {
    /// What it is: a path, standard input, an object.
    pub what: Arc<Path>,
    /// Why.
    pub why: String,
}

/// Everything that was looked at.
#[derive(Debug, Default)]
pub struct Survey {
    /// The places of keys, in no order.
    pub places: Vec<Place>,
    /// How much it was.
    pub counts: ScanCounts,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Survey {
    /// Adds what a content holds. The caller counts it, as a file or a blob.
    pub fn add(&mut self, found: Found, path: &Arc<Path>, version: Option<&Arc<Version>>) {
        self.counts.bytes += found.bytes;
        self.counts.look_alikes += found.look_alikes;
        self.counts.allowed_lines += found.allowed_lines;
        self.places
            .extend(found.occurrences.into_iter().map(|one| Place {
                digest: one.digest,
                id: one.id,
                path: Arc::clone(path),
                line: one.line,
                column: one.column,
                character: one.character,
                version: version.map(Arc::clone),
            }));
    }

    /// Adds something that could not be read.
    pub fn add_unreadable(&mut self, what: &Path, why: impl std::fmt::Display) {
        self.unreadable.push(Unreadable {
            what: what.into(),
            why: why.to_string(),
        });
    }

    /// Adds what somebody else has looked at.
    pub fn merge(&mut self, other: Survey) {
        self.places.extend(other.places);
        self.counts.add(other.counts);
        self.unreadable.extend(other.unreadable);
    }
}
