//! How much a scan looked at.

/// What was looked at, in numbers, and what was seen of no consequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanCounts {
    /// How many files were read; standard input is one.
    pub files: u64,
    /// How many blobs of a repository were read.
    pub blobs: u64,
    /// How many commits were looked at.
    pub commits: u64,
    /// How many bytes were searched; of a compressed file, those it holds.
    pub bytes: u64,
    /// How many texts have the form of a key and a wrong checksum.
    pub look_alikes: u64,
    /// How many lines hold keys and say that they may.
    pub allowed_lines: u64,
}

impl ScanCounts {
    /// Adds what somebody else has looked at.
    pub fn add(&mut self, other: ScanCounts) {
        self.files += other.files;
        self.blobs += other.blobs;
        self.commits += other.commits;
        self.bytes += other.bytes;
        self.look_alikes += other.look_alikes;
        self.allowed_lines += other.allowed_lines;
    }
}
