//! A log in blocks of whole lines, in constant memory.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memrchr};

/// A longer line is not read.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// The next piece of a log.
#[derive(Debug, PartialEq, Eq)]
pub enum Block<'b> {
    /// Whole lines, each with its line end.
    Lines(&'b [u8]),
    /// A piece of a line that is too long; `ends` if it is the last one.
    Piece {
        bytes: &'b [u8],
        /// Whether the line ends with it.
        ends: bool,
    },
    /// The log is at its end, for now. So many bytes are left of a line that is not whole yet.
    End(usize),
}

impl<'b> Block<'b> {
    pub fn bytes(&self) -> &'b [u8] {
        match self {
            Block::Lines(bytes) | Block::Piece { bytes, .. } => bytes,
            Block::End(_) => &[],
        }
    }
}

/// Cuts a log into blocks, with a buffer of [`LONGEST_LINE`].
pub struct Blocks {
    buffer: Box<[u8]>,
    /// What of the buffer was read and not yet handed out.
    start: usize,
    end: usize,
    is_inside_long_line: bool,
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks")
            .field("start", &self.start)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Default for Blocks {
    fn default() -> Self {
        Blocks {
            buffer: vec![0; LONGEST_LINE].into(),
            start: 0,
            end: 0,
            is_inside_long_line: false,
        }
    }
}

impl Blocks {
    /// The beginning of the log, as far as the buffer holds it: at least its first line, if that is
    /// whole and not too long.
    pub fn peek(&mut self, source: &mut impl Read) -> io::Result<&[u8]> {
        while self.end < self.buffer.len()
            && memchr(b'\n', &self.buffer[..self.end]).is_none()
            && self.fill(source)? > 0
        {}
        Ok(&self.buffer[self.start..self.end])
    }

    /// The next block; after [`Block::End`], what has been added to the log since.
    pub fn next(&mut self, source: &mut impl Read) -> io::Result<Block<'_>> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            if self.is_inside_long_line {
                if let Some(line_end) = memchr(b'\n', unread) {
                    self.is_inside_long_line = false;
                    return Ok(Block::Piece {
                        bytes: self.take(line_end + 1),
                        ends: true,
                    });
                }
                if !unread.is_empty() {
                    return Ok(Block::Piece {
                        bytes: self.take(self.end - self.start),
                        ends: false,
                    });
                }
            } else if let Some(last_end) = memrchr(b'\n', unread) {
                return Ok(Block::Lines(self.take(last_end + 1)));
            } else if unread.len() == self.buffer.len() {
                self.is_inside_long_line = true;
                continue;
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.fill(source)? == 0 {
                return Ok(Block::End(self.end));
            }
        }
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let taken = self.start..self.start + length;
        self.start += length;
        &self.buffer[taken]
    }

    /// Reads until the buffer is full or nothing more comes; how many bytes came.
    fn fill(&mut self, source: &mut impl Read) -> io::Result<usize> {
        let before = self.end;
        while self.end < self.buffer.len() {
            match source.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // What came before it is handed out first; the source will fail again.
                Err(_) if self.end > before => break,
                Err(e) => return Err(e),
            }
        }
        Ok(self.end - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything as lines, pieces joined; and what is left.
    fn cut(mut source: &[u8]) -> (Vec<usize>, usize) {
        let mut blocks = Blocks::default();
        let mut lengths = Vec::new();
        let mut long = 0;
        loop {
            match blocks.next(&mut source).unwrap() {
                Block::Lines(lines) => lengths.extend(
                    lines
                        .split_inclusive(|byte| *byte == b'\n')
                        .map(<[u8]>::len),
                ),
                Block::Piece { bytes, ends } => {
                    long += bytes.len();
                    if ends {
                        lengths.push(std::mem::take(&mut long));
                    }
                }
                Block::End(left) => return (lengths, left + long),
            }
        }
    }

    fn line(length: usize) -> Vec<u8> {
        let mut line = vec![b'x'; length - 1];
        line.push(b'\n');
        line
    }

    #[test]
    fn lines_come_whole_and_what_has_no_end_yet_is_left() {
        assert_eq!(cut(b""), (vec![], 0));
        assert_eq!(cut(b"ab"), (vec![], 2));
        assert_eq!(cut(b"a\n\nbc\nd"), (vec![2, 1, 3], 1));
        let many: Vec<u8> = (1..3000).flat_map(line).collect();
        assert_eq!(cut(&many), ((1..3000).collect(), 0));
    }

    #[test]
    fn a_line_that_is_too_long_comes_in_pieces_and_disturbs_no_other() {
        let lengths = [5, LONGEST_LINE, 7, LONGEST_LINE + 1, 9, 3 * LONGEST_LINE, 2];
        let all: Vec<u8> = lengths.iter().flat_map(|length| line(*length)).collect();
        assert_eq!(cut(&all), (lengths.to_vec(), 0));
        assert_eq!(cut(&all[..all.len() - 10]).0, lengths[..5]);
    }

    #[test]
    fn a_failing_source_fails_after_what_it_gave() {
        let mut source = io::Cursor::new(b"a\nb").chain(Failing);
        let mut blocks = Blocks::default();
        assert_eq!(blocks.next(&mut source).unwrap(), Block::Lines(b"a\n"));
        assert!(blocks.next(&mut source).is_err());
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::Other.into())
        }
    }

    #[test]
    fn a_peek_takes_nothing_away() {
        let mut source = &b"a\nb\n"[..];
        let mut blocks = Blocks::default();
        assert_eq!(blocks.peek(&mut source).unwrap(), b"a\nb\n");
        assert_eq!(blocks.next(&mut source).unwrap(), Block::Lines(b"a\nb\n"));
        assert_eq!(blocks.next(&mut source).unwrap(), Block::End(0));
    }
}
