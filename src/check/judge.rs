//! Judges runs of lines against the store, a short transaction at a time, and remembers what it has
//! just looked up.

use memchr::memchr_iter;

use crate::check::chunks::Lines;
use crate::check::lookup_cache::LookupCache;
use crate::check::pending::PendingLookups;
use crate::check::query::Defaults;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::session::Author;
use crate::store::{Lock, Store};
use crate::view::json::batch::Answer;

/// How many lines are read, or keys looked up, in one transaction.
const PAGE: usize = 1000;

/// One of those who judge, each with a connection of its own.
pub struct BatchJudge {
    store: Store,
    cache: LookupCache<i64>,
}

/// The answers to a run of lines.
#[derive(Debug, Default)]
pub struct ResponseBuffer {
    /// One JSON object a line.
    pub text: Vec<u8>,
    /// How many lines could not be read.
    pub bad: u64,
}

impl BatchJudge {
    /// One who uses this store.
    pub fn new(store: Store) -> Self {
        BatchJudge {
            store,
            cache: LookupCache::default(),
        }
    }

    /// The store that it uses.
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

    /// Judges a run of lines.
    pub fn judge(
        &mut self,
        run: &[u8],
        defaults: &Defaults,
        clock: &dyn Fn() -> Timestamp,
        answers: &mut ResponseBuffer,
    ) -> Result<(), Error> {
        let BatchJudge { store, cache } = self;
        answers.clear();
        let mut pending = PendingLookups::new(defaults, clock, memchr_iter(b'\n', run).count() + 1);
        let mut lines = Lines(run);
        while !lines.0.is_empty() {
            store.read(|view| pending.push(view, cache, lines.by_ref().take(PAGE), answers))?;
        }
        pending.resolve(cache, PAGE, &mut |look| store.read(look))?;
        pending.answer(answers)
    }

    /// Judges the first lines of a run, counts each as a use of its key, and returns the lines that
    /// are left. What is not stored is not answered.
    pub fn judge_and_record<'r>(
        &mut self,
        run: &'r [u8],
        defaults: &'r Defaults,
        author: &Author<'_>,
        answers: &mut ResponseBuffer,
    ) -> Result<&'r [u8], Error> {
        let BatchJudge { store, cache } = self;
        answers.clear();
        let mut lines = Lines(run);
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
    /// Adds one more.
    pub fn add(&mut self, answer: &Answer<'_>) -> Result<(), Error> {
        answer
            .write(&mut self.text)
            .map_err(|e| Error::io("write JSON", e))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.bad = 0;
    }
}
