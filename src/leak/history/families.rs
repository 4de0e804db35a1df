//! Which entries of a pack are versions of files, and which of them are deltas to which.
//!
//! A pack is taken in parts of a limited number of entries, so that memory does not grow with it.
//! Most deltas stand in the part of their bases; those that do not are roots like whole objects,
//! and their bases are made on their own.

use std::ops::Range;

use super::object::{Damaged, ObjectKind};
use super::pack::{Pack, PackedContent};
use super::window::Window;

/// The ends of the parts are looked for with so many counters.
const COUNTERS: u64 = 1 << 16;

/// Parts a pack into ranges of offsets with at most about `most` entries.
pub fn parts(pack: &Pack, most: u32) -> Result<Vec<Range<u64>>, Damaged> {
    let mut parts = Vec::new();
    let mut start = 0;
    if pack.index.objects() > most {
        let step = pack.length() / COUNTERS + 1;
        let mut counters = vec![0_u32; COUNTERS as usize + 1];
        pack.index.each_offset(&mut |_, offset| {
            counters[(offset / step).min(COUNTERS) as usize] += 1;
        })?;
        let mut entries = 0;
        for (counter, more) in (0..).zip(counters) {
            if entries > 0 && entries + more > most {
                parts.push(start..counter * step);
                (start, entries) = (counter * step, 0);
            }
            entries += more;
        }
    }
    // To the end and beyond: an entry that should be there and is not is told.
    parts.push(start..u64::MAX);
    Ok(parts)
}

/// The versions of files in a part of a pack, each with the deltas that are made from it.
#[derive(Debug, Default)]
pub struct Families {
    versions: Vec<Node>,
    /// The offsets of the entries whose beginnings cannot be read.
    pub unreadable: Vec<u64>,
    /// How many commits there are in the part.
    pub commits: u64,
    /// How many entries are no versions of files, commits included.
    pub others: u64,
}

/// A version of a file.
#[derive(Debug)]
struct Node {
    offset: u64,
    /// How many versions are made from it, itself included.
    weight: u32,
    first_child: Option<NodeIndex>,
    next_sibling: Option<NodeIndex>,
    is_root: bool,
    is_wanted: bool,
}

/// The number of a version in its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeIndex(std::num::NonZeroU32);

impl NodeIndex {
    fn at(index: usize) -> Option<Self> {
        let number = u32::try_from(index).ok()?.checked_add(1)?;
        std::num::NonZeroU32::new(number).map(NodeIndex)
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What an entry is, for the deltas that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    Node(NodeIndex),
    Commit,
    Other,
    Damaged,
}

impl Families {
    /// Reads the beginnings of all entries of a part. `is_wanted` tells of an object, by its number
    /// in the index, whether it is to be searched; the others only serve as bases.
    pub fn read(
        pack: &Pack,
        part: &Range<u64>,
        is_wanted: &dyn Fn(u32) -> bool,
    ) -> Result<Self, Damaged> {
        // The lowest bit says whether it is wanted.
        let mut entries = Vec::new();
        pack.index.each_offset(&mut |number, offset| {
            if part.contains(&offset) {
                entries.push(offset << 1 | u64::from(is_wanted(number)));
            }
        })?;
        entries.sort_unstable();
        let mut families = Families::default();
        let (mut window, mut far) = (Window::default(), Window::default());
        let mut known: Vec<Met> = Vec::with_capacity(entries.len());
        for entry in &entries {
            let (offset, is_wanted) = (entry >> 1, entry & 1 == 1);
            let near = |base| {
                let before = &entries[..known.len()];
                let at = before.partition_point(|entry| entry >> 1 < base);
                let is_there = before.get(at).is_some_and(|entry| entry >> 1 == base);
                is_there.then(|| known[at])
            };
            let (kind, parent) = match pack.entry(offset, &mut window).map(|entry| entry.content) {
                Ok(PackedContent::Object(kind)) => (Ok(kind), None),
                Ok(PackedContent::Delta(base)) => match near(base) {
                    Some(Met::Node(parent)) => (Ok(ObjectKind::Blob), Some(parent)),
                    Some(Met::Commit) => (Ok(ObjectKind::Commit), None),
                    Some(Met::Other) => (Ok(ObjectKind::Tree), None),
                    Some(Met::Damaged) => (Err(Damaged), None),
                    None => (pack.chain(offset, &mut far).map(|chain| chain.kind), None),
                },
                Err(Damaged) => (Err(Damaged), None),
            };
            known.push(match kind {
                Ok(ObjectKind::Blob) => families.add(offset, is_wanted, parent),
                Ok(ObjectKind::Commit) => {
                    families.commits += u64::from(is_wanted);
                    Met::Commit
                }
                Ok(ObjectKind::Tree | ObjectKind::Tag) => Met::Other,
                Err(Damaged) => {
                    if is_wanted {
                        families.unreadable.push(offset);
                    }
                    Met::Damaged
                }
            });
        }
        families.others = (known.len() - families.versions.len()) as u64;
        families.weigh();
        Ok(families)
    }

    fn add(&mut self, offset: u64, is_wanted: bool, parent: Option<NodeIndex>) -> Met {
        let Some(index) = NodeIndex::at(self.versions.len()) else {
            return Met::Damaged;
        };
        let next_sibling = parent.and_then(|parent| {
            let first_child = &mut self.versions[parent.index()].first_child;
            first_child.replace(index)
        });
        self.versions.push(Node {
            offset,
            weight: 1,
            first_child: None,
            next_sibling,
            is_root: parent.is_none(),
            is_wanted,
        });
        Met::Node(index)
    }

    /// Counts the members of each family. Children stand behind their parents.
    fn weigh(&mut self) {
        for index in (0..self.versions.len()).rev() {
            let children = self.children_of(self.versions[index].first_child);
            let weight: u32 = children
                .map(|child| self.versions[child.index()].weight)
                .sum();
            self.versions[index].weight += weight;
        }
    }

    fn children_of(&self, first: Option<NodeIndex>) -> impl Iterator<Item = NodeIndex> {
        std::iter::successors(first, |child| self.versions[child.index()].next_sibling)
    }

    /// How many versions there are.
    pub fn versions(&self) -> usize {
        self.versions.len()
    }

    /// The version with this number, if a family begins with it.
    pub fn root(&self, index: usize) -> Option<NodeIndex> {
        let version = self.versions.get(index)?;
        NodeIndex::at(index).filter(|_| version.is_root)
    }

    /// The offset of a version.
    pub fn offset(&self, version: NodeIndex) -> u64 {
        self.versions[version.index()].offset
    }

    /// Whether a version is to be searched.
    pub fn is_wanted(&self, version: NodeIndex) -> bool {
        self.versions[version.index()].is_wanted
    }

    /// Whether no version is made from this one.
    pub fn is_childless(&self, version: NodeIndex) -> bool {
        self.versions[version.index()].first_child.is_none()
    }

    /// What is made from a version, that with the largest family first.
    pub fn children(&self, version: NodeIndex) -> Vec<NodeIndex> {
        let mut children: Vec<_> = self
            .children_of(self.versions[version.index()].first_child)
            .collect();
        children.sort_by_key(|child| std::cmp::Reverse(self.versions[child.index()].weight));
        children
    }
}
