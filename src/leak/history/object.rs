//! What an object store says of an object before its contents: name and kind.

use std::io;

/// An object, or a part of the store, that cannot be read here: it is damaged, or larger than what
/// is held in memory. Git is asked for it then, and what git cannot read either is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl From<io::Error> for Damaged {
    fn from(_: io::Error) -> Self {
        Damaged
    }
}

/// The name of an object: a hash of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; ObjectId::LONGEST],
    length: u8,
}

impl ObjectId {
    /// The length of a SHA-256 in bytes.
    pub const LONGEST: usize = 32;

    /// The name with these bytes, which are those of a SHA-1 or a SHA-256.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut id = ObjectId {
            bytes: [0; Self::LONGEST],
            length: bytes.len().min(Self::LONGEST) as u8,
        };
        id.bytes[..bytes.len()].copy_from_slice(bytes);
        id
    }

    /// Reads a name as git writes it.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 40 && text.len() != 64 {
            return None;
        }
        let digit = |c: u8| char::from(c).to_digit(16).map(|digit| digit as u8);
        let mut bytes = [0; Self::LONGEST];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self::from_bytes(&bytes[..text.len() / 2]))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A version of a file.
    Blob,
    /// A tag with a message.
    Tag,
}

impl ObjectKind {
    /// The kind that git calls so.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "commit" => ObjectKind::Commit,
            "tree" => ObjectKind::Tree,
            "blob" => ObjectKind::Blob,
            "tag" => ObjectKind::Tag,
            _ => return None,
        })
    }
}
