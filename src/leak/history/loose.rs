//! Objects that each are a file of their own: `objects/XX/…`, deflated.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::ZlibDecoder;

use super::object::{Damaged, ObjectId, ObjectKind};

/// The kind and the size of an object take no more bytes, a NUL included.
const LONGEST_HEADER: u64 = 32;
/// So many bytes are read at once.
const BUFFER: usize = 32 * 1024;

/// A loose object, opened.
pub struct LooseObject {
    /// What it is.
    pub kind: ObjectKind,
    /// How many bytes it has, as it says.
    pub size: u64,
    read: u64,
    bytes: BufReader<ZlibDecoder<BufReader<File>>>,
}

impl LooseObject {
    /// Opens an object.
    pub fn open(path: &Path) -> Result<Self, Damaged> {
        let file = BufReader::with_capacity(BUFFER, File::open(path)?);
        let mut bytes = BufReader::with_capacity(BUFFER, ZlibDecoder::new(file));
        let mut header = Vec::new();
        (&mut bytes)
            .take(LONGEST_HEADER)
            .read_until(0, &mut header)?;
        let header = header.strip_suffix(b"\0").ok_or(Damaged)?;
        let header = std::str::from_utf8(header).map_err(|_| Damaged)?;
        let (kind, size) = header.split_once(' ').ok_or(Damaged)?;
        Ok(LooseObject {
            kind: ObjectKind::parse(kind).ok_or(Damaged)?,
            size: size.parse().map_err(|_| Damaged)?,
            read: 0,
            bytes,
        })
    }
}

impl Read for LooseObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.read += read as u64;
        let is_damaged = self.read > self.size || (read == 0 && self.read < self.size);
        if is_damaged && !buffer.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(read)
    }
}

/// The file of an object.
pub fn path_of(store: &Path, id: &ObjectId) -> PathBuf {
    let name = id.to_string();
    let (directory, file) = name.split_at(2);
    store.join(directory).join(file)
}

/// The loose objects of a store whose names begin with a byte.
pub fn in_directory(store: &Path, first_byte: u8, id_length: usize) -> io::Result<Vec<ObjectId>> {
    let first_byte = format!("{first_byte:02x}");
    let entries = match fs::read_dir(store.join(&first_byte)) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut objects = Vec::new();
    for entry in entries {
        // What has another name is no object: git's own temporary files, for one.
        let name = entry?.file_name();
        let name = name.to_str().map(|name| format!("{first_byte}{name}"));
        let id = name.and_then(|name| ObjectId::parse(name.as_bytes()));
        objects.extend(id.filter(|id| id.as_bytes().len() == id_length));
    }
    Ok(objects)
}
