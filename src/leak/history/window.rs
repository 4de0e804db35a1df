//! Reads a file at any place, a window at a time, so that neighbours cost one system call.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// So many bytes are read at once where the file is read on.
const LENGTH: usize = 128 * 1024;
/// So many are read after a jump.
const LENGTH_AFTER_JUMP: usize = 4 * 1024;

/// The part of a file that was read last.
#[derive(Debug, Default)]
pub struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes from a place on: at least `least` of them, or all up to the end of the file.
    /// `least` is at most what a window holds.
    pub fn at(&mut self, file: &File, place: u64, least: usize) -> io::Result<&[u8]> {
        let least = least.min(LENGTH);
        let skipped = place
            .checked_sub(self.start)
            .and_then(|skipped| usize::try_from(skipped).ok());
        match skipped {
            Some(skipped) if skipped.saturating_add(least) <= self.bytes.len() => {
                return Ok(&self.bytes[skipped..]);
            }
            Some(skipped) if skipped <= self.bytes.len() + LENGTH => {
                self.fill(file, place, LENGTH)?;
            }
            _ => self.fill(file, place, least.max(LENGTH_AFTER_JUMP))?,
        }
        Ok(&self.bytes)
    }

    fn fill(&mut self, file: &File, place: u64, length: usize) -> io::Result<()> {
        self.start = place;
        self.bytes.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            let place = place.saturating_add(filled as u64);
            match file.read_at(&mut self.bytes[filled..], place) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.bytes.clear();
                    return Err(e);
                }
            }
        }
        self.bytes.truncate(filled);
        Ok(())
    }
}
