//! Judges batches of lines against the store, a short transaction at a time, and remembers what it has
//! just looked up.

use memchr::memchr_iter;

use crate::check::chunks::LineIter;
use crate::check::pending::PendingLookups;
use crate::check::query::Defaults;
use crate::domain::{Digest, Key, Timestamp};
use crate::error::Error;
use crate::store::{Author, Lock, ReadTx, Store};
use crate::view::check::batch::BatchAnswer;

/// How many lines are read, or keys looked up, in one transaction.
const PAGE: usize = 1000;

/// Judges lines with a connection of its own; each thread has one.
pub struct BatchJudge {
    store: Store,
    cache: LookupCache,
}

/// The answers to a batch of lines.
#[derive(Debug, Default)]
pub struct ResponseBuffer {
    /// One JSON object a line.
    pub text: Vec<u8>,
    /// How many lines could not be read.
    pub bad: u64,
}

impl BatchJudge {
    /// Starts with an empty cache.
    pub fn new(store: Store) -> Self {
        BatchJudge {
            store,
            cache: LookupCache::default(),
        }
    }

    /// The store that it judges by.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Lets others use the store first from now on.
    pub fn give_way(&mut self) -> Result<(), Error> {
        self.store.give_way()
    }

    /// Opens whatever is at the path of the store by now. What was looked up in the old one is
    /// forgotten.
    pub fn reopen(&mut self, clock: &dyn Fn() -> Timestamp) -> Result<&Store, Error> {
        *self = BatchJudge::new(self.store.open_again(clock)?);
        Ok(&self.store)
    }

    /// Judges a batch of lines: `answers` holds theirs afterwards, in the order of the lines.
    pub fn judge(
        &mut self,
        batch: &[u8],
        defaults: &Defaults,
        clock: &dyn Fn() -> Timestamp,
        answers: &mut ResponseBuffer,
    ) -> Result<(), Error> {
        let BatchJudge { store, cache } = self;
        answers.clear();
        let mut pending =
            PendingLookups::new(defaults, clock, memchr_iter(b'\n', batch).count() + 1);
        let mut lines = LineIter(batch);
        while !lines.0.is_empty() {
            store.read(|view| pending.push(view, cache, lines.by_ref().take(PAGE), answers))?;
        }
        pending.resolve(cache, PAGE, &mut |look| store.read(look))?;
        pending.answer(answers)
    }

    /// Judges the first lines of a batch, counts each as a use of its key, and returns the lines that
    /// are left. What is not stored is not answered.
    pub fn judge_and_record<'r>(
        &mut self,
        batch: &'r [u8],
        defaults: &'r Defaults,
        author: &Author<'_>,
        answers: &mut ResponseBuffer,
    ) -> Result<&'r [u8], Error> {
        let BatchJudge { store, cache } = self;
        answers.clear();
        let mut lines = LineIter(batch);
        let mut write = author.write(store, Lock::Immediate)?;
        let now = write.now();
        let clock = || now;
        let mut pending = PendingLookups::new(defaults, &clock, PAGE);
        pending.push(write.view(), cache, lines.by_ref().take(PAGE), answers)?;
        pending.resolve(cache, PAGE, &mut |look| look(write.view()))?;
        if !pending.uses().is_empty() {
            write.record(pending.uses())?.check_clock(write.now())?;
            write.commit()?;
        }
        pending.answer(answers)?;
        Ok(lines.0)
    }
}

impl ResponseBuffer {
    /// Appends an answer as a line of JSON.
    pub fn add(&mut self, answer: &BatchAnswer<'_>) -> Result<(), Error> {
        answer
            .write(&mut self.text)
            .map_err(|e| Error::io("write JSON", e))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.bad = 0;
    }
}

/// What was looked up lately: valid as long as nobody changed the store, and of a fixed size. A
/// digest has one place; whoever chooses keys to fill a place twice only loses what this gains.
#[derive(Default)]
pub struct LookupCache {
    version: Option<i64>,
    places: Vec<Option<Box<CachedKey>>>,
}

struct CachedKey {
    digest: Digest,
    key: Option<Key>,
}

impl LookupCache {
    /// How many there are at most: a few megabytes.
    const SIZE: usize = 8192;

    /// Forgets everything if the store has changed since; to be called in each transaction.
    pub fn renew(&mut self, view: ReadTx<'_>) -> Result<(), Error> {
        let version = Some(view.version()?);
        if self.version != version {
            self.version = version;
            self.places.clear();
            self.places.resize_with(Self::SIZE, || None);
        }
        Ok(())
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
    usize::from(u16::from_le_bytes([first, second])) % LookupCache::SIZE
}
