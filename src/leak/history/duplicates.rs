//! Objects that several packs have: each is looked at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::object::{Damaged, ObjectId};
use super::pack::Pack;
use super::window::Window;

/// The objects of one pack, by their numbers in its index, that another one has as well; one bit
/// each.
#[derive(Debug, Clone, Default)]
pub struct Duplicates(Vec<u64>);

impl Duplicates {
    /// For each of some packs, which of its objects a pack before it has.
    pub fn of(packs: &[Pack]) -> Result<Vec<Self>, Damaged> {
        let mut duplicates = vec![Duplicates::default(); packs.len()];
        if packs.len() < 2 {
            return Ok(duplicates);
        }
        let mut windows: Vec<Window> = packs.iter().map(|_| Window::default()).collect();
        // The next object of each pack. Among equal ones the first pack's comes first.
        let mut heap = BinaryHeap::new();
        for (number, pack) in packs.iter().enumerate() {
            if pack.index.objects() > 0 {
                let id = pack.index.id(0, &mut windows[number])?;
                heap.push(Reverse((id, number, 0)));
            }
        }
        let mut last: Option<ObjectId> = None;
        while let Some(Reverse((id, pack, object))) = heap.pop() {
            if last == Some(id) {
                duplicates[pack].add(object);
            }
            last = Some(id);
            if object + 1 < packs[pack].index.objects() {
                let id = packs[pack].index.id(object + 1, &mut windows[pack])?;
                heap.push(Reverse((id, pack, object + 1)));
            }
        }
        Ok(duplicates)
    }

    fn add(&mut self, object: u32) {
        let word = object as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (object % 64);
    }

    /// Whether the object with this number is one.
    pub fn contains(&self, object: u32) -> bool {
        let word = self.0.get(object as usize / 64);
        word.is_some_and(|word| word >> (object % 64) & 1 == 1)
    }
}
