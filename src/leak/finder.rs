//! Finds keys in contents of any length, chunk by chunk, in constant memory.

use std::io::{self, ErrorKind, Read};

use memchr::{memchr, memchr_iter, memmem, memrchr};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::candidate::{Candidate, LONGEST};
use super::encoding::{Encoding, utf_16_units};
use super::known_keys::KnownKeys;
use crate::domain::api_key::EXAMPLE;
use crate::domain::secret_text::is_of_key;
use crate::domain::{Digest, KeyId};

/// What every key and [`ALLOW`] begin with.
const WORD: &[u8] = b"zenflow";
/// The same as either order of UTF-16 has it, without the NUL before it or after it.
const WIDE_WORD: &[u8] = b"z\0e\0n\0f\0l\0o\0w";
/// A line that says this may hold keys.
const ALLOW: &[u8] = b"zenflow-keys:allow";
/// So many bytes from the beginning of a key, or of [`ALLOW`], decide what it is: the longest text,
/// in UTF-16.
const LOOK_AHEAD: usize = 2 * LONGEST + 2;
/// So many bytes are read at once.
const CHUNK: usize = 128 * 1024;

/// One place of a key. Of the key itself it has only what is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The hash of the key.
    pub digest: Digest,
    /// The id inside it; an adopted key may have none.
    pub id: Option<KeyId>,
    /// The number of its line, from 1. A line ends at byte 0A.
    pub line: u64,
    /// Its first byte in the line, from 1.
    pub column: u64,
    /// Its first UTF-16 code unit in the line, from 1: what SARIF calls a column.
    pub character: u64,
    /// The hash of the whole line, without its end, if lines are to be told apart.
    pub line_digest: Option<[u8; 32]>,
}

/// What one content holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The keys, in the order of their places; those of allowed lines are left out.
    pub occurrences: Vec<Occurrence>,
    /// How many texts have the form of a key and a wrong checksum.
    pub look_alikes: u64,
    /// How many lines hold keys and say that they may.
    pub allowed_lines: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Finds keys in one content after another. A content is given as a whole ([`Finder::search`]), or
/// piece by piece ([`Finder::feed`], [`Finder::read`]) up to [`Finder::finish`].
pub struct Finder<'k> {
    known: &'k KnownKeys,
    word: memmem::Finder<'static>,
    wide_word: memmem::Finder<'static>,
    /// What was fed and is not yet decided upon, after one byte that is.
    buffer: Zeroizing<Box<[u8]>>,
    filled: usize,
    position: Position,
    line_is_allowed: bool,
    /// The hash of the current line, if lines are to be told apart.
    line_hash: Option<Sha256>,
    /// What the current line holds.
    on_line: Vec<Occurrence>,
    found: Found,
}

impl std::fmt::Debug for Finder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder")
            .field("position", &self.position)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

/// How far a content is decided upon.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// So many bytes.
    offset: u64,
    /// The line that is read, from 1.
    line: u64,
    /// Where it begins.
    line_start: u64,
    /// How many UTF-16 code units it has up to here, read as UTF-8.
    characters: u64,
}

const BEGINNING: Position = Position {
    offset: 0,
    line: 1,
    line_start: 0,
    characters: 0,
};

impl<'k> Finder<'k> {
    /// A finder that recognises these keys by their hashes, and all others by their form.
    pub fn new(known: &'k KnownKeys) -> Self {
        Finder {
            known,
            word: memmem::Finder::new(WORD),
            wide_word: memmem::Finder::new(WIDE_WORD),
            buffer: Zeroizing::new(Box::default()),
            filled: 0,
            position: BEGINNING,
            line_is_allowed: false,
            line_hash: None,
            on_line: Vec::new(),
            found: Found::default(),
        }
    }

    /// A finder that also hashes the lines with keys, which makes it slower.
    pub fn with_line_digests(known: &'k KnownKeys) -> Self {
        Finder {
            line_hash: Some(Sha256::new()),
            ..Finder::new(known)
        }
    }

