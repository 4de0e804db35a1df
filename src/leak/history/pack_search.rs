//! Searches the versions of files in a pack.
//!
//! Each version is made once, from the one that its delta refers to, while that is in memory. If
//! that one held nothing that begins like a key, only what is new in the delta is searched, and at
//! the end of a chain nothing more than that is made.

use flate2::Decompress;

use super::blob_search::{BlobFound, BlobSearch, REACH};
use super::delta::Delta;
use super::families::{Families, NodeIndex};
use super::limits::Limits;
use super::object::Damaged;
use super::pack::{Pack, PackEntry, PackedContent};
use super::window::Window;

/// Buffers with more room are not used again.
const LARGEST_SPARE: usize = 1 << 20;

/// Searches one pack.
pub struct PackSearch<'s, 'k> {
    pack: &'s Pack,
    families: &'s Families,
    limits: &'s Limits,
    /// What they hold, but for the keys.
    pub blobs: BlobSearch<'k>,
    window: Window,
    inflater: Decompress,
    delta: Vec<u8>,
    novelty: Vec<u8>,
    spare: Vec<Vec<u8>>,
    /// The base that was made last of those that do not stand in this part: where its own data is,
    /// and its bytes.
    far_base: Option<(u64, Vec<u8>)>,
    /// What was found, by offset.
    pub found: Vec<(u64, BlobFound)>,
    /// The offsets of what could not be made here.
    pub left: Vec<u64>,
}

/// A version in memory, while there are others to be made from it.
struct Base {
    node: NodeIndex,
    /// None once the memory was needed for others.
    bytes: Option<Vec<u8>>,
    is_suspect: bool,
    children: Vec<NodeIndex>,
}

