//! The keys that logs name, each looked up once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::domain::{Digest, Key, KeyId, Presented};
use crate::error::Error;
use crate::store::Store;

/// How many ids and keys that are none of this store's are remembered: anybody can write any number
/// of them into a log.
const STRANGERS: usize = 10_000;

/// A key of the book.
pub type KeyIndex = u32;

/// The keys that were looked up.
#[derive(Debug, Default)]
pub struct KeyCache {
    keys: Vec<Key>,
    by_id: HashMap<[u8; 10], KeyIndex>,
    slots: HashMap<KeyId, KeyIndex>,
    by_digest: HashMap<Digest, KeyIndex>,
    unknown_ids: Strangers<[u8; 10]>,
    unknown_digests: Strangers<Digest>,
}

impl KeyCache {
    /// The key in a slot.
    pub fn key(&self, slot: KeyIndex) -> &Key {
        &self.keys[slot as usize]
    }

    /// The key with this id, if the store has it.
    pub fn named(&mut self, id: [u8; 10], store: &Store) -> Result<Option<KeyIndex>, Error> {
        if let Some(known) = self.by_id.get(&id) {
            return Ok(Some(*known));
        }
        if self.unknown_ids.contains(&id) {
            return Ok(None);
        }
        let key = match std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok()) {
            Some(id) => store.read(|view| view.key(id))?,
            None => None,
        };
        let Some(key) = key else {
            self.unknown_ids.add(id);
            return Ok(None);
        };
        let slot = self.add(key);
        self.by_id.insert(id, slot);
        Ok(Some(slot))
    }

    /// The key that this text is, if the store has it.
    pub fn presented(
        &mut self,
        presented: &Presented,
        store: &Store,
    ) -> Result<Option<KeyIndex>, Error> {
        let Some(digest) = presented.digest() else {
            return Ok(None);
        };
        if let Some(known) = self.by_digest.get(&digest) {
            return Ok(Some(*known));
        }
        if self.unknown_digests.contains(&digest) {
            return Ok(None);
        }
        let Some(key) = store.read(|view| view.key_presented(presented))? else {
            self.unknown_digests.add(digest);
            return Ok(None);
        };
        let slot = self.add(key);
        self.by_digest.insert(digest, slot);
        Ok(Some(slot))
    }

    /// The same, for an id that was read already.
    pub fn named_id(&mut self, id: KeyId, store: &Store) -> Result<Option<KeyIndex>, Error> {
        match id.as_str().as_bytes().try_into() {
            Ok(id) => self.named(id, store),
            Err(_) => Ok(None),
        }
    }

    fn add(&mut self, key: Key) -> KeyIndex {
        let next = KeyIndex::try_from(self.keys.len()).unwrap_or(KeyIndex::MAX);
        let slot = *self.slots.entry(key.id).or_insert(next);
        if slot == next {
            self.keys.push(key);
        }
        slot
    }

    /// The id of a key.
    pub fn id(&self, slot: KeyIndex) -> KeyId {
        self.key(slot).id
    }
}

/// What was looked up in vain; forgotten all at once when there are too many.
#[derive(Debug)]
struct Strangers<T>(HashSet<T>);

impl<T> Default for Strangers<T> {
    fn default() -> Self {
        Strangers(HashSet::new())
    }
}

impl<T: Hash + Eq> Strangers<T> {
    fn contains(&self, one: &T) -> bool {
        self.0.contains(one)
    }

    fn add(&mut self, one: T) {
        if self.0.len() >= STRANGERS {
            self.0.clear();
        }
        self.0.insert(one);
    }
}
