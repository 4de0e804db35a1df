//! The keys that logs name, each looked up once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::domain::{Digest, Key, KeyId, Presented};
use crate::error::Error;
use crate::store::Store;

/// How many ids and keys that are none of this store's are remembered: anybody can write any number
/// of them into a log.
const UNKNOWN: usize = 10_000;

/// The place of a key in the cache: four bytes in each bucket, in place of a key.
pub type KeyIndex = u32;

/// The keys that were looked up, by what names them in a log.
#[derive(Debug, Default)]
pub struct KeyCache {
    keys: Vec<Key>,
    by_logged_id: HashMap<[u8; 10], KeyIndex>,
    by_id: HashMap<KeyId, KeyIndex>,
    by_digest: HashMap<Digest, KeyIndex>,
    unknown_ids: UnknownSet<[u8; 10]>,
    unknown_digests: UnknownSet<Digest>,
}

impl KeyCache {
    /// The key at this place.
    pub fn key(&self, index: KeyIndex) -> &Key {
        &self.keys[index as usize]
    }

    /// The key with this id, as a log has it, if the store has the key.
    pub fn by_logged_id(&mut self, id: [u8; 10], store: &Store) -> Result<Option<KeyIndex>, Error> {
        if let Some(known) = self.by_logged_id.get(&id) {
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
        let index = self.add(key);
        self.by_logged_id.insert(id, index);
        Ok(Some(index))
    }

    /// The key that this text is, if the store has it.
    pub fn by_presented(
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
        let index = self.add(key);
        self.by_digest.insert(digest, index);
        Ok(Some(index))
    }

    /// The key with this id, if the store has it.
    pub fn by_id(&mut self, id: KeyId, store: &Store) -> Result<Option<KeyIndex>, Error> {
        self.by_logged_id(*id.as_bytes(), store)
    }

    fn add(&mut self, key: Key) -> KeyIndex {
        let next =
            KeyIndex::try_from(self.keys.len()).expect("fewer keys than 2^32 fit into memory");
        let index = *self.by_id.entry(key.id).or_insert(next);
        if index == next {
            self.keys.push(key);
        }
        index
    }

    /// The id of a key.
    pub fn id(&self, index: KeyIndex) -> KeyId {
        self.key(index).id
    }
}

/// What was looked up in vain; forgotten all at once when there are [`UNKNOWN`].
#[derive(Debug)]
struct UnknownSet<T>(HashSet<T>);

impl<T> Default for UnknownSet<T> {
    fn default() -> Self {
        UnknownSet(HashSet::new())
    }
}

impl<T: Hash + Eq> UnknownSet<T> {
    fn contains(&self, one: &T) -> bool {
        self.0.contains(one)
    }

    fn add(&mut self, one: T) {
        if self.0.len() >= UNKNOWN {
            self.0.clear();
        }
        self.0.insert(one);
    }
}