impl<'s, 'k> PackSearch<'s, 'k> {
    /// A search of the versions in one part of a pack.
    pub fn new(
        pack: &'s Pack,
        families: &'s Families,
        limits: &'s Limits,
        blobs: BlobSearch<'k>,
    ) -> Self {
        PackSearch {
            pack,
            families,
            limits,
            blobs,
            window: Window::default(),
            inflater: Decompress::new(true),
            delta: Vec::new(),
            novelty: Vec::new(),
            spare: Vec::new(),
            far_base: None,
            found: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Searches a version, and all that are made from it.
    pub fn family(&mut self, root: NodeIndex) {
        let mut bases = Vec::new();
        match self.root(root) {
            Ok(base) => bases.extend(base),
            Err(Damaged) => self.leave(root),
        }
        while let Some(base) = bases.last_mut() {
            let Some(child) = base.children.pop() else {
                let bytes = bases.pop().and_then(|base| base.bytes);
                self.release(bytes);
                continue;
            };
            let made = self.child(base, child);
            if base.children.is_empty() {
                // The heaviest child comes last and needs its parent no more: a long chain takes
                // the room of two versions.
                let bytes = bases.pop().and_then(|base| base.bytes);
                self.release(bytes);
            }
            match made {
                Ok(Some(base)) => {
                    bases.push(base);
                    limit(&mut bases, self.limits.kept);
                }
                Ok(None) => {}
                Err(Damaged) => self.leave(child),
            }
        }
    }

    /// Searches the first version of a family.
    fn root(&mut self, root: NodeIndex) -> Result<Option<Base>, Damaged> {
        let offset = self.families.offset(root);
        let entry = self.pack.entry(offset, &mut self.window)?;
        let is_childless = self.families.is_childless(root);
        let is_whole = matches!(entry.content, PackedContent::Object(_));
        if is_whole && is_childless && entry.size > self.limits.object {
            if self.families.is_wanted(root) {
                let mut reader = self
                    .pack
                    .reader(entry, &mut self.window, &mut self.inflater);
                let found = self.blobs.search_stream(&mut reader)?;
                self.tell(offset, found);
            }
            return Ok(None);
        }
        let mut bytes = self.buffer();
        self.make(offset, &mut bytes)?;
        let is_suspect = self.blobs.suspects(&bytes);
        self.search(root, &bytes, is_suspect);
        Ok(self.keep(root, bytes, is_suspect))
    }

    /// Searches a version that is made from one in memory.
    fn child(&mut self, base: &mut Base, child: NodeIndex) -> Result<Option<Base>, Damaged> {
        let bytes = match &base.bytes {
            Some(bytes) => bytes,
            None => {
                let mut bytes = self.buffer();
                self.make(self.families.offset(base.node), &mut bytes)?;
                base.bytes.insert(bytes)
            }
        };
        let entry = self
            .pack
            .entry(self.families.offset(child), &mut self.window)?;
        let mut text = std::mem::take(&mut self.delta);
        let made = self.derive(bytes, base.is_suspect, &entry, child, &mut text);
        self.delta = text;
        made
    }

    fn derive(
        &mut self,
        base: &[u8],
        base_is_suspect: bool,
        entry: &PackEntry,
        child: NodeIndex,
        text: &mut Vec<u8>,
    ) -> Result<Option<Base>, Damaged> {
        self.inflate(entry, text)?;
        let delta = Delta::parse(text)?;
        let is_childless = self.families.is_childless(child);
        let is_suspect = base_is_suspect || {
            delta.novelty(base, REACH, &mut self.novelty)?;
            self.blobs.suspects(&self.novelty)
        };
        if is_childless && !is_suspect {
            if self.families.is_wanted(child) {
                self.blobs.pass(delta.result_size());
            }
            return Ok(None);
        }
        let mut bytes = self.buffer();
        self.apply(&delta, base, &mut bytes)?;
        // The base may have been suspect for what this version has no more.
        let is_suspect = is_suspect && self.blobs.suspects(&bytes);
        self.search(child, &bytes, is_suspect);
        Ok(self.keep(child, bytes, is_suspect))
    }

    fn search(&mut self, node: NodeIndex, bytes: &[u8], is_suspect: bool) {
        if !self.families.is_wanted(node) {
        } else if is_suspect {
            let found = self.blobs.search(bytes);
            self.tell(self.families.offset(node), found);
        } else {
            self.blobs.pass(bytes.len() as u64);
        }
    }

    fn tell(&mut self, offset: u64, found: BlobFound) {
        if !found.is_empty() {
            self.found.push((offset, found));
        }
    }

    fn keep(&mut self, node: NodeIndex, bytes: Vec<u8>, is_suspect: bool) -> Option<Base> {
        if self.families.is_childless(node) {
            self.release(Some(bytes));
            return None;
        }
        Some(Base {
            node,
            bytes: Some(bytes),
            is_suspect,
            children: self.families.children(node),
        })
    }

    /// Leaves a version, and all that are made from it, to git.
    fn leave(&mut self, node: NodeIndex) {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            if self.families.is_wanted(node) {
                self.left.push(self.families.offset(node));
            }
            nodes.extend(self.families.children(node));
        }
    }

    /// Makes an object from nothing but the pack.
    fn make(&mut self, offset: u64, object: &mut Vec<u8>) -> Result<(), Damaged> {
        let chain = self.pack.chain(offset, &mut self.window)?;
        let Some((own, others)) = chain.deltas.split_first() else {
            return self.inflate(&chain.bottom, object);
        };
        // From the last base on, if it is one of these.
        let known = self.far_base.take().and_then(|(data, bytes)| {
            let at = others.iter().position(|entry| entry.data == data);
            let at = at.or((chain.bottom.data == data).then_some(others.len()));
            at.map(|at| (at, bytes))
        });
        let (start, mut base) = match known {
            Some(known) => known,
            None => {
                let mut bottom = Vec::new();
                self.inflate(&chain.bottom, &mut bottom)?;
                (others.len(), bottom)
            }
        };
        let mut text = Vec::new();
        for entry in others[..start].iter().rev() {
            self.inflate(entry, &mut text)?;
            self.apply(&Delta::parse(&text)?, &base, object)?;
            std::mem::swap(&mut base, object);
        }
        self.inflate(own, &mut text)?;
        self.apply(&Delta::parse(&text)?, &base, object)?;
        let data = others.first().map_or(chain.bottom.data, |entry| entry.data);
        self.far_base = Some((data, base));
        Ok(())
    }

    fn inflate(&mut self, entry: &PackEntry, bytes: &mut Vec<u8>) -> Result<(), Damaged> {
        if entry.size > self.limits.object {
            return Err(Damaged);
        }
        self.pack
            .inflate(entry, &mut self.window, &mut self.inflater, bytes)
    }

    fn apply(&self, delta: &Delta<'_>, base: &[u8], object: &mut Vec<u8>) -> Result<(), Damaged> {
        if delta.result_size() > self.limits.object {
            return Err(Damaged);
        }
        delta.apply(base, object)
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    fn release(&mut self, buffer: Option<Vec<u8>>) {
        let buffer = buffer.filter(|buffer| buffer.capacity() <= LARGEST_SPARE);
        if self.spare.len() < 4 {
            self.spare.extend(buffer);
        }
    }
}

/// Lets go of bases, those first that are needed last, until they take no more than they may.
fn limit(bases: &mut [Base], most: usize) {
    let kept = |base: &Base| base.bytes.as_ref().map_or(0, Vec::capacity);
    let mut sum: usize = bases.iter().map(kept).sum();
    let last = bases.len().saturating_sub(1);
    for base in &mut bases[..last] {
        if sum <= most {
            break;
        }
        sum -= kept(base);
        base.bytes = None;
    }
}
