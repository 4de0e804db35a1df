//! Judges runs of lines against the store, a short transaction at a time, and remembers what it has just looked up.

use super::bursts::Lines;
use super::line::{self, Defaults};
use crate::commands::Author;
use crate::domain::usage::Uses;
use crate::domain::{Digest, Key, Presented, Timestamp, verdict};
use crate::error::Error;
use crate::output::json::batch::Answer;
use crate::store::{Lock, Lookup, Store, View};

/// How many lines are judged in one transaction.
const PAGE: usize = 1000;

/// One of those who judge, each with a connection of its own.
pub struct Clerk {
    store: Store,
    recent: Recent,
    answers: Answers,
}

/// The answers to a run of lines.
#[derive(Debug, Default)]
pub struct Answers {
    /// One JSON object a line.
    pub text: Vec<u8>,
    /// How many lines could not be read.
    pub bad: u64,
}

impl Clerk {
    /// One who uses this store.
    pub fn new(store: Store) -> Self {
        Clerk { store, recent: Recent::default(), answers: Answers::default() }
    }

    /// The answers to the last run.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Judges a run of lines.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn judge(&mut self, run: &[u8], defaults: &Defaults, now: Timestamp) -> Result<(), Error> {
        self.answers = Answers { text: std::mem::take(&mut self.answers.text), bad: 0 };
        self.answers.text.clear();
        let mut lines = Lines(run);
        while !lines.0.is_empty() {
            let page = lines.by_ref().take(PAGE);
            self.store.read(|view| judge_page(view, &mut self.recent, page, defaults, now, &mut self.answers, &mut |_| {}))?;
        }
        Ok(())
    }

    /// Judges a run of lines and counts each as a use of its key. What is not stored is not answered.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn judge_and_record(&mut self, run: &[u8], defaults: &Defaults, author: &Author<'_>) -> Result<(), Error> {
        self.answers = Answers::default();
        let mut lines = Lines(run);
        while !lines.0.is_empty() {
            let page = lines.by_ref().take(PAGE);
            let mut uses = Vec::new();
            let mut write = author.write(&mut self.store, Lock::Immediate)?;
            let now = write.now();
            judge_page(write.view(), &mut self.recent, page, defaults, now, &mut self.answers, &mut |used| uses.push(used))?;
            if !uses.is_empty() {
                write.record(&uses)?;
                write.commit()?;
            }
        }
        Ok(())
    }
}

fn judge_page<'l>(
    view: View<'_>,
    recent: &mut Recent,
    lines: impl Iterator<Item = &'l [u8]>,
    defaults: &Defaults,
    now: Timestamp,
    answers: &mut Answers,
    used: &mut dyn FnMut(Uses),
) -> Result<(), Error> {
    recent.renew(view)?;
    let mut lookup = view.lookup()?;
    for line in lines {
        let (reference, asked) = line::read(line, defaults, now);
        match asked {
            Ok(asked) => {
                let key = recent.find(&mut lookup, &asked.presented)?;
                let verdict = verdict::judge(&asked.presented, key, &asked.request, asked.at.unwrap_or(now));
                if let Some(key) = key {
                    used(Uses::once(key.id, &asked.request, &verdict, now, defaults.ip_prefix));
                }
                answers.add(&Answer::verdict(reference, &verdict, key.map(|key| &key.id)))?;
            }
            Err(message) => {
                answers.bad += 1;
                answers.add(&Answer::bad_request(reference, &message))?;
            }
        }
    }
    Ok(())
}

impl Answers {
    fn add(&mut self, answer: &Answer<'_>) -> Result<(), Error> {
        answer.write(&mut self.text).map_err(|e| Error::io("write JSON", e))
    }
}

/// What was looked up lately: valid as long as nobody changed the store, and of a fixed size. A digest has one place; whoever chooses
/// keys to fill a place twice only loses what this gains.
#[derive(Default)]
struct Recent {
    version: Option<i64>,
    places: Vec<Option<Box<Found>>>,
}

struct Found {
    digest: Digest,
    key: Option<Key>,
}

impl Recent {
    /// How many there are at most: a few megabytes.
    const SIZE: usize = 8192;

    /// Forgets everything if the store has changed since; to be called in each transaction.
    fn renew(&mut self, view: View<'_>) -> Result<(), Error> {
        let version = Some(view.version()?);
        if self.version != version {
            self.version = version;
            self.places.clear();
            self.places.resize_with(Self::SIZE, || None);
        }
        Ok(())
    }

    /// The record of what was presented, if there is one.
    fn find(&mut self, lookup: &mut Lookup<'_>, presented: &Presented) -> Result<Option<&Key>, Error> {
        let Some(digest) = presented.digest() else { return Ok(None) };
        let bytes = digest.as_bytes();
        let place = &mut self.places[usize::from(u16::from_le_bytes([bytes[0], bytes[1]])) % Self::SIZE];
        match place {
            Some(found) if found.digest == digest => {}
            _ => *place = Some(Box::new(Found { digest, key: lookup.find(&digest, presented)? })),
        }
        Ok(place.as_ref().and_then(|found| found.key.as_ref()))
    }
}