    /// Goes on with the next bytes of the content.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.space();
            let length = space.len().min(bytes.len());
            space[..length].copy_from_slice(&bytes[..length]);
            self.filled += length;
            bytes = &bytes[length..];
        }
    }

    /// Ends the content, says what it holds, and is ready for the next one.
    pub fn finish(&mut self) -> Found {
        let buffer = std::mem::take(&mut self.buffer);
        let filled = std::mem::take(&mut self.filled);
        self.decide(&buffer[..filled], true);
        self.buffer = buffer;
        self.end()
    }

    /// Finds the keys in a whole content. Nothing of it is copied.
    pub fn search(&mut self, content: &[u8]) -> Found {
        self.decide(content, true);
        self.end()
    }

    /// Goes on with a stream, to its end or until it fails. What it gave until then counts.
    pub fn read(&mut self, stream: &mut impl Read) -> io::Result<()> {
        while self.read_some(stream)? > 0 {}
        Ok(())
    }

    /// Goes on with what a stream gives at once; how many bytes that is.
    fn read_some(&mut self, stream: &mut impl Read) -> io::Result<usize> {
        loop {
            match stream.read(self.space()) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => {
                    self.filled += *read.as_ref().unwrap_or(&0);
                    return read;
                }
            }
        }
    }

    /// Begins a content with a stream; its first bytes, as many as there are of them up to `least`
    /// or more.
    pub fn begin(&mut self, stream: &mut impl Read, least: usize) -> io::Result<&[u8]> {
        while self.filled < least && self.read_some(stream)? > 0 {}
        Ok(&self.buffer[..self.filled])
    }

    /// Where the next bytes go. Never empty: what fills the buffer is decided upon first.
    fn space(&mut self) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer = Zeroizing::new(vec![0; CHUNK].into());
        }
        if self.filled == self.buffer.len() {
            let mut buffer = std::mem::take(&mut self.buffer);
            let kept = self.decide(&buffer, false);
            self.filled = buffer.len() - kept;
            buffer.copy_within(kept.., 0);
            self.buffer = buffer;
        }
        &mut self.buffer[self.filled..]
    }

    fn end(&mut self) -> Found {
        self.end_line();
        self.found.bytes = self.position.offset;
        self.position = BEGINNING;
        std::mem::take(&mut self.found)
    }

    /// Decides upon the bytes that follow what is decided upon, the last of which they begin with
    /// if there is one. Returns from where on they are needed once more.
    fn decide(&mut self, bytes: &[u8], is_end: bool) -> usize {
        let start = usize::from(self.position.offset > 0);
        let limit = if is_end {
            bytes.len()
        } else {
            bytes.len().saturating_sub(LOOK_AHEAD)
        };
        let mut cursor = start;
        // The searchers are cheap to clone: they only refer to the words.
        let (word, wide_word) = (self.word.clone(), self.wide_word.clone());
        let mut narrow = word.find_iter(&bytes[start..]).peekable();
        let mut wide = wide_word.find_iter(&bytes[start..]).peekable();
        loop {
            let is_narrow = match (narrow.peek(), wide.peek()) {
                (Some(narrow), Some(wide)) => narrow < wide,
                (narrow, _) => narrow.is_some(),
            };
            let hits = if is_narrow { &mut narrow } else { &mut wide };
            let Some(at) = hits.next().map(|at| start + at).filter(|at| *at < limit) else {
                break;
            };
            self.advance(&bytes[cursor..at]);
            cursor = at;
            if is_narrow {
                self.meet(bytes, at, &[Encoding::Ascii]);
            } else if self.position.offset.is_multiple_of(2) {
                // Within UTF-16 both orders match; the one whose units stand at even places is
                // meant.
                self.meet(bytes, at, &[Encoding::LittleEndian, Encoding::BigEndian]);
            } else {
                self.meet(bytes, at, &[Encoding::BigEndian, Encoding::LittleEndian]);
            }
        }
        if limit > cursor {
            self.advance(&bytes[cursor..limit]);
        }
        limit.saturating_sub(1)
    }

    /// Passes over bytes in which nothing begins.
    fn advance(&mut self, bytes: &[u8]) {
        let line_ends = memchr_iter(b'\n', bytes).count() as u64;
        let mut rest = bytes;
        if let Some(last) = memrchr(b'\n', bytes) {
            if let Some(hash) = &mut self.line_hash {
                let first = memchr(b'\n', bytes).unwrap_or(last);
                hash.update(&bytes[..first]);
            }
            self.end_line();
            self.position.line += line_ends;
            self.position.line_start = self.position.offset + last as u64 + 1;
            self.position.characters = 0;
            rest = &bytes[last + 1..];
        }
        if let Some(hash) = &mut self.line_hash {
            hash.update(rest);
        }
        self.position.characters += utf_16_units(rest);
        self.position.offset += bytes.len() as u64;
    }

    fn end_line(&mut self) {
        if let Some(hash) = &mut self.line_hash {
            let digest = hash.finalize_reset().into();
            for one in &mut self.on_line {
                one.line_digest = Some(digest);
            }
        }
        if std::mem::take(&mut self.line_is_allowed) {
            self.found.allowed_lines += u64::from(!self.on_line.is_empty());
            self.on_line.clear();
        } else {
            self.found.occurrences.append(&mut self.on_line);
        }
    }

    /// Judges what begins at a place, in the first of these encodings in which it is a key.
    fn meet(&mut self, bytes: &[u8], at: usize, encodings: &[Encoding]) {
        let mut is_look_alike = false;
        for encoding in encodings {
            if encoding
                .text(bytes, at)
                .take(ALLOW.len())
                .eq(ALLOW.iter().copied())
            {
                self.line_is_allowed = true;
                return;
            }
            let mut run = Zeroizing::new([0; LONGEST]);
            let mut length = 0;
            for byte in encoding.text(bytes, at).take_while(|byte| is_of_key(*byte)) {
                if length == LONGEST {
                    break;
                }
                run[length] = byte;
                length += 1;
            }
            let Some(candidate) = Candidate::at_start_of(&run[..length]) else {
                continue;
            };
            if candidate.text() == EXAMPLE {
                return;
            }
            if let Some((digest, id)) = self.key(candidate) {
                let first = self.position.offset - u64::from(*encoding == Encoding::BigEndian);
                let before = first - self.position.line_start;
                self.on_line.push(Occurrence {
                    digest,
                    id,
                    line: self.position.line,
                    column: before + 1,
                    character: match encoding {
                        Encoding::Ascii => self.position.characters + 1,
                        Encoding::LittleEndian | Encoding::BigEndian => before / 2 + 1,
                    },
                    line_digest: None,
                });
                return;
            }
            is_look_alike |= matches!(candidate, Candidate::LookAlike(_));
        }
        self.found.look_alikes += u64::from(is_look_alike);
    }

    /// The hash of a candidate that is a key, and the id inside it.
    fn key(&self, candidate: Candidate<'_>) -> Option<(Digest, Option<KeyId>)> {
        match candidate {
            Candidate::Key { text, id } => Some((Digest::of_key(text), Some(id))),
            Candidate::LookAlike(_) | Candidate::Other(_) if self.known.is_empty() => None,
            Candidate::LookAlike(text) | Candidate::Other(text) => {
                let digest = Digest::of_key(text);
                self.known.contains(&digest).then_some((digest, None))
            }
        }
    }
}

#[cfg(test)]
mod tests;
