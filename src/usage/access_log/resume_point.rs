//! How much of a log was counted before: found out from its content while it is read.

use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};

use crate::domain::usage::ImportMark;

/// Compares a log, as it is read, with what was counted of logs that begin with the same line.
#[derive(Debug)]
pub struct ResumePoint {
    hash: Sha256,
    bytes: u64,
    ahead: VecDeque<ImportMark>,
    found: Option<ImportMark>,
}

impl ResumePoint {
    /// Nothing was read yet. The candidates are in the order of their lengths.
    pub fn new(candidates: &[ImportMark]) -> Self {
        ResumePoint {
            hash: Sha256::new(),
            bytes: 0,
            ahead: candidates.iter().copied().collect(),
            found: None,
        }
    }

    /// Whether more of the log may turn out to have been counted.
    pub fn is_open(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Ends the comparison, at the end of the log: what was not found by now is not in it.
    pub fn close(&mut self) {
        self.ahead.clear();
    }

    /// The longest part that was counted before, as far as that is known.
    pub fn found(&self) -> Option<ImportMark> {
        self.found
    }

    /// How many bytes were read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads on. If it turns out that the log was counted up to somewhere in `part`, says up to
    /// where.
    pub fn read(&mut self, part: &[u8]) -> Option<usize> {
        let (mut done, mut counted) = (0, None);
        while let Some(next) = self.ahead.front().copied() {
            let Some(end) = usize::try_from(next.bytes - self.bytes)
                .ok()
                .filter(|end| *end <= part.len())
            else {
                break;
            };
            self.hash.update(&part[done..end]);
            done = end;
            if self.digest() == next.digest {
                (self.found, counted) = (Some(next), Some(end));
            }
            self.ahead.pop_front();
        }
        self.hash.update(&part[done..]);
        self.bytes += part.len() as u64;
        counted
    }

    /// SHA-256 of what was read.
    pub fn digest(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &[u8] = b"one\ntwo\nthree\nfour\n";

    fn counted(part: &[u8]) -> ImportMark {
        ImportMark {
            head: [0; 32],
            bytes: part.len() as u64,
            lines: 0,
            digest: Sha256::digest(part).into(),
        }
    }

    /// Reads the log in parts of this size; where it was found to be counted, as places in the
    /// whole log.
    fn places(candidates: &[ImportMark], size: usize) -> (Vec<u64>, Option<ImportMark>) {
        let mut point = ResumePoint::new(candidates);
        let mut places = Vec::new();
        for part in LOG.chunks(size) {
            let before = point.bytes();
            places.extend(point.read(part).map(|end| before + end as u64));
        }
        assert_eq!(point.digest(), <[u8; 32]>::from(Sha256::digest(LOG)));
        (places, point.found())
    }

    #[test]
    fn the_longest_part_that_is_the_same_was_counted_however_it_is_read() {
        let (short, long) = (counted(b"one\ntwo\n"), counted(LOG));
        let (other, longer) = (
            counted(b"one\nTWO\nthree\n"),
            counted(b"one\ntwo\nthree\nfour\nfive\n"),
        );
        for size in 1..=LOG.len() {
            assert_eq!(places(&[], size), (vec![], None));
            assert_eq!(places(&[other], size), (vec![], None));
            assert_eq!(
                places(&[short, other, longer], size),
                (vec![8], Some(short))
            );
            assert_eq!(places(&[short, other, long], size).1, Some(long));
            assert_eq!(places(&[short, other, long], size).0.last(), Some(&19));
        }
    }

    #[test]
    fn it_is_open_until_no_longer_part_can_be_the_same() {
        let mut point = ResumePoint::new(&[counted(b"one\n"), counted(b"one\ntwo\nx\n")]);
        point.read(b"one\ntwo\n");
        assert!(point.is_open());
        point.read(b"th");
        assert!(!point.is_open());
        let mut short = ResumePoint::new(&[counted(LOG)]);
        short.read(b"one\n");
        short.close();
        assert!(!short.is_open() && short.found().is_none());
    }
}
