//! A pack: entries one after the other, each an object or a delta to one (gitformat-pack(5)).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::{Decompress, FlushDecompress, Status};

use super::object::{Damaged, ObjectId, ObjectKind};
use super::pack_index::PackIndex;
use super::window::Window;

/// The longest beginning of an entry: its kind, its size, and what a delta refers to.
const LONGEST_HEADER: usize = 64;
/// Chains of deltas that are longer are damaged: git makes none with more than 4,095.
const LONGEST_CHAIN: usize = 10_000;

/// A pack and its index.
#[derive(Debug)]
pub struct Pack {
    /// Where it is.
    pub path: PathBuf,
    file: File,
    length: u64,
    /// Which objects it has.
    pub index: PackIndex,
    id_length: usize,
}

/// The beginning of an entry.
#[derive(Debug, Clone, Copy)]
pub struct PackEntry {
    /// What it is.
    pub content: PackedContent,
    /// The size of its inflated bytes, as it says.
    pub size: u64,
    /// Where its deflated bytes begin.
    pub data: u64,
}

/// An object that is kept as deltas: what it takes to make it.
#[derive(Debug)]
pub struct Chain {
    /// The deltas, that of the object itself first.
    pub deltas: Vec<PackEntry>,
    /// The whole object to which the last of them applies.
    pub bottom: PackEntry,
    /// What they all are.
    pub kind: ObjectKind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackedContent {
    /// A whole object.
    Object(ObjectKind),
    /// A delta to the object of the entry at this offset.
    Delta(u64),
}

impl Pack {
    /// Opens a pack by the path of its index.
    pub fn open(index: &Path, id_length: usize) -> Result<Self, Damaged> {
        let path = index.with_extension("pack");
        let file = File::open(&path)?;
        let length = file.metadata()?.len();
        let pack = Pack {
            path,
            file,
            length,
            index: PackIndex::open(index, id_length)?,
            id_length,
        };
        let mut window = Window::default();
        match window.at(&pack.file, 0, 12)?.get(..8) {
            Some(b"PACK\0\0\0\x02" | b"PACK\0\0\0\x03") => Ok(pack),
            _ => Err(Damaged),
        }
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The beginning of the entry at this offset.
    pub fn entry(&self, offset: u64, window: &mut Window) -> Result<PackEntry, Damaged> {
        let bytes = window.at(&self.file, offset, LONGEST_HEADER)?;
        let header = EntryHeader::parse(bytes, self.id_length).ok_or(Damaged)?;
        let content = match header.content {
            HeaderContent::Object(kind) => PackedContent::Object(kind),
            HeaderContent::OffsetDelta(back) => {
                PackedContent::Delta(offset.checked_sub(back).ok_or(Damaged)?)
            }
            HeaderContent::RefDelta(id) => {
                PackedContent::Delta(self.index.find(&id)?.ok_or(Damaged)?)
            }
        };
        Ok(PackEntry {
            content,
            size: header.size,
            data: offset + header.length as u64,
        })
    }

    /// What an object is made from.
    pub fn chain(&self, offset: u64, window: &mut Window) -> Result<Chain, Damaged> {
        let (mut deltas, mut at) = (Vec::new(), offset);
        while deltas.len() < LONGEST_CHAIN {
            let entry = self.entry(at, window)?;
            match entry.content {
                PackedContent::Object(kind) => {
                    return Ok(Chain {
                        deltas,
                        bottom: entry,
                        kind,
                    });
                }
                PackedContent::Delta(base) => {
                    deltas.push(entry);
                    at = base;
                }
            }
        }
        Err(Damaged)
    }

    /// Inflates an entry as a whole.
    pub fn inflate(
        &self,
        entry: &PackEntry,
        window: &mut Window,
        inflater: &mut Decompress,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Damaged> {
        let size = usize::try_from(entry.size).map_err(|_| Damaged)?;
        bytes.clear();
        // One more than it should need, so that one that is longer is seen.
        bytes.reserve(size + 1);
        inflater.reset(true);
        loop {
            let input = self.deflated(entry, window, inflater)?;
            let before = (inflater.total_in(), bytes.len());
            let status = inflater
                .decompress_vec(input, bytes, FlushDecompress::Finish)
                .map_err(|_| Damaged)?;
            if status == Status::StreamEnd && bytes.len() == size {
                return Ok(());
            }
            let stands_still = before == (inflater.total_in(), bytes.len());
            if status == Status::StreamEnd || stands_still || bytes.len() > size {
                return Err(Damaged);
            }
        }
    }

    /// The bytes of an entry, however many they are.
    pub fn reader<'r>(
        &'r self,
        entry: PackEntry,
        window: &'r mut Window,
        inflater: &'r mut Decompress,
    ) -> EntryReader<'r> {
        inflater.reset(true);
        EntryReader {
            pack: self,
            entry,
            window,
            inflater,
            is_at_end: false,
        }
    }

