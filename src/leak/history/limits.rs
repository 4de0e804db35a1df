//! What keeps memory small, however large a history is.

/// How much is held in memory at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// About so many entries of a pack are looked at together. Each takes up to 36 bytes.
    pub entries: u32,
    /// A larger object, in bytes, is not made in memory.
    pub object: u64,
    /// At most so many bytes of objects does a thread keep while others are made from them; those
    /// that it lets go of are made again.
    pub kept: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            entries: 1 << 19,
            object: 4 << 20,
            kept: 8 << 20,
        }
    }
}
