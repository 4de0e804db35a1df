//! What was looked up lately, for those who look up again and again.

use crate::domain::{Digest, Key};
use crate::error::Error;

/// How many there are at most: a few megabytes.
const SIZE: usize = 8192;

/// What was looked up lately: valid as long as nobody changed the store, and of a fixed size. A
/// digest has one place; whoever chooses keys to fill a place twice only loses what this gains.
///
/// `S` tells one state of the store from another.
pub struct LookupCache<S> {
    state: Option<S>,
    places: Vec<Option<Box<CachedKey>>>,
}

struct CachedKey {
    digest: Digest,
    key: Option<Key>,
}

impl<S> Default for LookupCache<S> {
    fn default() -> Self {
        LookupCache {
            state: None,
            places: Vec::new(),
        }
    }
}

impl<S: PartialEq> LookupCache<S> {
    /// Forgets everything if the store has changed since; to be called in each transaction, with the
    /// state that the store is in.
    pub fn renew(&mut self, state: S) {
        let state = Some(state);
        if self.state != state {
            self.state = state;
            self.places.clear();
            self.places.resize_with(SIZE, || None);
        }
    }

    /// What was found by this digest, if that is remembered; `Some(None)` is a key that the store
    /// does not have.
    pub fn get(&self, digest: &Digest) -> Option<Option<&Key>> {
        self.places[place(digest)]
            .as_ref()
            .filter(|found| found.digest == *digest)
            .map(|found| found.key.as_ref())
    }

    /// What is found by this digest: as it is remembered, or as `look_up` finds it.
    pub fn get_or_look_up(
        &mut self,
        digest: &Digest,
        look_up: impl FnOnce() -> Result<Option<Key>, Error>,
    ) -> Result<Option<&Key>, Error> {
        let place = &mut self.places[place(digest)];
        match place {
            Some(found) if found.digest == *digest => {}
            _ => {
                *place = Some(Box::new(CachedKey {
                    digest: *digest,
                    key: look_up()?,
                }))
            }
        }
        Ok(place.as_ref().and_then(|found| found.key.as_ref()))
    }
}

/// The place of a digest.
fn place(digest: &Digest) -> usize {
    let [first, second, ..] = *digest.as_bytes();
    usize::from(u16::from_le_bytes([first, second])) % SIZE
}