    /// What the inflater has not yet read of an entry, as far as the window goes.
    fn deflated<'w>(
        &self,
        entry: &PackEntry,
        window: &'w mut Window,
        inflater: &Decompress,
    ) -> Result<&'w [u8], Damaged> {
        // What does not deflate grows a little.
        let least = usize::try_from(entry.size.saturating_add(16)).unwrap_or(usize::MAX);
        Ok(window.at(&self.file, entry.data + inflater.total_in(), least)?)
    }
}

/// Reads an entry.
#[derive(Debug)]
pub struct EntryReader<'r> {
    pack: &'r Pack,
    entry: PackEntry,
    window: &'r mut Window,
    inflater: &'r mut Decompress,
    is_at_end: bool,
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the pack is damaged");
        while !self.is_at_end && !buffer.is_empty() {
            let input = self.pack.deflated(&self.entry, self.window, self.inflater);
            let input = input.map_err(|Damaged| damaged())?;
            let before = (self.inflater.total_in(), self.inflater.total_out());
            let status = self
                .inflater
                .decompress(input, buffer, FlushDecompress::None)
                .map_err(|_| damaged())?;
            let after = (self.inflater.total_in(), self.inflater.total_out());
            self.is_at_end = status == Status::StreamEnd;
            let has_its_size = if self.is_at_end {
                after.1 == self.entry.size
            } else {
                after.1 <= self.entry.size && after != before
            };
            if !has_its_size {
                return Err(damaged());
            }
            if after.1 > before.1 {
                return Ok((after.1 - before.1) as usize);
            }
        }
        Ok(0)
    }
}

/// An entry's beginning, as its bytes have it.
struct EntryHeader {
    content: HeaderContent,
    size: u64,
    length: usize,
}

enum HeaderContent {
    Object(ObjectKind),
    /// A delta to the object of an entry so many bytes before.
    OffsetDelta(u64),
    /// A delta to the object with this name.
    RefDelta(ObjectId),
}

impl EntryHeader {
    fn parse(bytes: &[u8], id_length: usize) -> Option<Self> {
        let mut rest = bytes.iter();
        let first = *rest.next()?;
        let mut size = u64::from(first & 0x0f);
        let (mut byte, mut shift) = (first, 4);
        while byte & 0x80 != 0 {
            byte = *rest.next()?;
            let bits = u64::from(byte & 0x7f);
            if shift > 57 {
                return None;
            }
            size |= bits << shift;
            shift += 7;
        }
        let content = match first >> 4 & 7 {
            1 => HeaderContent::Object(ObjectKind::Commit),
            2 => HeaderContent::Object(ObjectKind::Tree),
            3 => HeaderContent::Object(ObjectKind::Blob),
            4 => HeaderContent::Object(ObjectKind::Tag),
            6 => {
                byte = *rest.next()?;
                let mut back = u64::from(byte & 0x7f);
                while byte & 0x80 != 0 {
                    byte = *rest.next()?;
                    back = back.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
                }
                if back == 0 {
                    return None;
                }
                HeaderContent::OffsetDelta(back)
            }
            7 => {
                let id = rest.as_slice().get(..id_length)?;
                rest = rest.as_slice()[id_length..].iter();
                HeaderContent::RefDelta(ObjectId::from_bytes(id))
            }
            _ => return None,
        };
        Some(EntryHeader {
            content,
            size,
            length: bytes.len() - rest.len(),
        })
    }
}
