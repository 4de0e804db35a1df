//! The index of a pack: which objects it has, and where.
//!
//! It is read in passes and by single places and never held in memory, however many objects there
//! are. The format is that of gitformat-pack(5), version 2.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::object::{Damaged, ObjectId};
use super::window::Window;

const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// Behind the magic number: for each first byte, how many objects have it or a lower one.
const FAN_OUT: u64 = 8;
const OBJECTS: u64 = FAN_OUT + 256 * 4;
/// No pack is so long. What stands farther in a damaged index is taken to be here.
const FARTHEST: u64 = u64::MAX >> 1;
/// An offset with this bit is the place of a longer one.
const IS_LARGE: u32 = 1 << 31;

/// The index of one pack.
#[derive(Debug)]
pub struct PackIndex {
    file: File,
    objects: u32,
    id_length: usize,
}

impl PackIndex {
    /// Opens an index. `id_length` is the length of an object's name in bytes.
    pub fn open(path: &Path, id_length: usize) -> Result<Self, Damaged> {
        let file = File::open(path)?;
        let mut beginning = [0; OBJECTS as usize];
        file.read_exact_at(&mut beginning, 0)?;
        let counts: Vec<u32> = beginning[FAN_OUT as usize..]
            .chunks_exact(4)
            .map(number)
            .collect();
        if beginning[..MAGIC.len()] != MAGIC || !counts.is_sorted() {
            return Err(Damaged);
        }
        let index = PackIndex {
            file,
            objects: counts[255],
            id_length,
        };
        let least = index.large_offsets() + 2 * id_length as u64;
        if index.file.metadata()?.len() < least {
            return Err(Damaged);
        }
        Ok(index)
    }

    /// Whether it is as git wrote it: its checksum stands at its end.
    pub fn is_intact(&self) -> io::Result<bool> {
        if self.id_length == ObjectId::LONGEST {
            self.ends_in_digest::<Sha256>()
        } else {
            self.ends_in_digest::<Sha1>()
        }
    }

    fn ends_in_digest<D: Digest>(&self) -> io::Result<bool> {
        let end = self.file.metadata()?.len() - self.id_length as u64;
        let (mut window, mut digest, mut at) = (Window::default(), D::new(), 0);
        while at < end {
            let bytes = window.at(&self.file, at, 1)?;
            let length = (bytes.len() as u64).min(end - at);
            if length == 0 {
                return Ok(false);
            }
            digest.update(&bytes[..length as usize]);
            at += length;
        }
        let checksum = window.at(&self.file, end, self.id_length)?;
        Ok(checksum.starts_with(&digest.finalize()))
    }

    /// How many objects the pack has.
    pub fn objects(&self) -> u32 {
        self.objects
    }

    fn offsets_at(&self) -> u64 {
        OBJECTS + u64::from(self.objects) * (self.id_length as u64 + 4)
    }

    fn large_offsets(&self) -> u64 {
        self.offsets_at() + u64::from(self.objects) * 4
    }

    /// Tells the number and the offset of each object, in the order of the numbers.
    pub fn each_offset(&self, each: &mut dyn FnMut(u32, u64)) -> Result<(), Damaged> {
        let (mut window, mut large) = (Window::default(), Window::default());
        for number in 0..self.objects {
            each(number, self.offset(number, &mut window, &mut large)?);
        }
        Ok(())
    }

    fn offset(&self, object: u32, window: &mut Window, large: &mut Window) -> Result<u64, Damaged> {
        let place = self.offsets_at() + u64::from(object) * 4;
        let offset = number(window.at(&self.file, place, 4)?.get(..4).ok_or(Damaged)?);
        if offset & IS_LARGE == 0 {
            return Ok(u64::from(offset));
        }
        let place = self.large_offsets() + u64::from(offset & !IS_LARGE) * 8;
        let bytes = large.at(&self.file, place, 8)?.get(..8).ok_or(Damaged)?;
        let offset = bytes
            .iter()
            .fold(0, |offset, byte| offset << 8 | u64::from(*byte));
        Ok(offset.min(FARTHEST))
    }

    /// The name of the object with this number.
    pub fn id(&self, number: u32, window: &mut Window) -> io::Result<ObjectId> {
        let place = OBJECTS + u64::from(number) * self.id_length as u64;
        let bytes = window.at(&self.file, place, self.id_length)?;
        bytes
            .get(..self.id_length)
            .map(ObjectId::from_bytes)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The name of the object at each of these offsets.
    pub fn ids(
        &self,
        offsets: impl Iterator<Item = u64>,
    ) -> Result<HashMap<u64, ObjectId>, Damaged> {
        let offsets: HashSet<u64> = offsets.collect();
        let mut ids = HashMap::with_capacity(offsets.len());
        if offsets.is_empty() {
            return Ok(ids);
        }
        let mut numbers = Vec::new();
        self.each_offset(&mut |number, offset| {
            if offsets.contains(&offset) {
                numbers.push((number, offset));
            }
        })?;
        let mut window = Window::default();
        for (number, offset) in numbers {
            ids.insert(offset, self.id(number, &mut window)?);
        }
        if ids.len() < offsets.len() {
            return Err(Damaged);
        }
        Ok(ids)
    }

    /// The offset of the object with this name, if the pack has it.
    pub fn find(&self, id: &ObjectId) -> Result<Option<u64>, Damaged> {
        let (mut low, mut high) = (0, self.objects);
        let mut bytes = [0; ObjectId::LONGEST];
        let bytes = &mut bytes[..self.id_length];
        while low < high {
            let middle = low + (high - low) / 2;
            let place = OBJECTS + u64::from(middle) * self.id_length as u64;
            self.file.read_exact_at(bytes, place)?;
            match (*bytes).cmp(id.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let (mut window, mut large) = (Window::default(), Window::default());
                    return self.offset(middle, &mut window, &mut large).map(Some);
                }
            }
        }
        Ok(None)
    }
}

/// A number of four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}
