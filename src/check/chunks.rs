//! Standard input in chunks of whole lines: what there is to read at once, and no more, so that
//! nothing waits for an answer that could have been given. Memory does not grow with the input.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memrchr};
use zeroize::Zeroize;

use crate::check::query::LONGEST;

/// How much is read at once.
const SIZE: usize = 3 * 1024 * 1024;
/// How many lines are judged at once.
const MOST_LINES: usize = 32 * 1024;
/// What is kept of a line that is too long: enough to see that it is.
const KEPT: usize = LONGEST + 1;

/// Reads chunks of whole lines, and wipes its buffer: lines hold keys.
pub struct ChunkReader<'s> {
    source: &'s mut dyn Read,
    buffer: Vec<u8>,
    /// What was read and not handed out yet begins here,
    begin: usize,
    /// and ends here.
    end: usize,
    /// What has ever been written to, and held keys.
    used: usize,
}

impl<'s> ChunkReader<'s> {
    /// Allocates the buffer, which does not grow.
    pub fn new(source: &'s mut dyn Read) -> Self {
        ChunkReader {
            source,
            buffer: vec![0; SIZE],
            begin: 0,
            end: 0,
            used: 0,
        }
    }

    /// Waits until there is at least one whole line, and returns those there are, each with its
    /// end; the very last one may have none. Of a line that is too long the rest is missing. `None`
    /// is the end.
    pub fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        while self.begin == 0 {
            let fresh = self.end;
            let count = match self.source.read(&mut self.buffer[fresh..]) {
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            };
            if count == 0 {
                self.begin = self.end;
                return Ok(Some(&self.buffer[..self.end]).filter(|last| !last.is_empty()));
            }
            self.end += count;
            self.used = self.used.max(self.end);
            if fresh >= KEPT {
                let rest =
                    memchr(b'\n', &self.buffer[fresh..self.end]).map_or(self.end, |at| fresh + at);
                self.buffer.copy_within(rest..self.end, fresh);
                self.end -= rest - fresh;
            }
            self.begin =
                memrchr(b'\n', &self.buffer[fresh..self.end]).map_or(0, |at| fresh + at + 1);
            self.end = self.end.min(self.begin + KEPT);
        }
        Ok(Some(&self.buffer[..self.begin]))
    }
}

impl Drop for ChunkReader<'_> {
    fn drop(&mut self) {
        self.buffer[..self.used].zeroize();
    }
}

/// The lines of a chunk, without their ends.
pub struct LineIter<'b>(pub &'b [u8]);

impl<'b> Iterator for LineIter<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let (line, rest) = match memchr(b'\n', self.0) {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        Some(line)
    }
}

/// Cuts a chunk where it has more lines than are judged at once: an answer is longer than an empty
/// line, and memory must not grow with how many there are.
pub fn batches(chunk: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = chunk;
    std::iter::from_fn(move || {
        let end = memchr_iter(b'\n', rest)
            .nth(MOST_LINES - 1)
            .map_or(rest.len(), |at| at + 1);
        let (batch, after) = rest.split_at(end);
        rest = after;
        Some(batch).filter(|batch| !batch.is_empty())
    })
}

/// Cuts a batch into at most `count` pieces of whole lines, of about the same size.
pub fn shards(batch: &[u8], count: usize) -> Vec<&[u8]> {
    let size = batch.len() / count.max(1);
    let mut shards = Vec::with_capacity(count);
    let mut rest = batch;
    while shards.len() + 1 < count && rest.len() > size {
        let Some(end) = memchr(b'\n', &rest[size..]).map(|at| size + at + 1) else {
            break;
        };
        let (shard, after) = rest.split_at(end);
        shards.push(shard);
        rest = after;
    }
    if !rest.is_empty() {
        shards.push(rest);
    }
    shards
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out so many bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(input: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut source = Trickle(input, step);
        let mut chunks = ChunkReader::new(&mut source);
        let mut lines = Vec::new();
        while let Some(chunk) = chunks.next().unwrap() {
            lines.extend(LineIter(chunk).map(<[u8]>::to_vec));
        }
        lines
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let long = [
            vec![b'x'; 3 * SIZE],
            b"\nafter\n".to_vec(),
            vec![b'y'; LONGEST],
            b"\n".to_vec(),
            vec![b'z'; KEPT + 1],
        ]
        .concat();
        for (input, expected) in [
            (&b""[..], vec![]),
            (b"a", vec![&b"a"[..]]),
            (b"a\nbc\n", vec![b"a", b"bc"]),
            (b"\n\na\n\n", vec![b"", b"", b"a", b""]),
            (
                &long,
                vec![&[b'x'; KEPT], b"after", &[b'y'; LONGEST], &[b'z'; KEPT]],
            ),
        ] {
            for step in [1, 2, 7, 8192, SIZE] {
                let found = lines(input, step);
                assert_eq!(found.len(), expected.len(), "{step}");
                for (found, expected) in found.iter().zip(&expected) {
                    // What is too long stays too long; how long does not matter.
                    assert_eq!(found[..found.len().min(KEPT)], **expected, "{step}");
                }
            }
        }
    }

    #[test]
    fn a_chunk_of_many_lines_is_judged_in_several_batches() {
        let chunk = [
            b"a\n".repeat(MOST_LINES),
            b"\n".repeat(MOST_LINES + 1),
            b"last".to_vec(),
        ]
        .concat();
        let batches: Vec<_> = batches(&chunk).collect();
        assert_eq!(batches.concat(), chunk);
        assert_eq!(
            batches
                .iter()
                .map(|batch| LineIter(batch).count())
                .collect::<Vec<_>>(),
            [MOST_LINES, MOST_LINES, 2]
        );
        assert_eq!(crate::check::chunks::batches(b"").count(), 0);
    }

    #[test]
    fn a_batch_is_cut_between_lines_and_nothing_is_lost() {
        let chunk = b"a\nbb\nccc\ndddd\ne\n\nlast";
        for count in 1..9 {
            let cut = shards(chunk, count);
            assert!(cut.len() <= count);
            assert_eq!(cut.concat(), chunk);
            assert!(
                cut.iter().rev().skip(1).all(|part| part.ends_with(b"\n")),
                "{count}"
            );
        }
        assert!(shards(b"", 4).is_empty());
    }
}
