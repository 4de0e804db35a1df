//! Searches one blob after another for keys.

use std::io::Read;
use std::path::Path;

use memchr::memmem;

use super::object::Damaged;
use crate::leak::content::{Searched, search_bytes, search_stream};
use crate::leak::git::blobs::Blobs;
use crate::leak::{Finder, KnownKeys, Occurrence, Survey};

/// What every key begins with.
const PREFIX: &[u8] = b"zenflow_";
/// The same in UTF-16 of either order, as far as both have it.
const WIDE_PREFIX: &[u8] = b"z\0e\0n\0f\0l\0o\0w\0_";
/// What gzip begins with (RFC 1952, 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// So many bytes before a seam, and as many behind it, tell whether a key begins across it.
pub const REACH: usize = WIDE_PREFIX.len() - 1;

/// What a blob holds.
#[derive(Debug, Default)]
pub struct BlobFound {
    /// The keys.
    pub occurrences: Vec<Occurrence>,
    /// Why it was not read to its end.
    pub failure: Option<std::io::Error>,
}

impl BlobFound {
    /// Whether there is anything to tell of it.
    pub fn is_empty(&self) -> bool {
        self.occurrences.is_empty() && self.failure.is_none()
    }
}

/// Searches blobs, and counts them.
pub struct BlobSearch<'k> {
    prefix: memmem::Finder<'static>,
    wide_prefix: memmem::Finder<'static>,
    finder: Finder<'k>,
    /// What was looked at up to now; without places.
    pub survey: Survey,
}

impl<'k> BlobSearch<'k> {
    /// A search for all keys of this format, and for these.
    pub fn new(known: &'k KnownKeys) -> Self {
        BlobSearch {
            prefix: memmem::Finder::new(PREFIX),
            wide_prefix: memmem::Finder::new(WIDE_PREFIX),
            finder: Finder::new(known),
            survey: Survey::default(),
        }
    }

    /// Whether a blob may hold a key; or, given only what is new in one, whether that may begin
    /// one.
    pub fn suspects(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(GZIP)
            || self.prefix.find(bytes).is_some()
            || self.wide_prefix.find(bytes).is_some()
    }

    /// Counts a blob that holds no key.
    pub fn pass(&mut self, bytes: u64) {
        self.survey.counts.blobs += 1;
        self.survey.counts.bytes += bytes;
    }

    /// Finds the keys in a blob.
    pub fn search(&mut self, blob: &[u8]) -> BlobFound {
        let searched = search_bytes(&mut self.finder, blob, Path::new(""));
        self.count(searched)
    }

    /// Finds the keys in a blob that comes as a stream. If it cannot be read to its end, nothing is
    /// counted.
    pub fn search_stream(&mut self, blob: &mut dyn Read) -> Result<BlobFound, Damaged> {
        let searched = search_stream(&mut self.finder, blob);
        if searched.failure.is_some() {
            return Err(Damaged);
        }
        Ok(self.count(searched))
    }

    /// Finds the keys in a blob that git hands out.
    pub fn search_through(&mut self, git: &mut Blobs, id: &str) -> BlobFound {
        let searched = git.search(&mut self.finder, id, Path::new(""));
        self.count(searched)
    }

    fn count(&mut self, Searched { found, failure }: Searched) -> BlobFound {
        if failure.is_none() || found.bytes > 0 {
            self.pass(found.bytes);
        }
        self.survey.counts.look_alikes += found.look_alikes;
        self.survey.counts.allowed_lines += found.allowed_lines;
        BlobFound {
            occurrences: found.occurrences,
            failure,
        }
    }
}
