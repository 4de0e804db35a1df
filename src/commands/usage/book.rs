//! The keys that logs name, each looked up once.

use std::collections::HashMap;

use crate::domain::{Digest, Key, KeyId, Presented};
use crate::error::Error;
use crate::store::Store;

/// How many ids and keys that are none of this store's are remembered: anybody can write any number
/// of them into a log.
const STRANGERS: usize = 10_000;

/// A key of the book.
pub type Slot = u32;

/// The keys that were looked up.
#[derive(Debug, Default)]
pub struct Book {
    keys: Vec<Key>,
    by_id: HashMap<[u8; 10], Option<Slot>>,
    by_digest: HashMap<Digest, Option<Slot>>,
}

impl Book {
    /// The key in a slot.
    pub fn key(&self, slot: Slot) -> &Key {
        &self.keys[slot as usize]
    }

    /// The key with this id, if the store has it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn named(&mut self, id: [u8; 10], store: &Store) -> Result<Option<Slot>, Error> {
        if let Some(known) = self.by_id.get(&id) {
            return Ok(*known);
        }
        let key = match std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok()) {
            Some(id) => store.read(|view| view.key(id))?,
            None => None,
        };
        let slot = key.map(|key| self.add(key));
        forget_strangers(&mut self.by_id);
        self.by_id.insert(id, slot);
        Ok(slot)
    }

    /// The key that this text is, if the store has it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn presented(
        &mut self,
        presented: &Presented,
        store: &Store,
    ) -> Result<Option<Slot>, Error> {
        let Some(digest) = presented.digest() else {
            return Ok(None);
        };
        if let Some(known) = self.by_digest.get(&digest) {
            return Ok(*known);
        }
        let slot = store
            .read(|view| view.key_presented(presented))?
            .map(|key| self.add(key));
        forget_strangers(&mut self.by_digest);
        self.by_digest.insert(digest, slot);
        Ok(slot)
    }

    /// The same, for an id that was read already.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn named_id(&mut self, id: KeyId, store: &Store) -> Result<Option<Slot>, Error> {
        match id.as_str().as_bytes().try_into() {
            Ok(id) => self.named(id, store),
            Err(_) => Ok(None),
        }
    }

    fn add(&mut self, key: Key) -> Slot {
        let id = key.id;
        let known = self.keys.iter().position(|other: &Key| other.id == id);
        let slot = known.unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        Slot::try_from(slot).unwrap_or(Slot::MAX)
    }

    /// The id of a key.
    pub fn id(&self, slot: Slot) -> KeyId {
        self.key(slot).id
    }
}

fn forget_strangers<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Option<Slot>>) {
    if known.len() >= STRANGERS && known.values().filter(|slot| slot.is_none()).count() >= STRANGERS
    {
        known.retain(|_, slot| slot.is_some());
    }
}
