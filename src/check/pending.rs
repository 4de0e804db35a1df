//! A run of lines on its way to its answers. Keys that are not known yet are looked up in the order
//! of the index that they are looked for in: there a page of the file serves many of them, and is
//! read once.

use serde_json::value::RawValue;

use crate::check::judge::ResponseBuffer;
use crate::check::lookup_cache::LookupCache;
use crate::check::query;
use crate::check::query::{Defaults, Query};
use crate::domain::usage::UsageBucket;
use crate::domain::{Digest, Key, KeyId, Timestamp, Verdict, verdict};
use crate::error::Error;
use crate::store::ReadTx;
use crate::view::json::batch::Answer;

/// The lines of a run that wait, and what is still to be looked up for them.
pub struct PendingLookups<'l, 'c> {
    defaults: &'l Defaults,
    clock: &'c dyn Fn() -> Timestamp,
    lines: Vec<Line<'l>>,
    /// The lines whose keys are to be looked for by their digests,
    unknown: Vec<(Digest, u32)>,
    /// and keys that were not found so, to be looked for by their ids.
    missed: Vec<(KeyId, Digest)>,
    /// What counts as a use.
    uses: Vec<UsageBucket>,
}

struct Line<'l> {
    reference: Option<&'l RawValue>,
    state: State,
}

enum State {
    Query(Query),
    Judged(Verdict, Option<KeyId>),
    Bad(String),
}

impl<'l, 'c> PendingLookups<'l, 'c> {
    /// An empty one, for so many lines. The clock is read in each transaction: getting into it may
    /// have taken a while.
    pub fn new(defaults: &'l Defaults, clock: &'c dyn Fn() -> Timestamp, count: usize) -> Self {
        PendingLookups {
            defaults,
            clock,
            lines: Vec::with_capacity(count),
            unknown: Vec::new(),
            missed: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Enters lines, and judges those whose keys were looked up lately. As long as no line waits
    /// they are answered at once.
    pub fn push(
        &mut self,
        view: ReadTx<'_>,
        cache: &mut LookupCache<i64>,
        lines: impl Iterator<Item = &'l [u8]>,
        answers: &mut ResponseBuffer,
    ) -> Result<(), Error> {
        cache.renew(view.version()?);
        let now = (self.clock)();
        for text in lines {
            let (reference, asked) = query::read(text, self.defaults, now);
            let state = match asked {
                Err(message) => State::Bad(message),
                Ok(asked) => match asked.presented.digest() {
                    None => self.judged(&asked, None, now),
                    Some(digest) => match cache.known(&digest) {
                        Some(key) => self.judged(&asked, key, now),
                        None => {
                            self.unknown.push((
                                digest,
                                u32::try_from(self.lines.len()).unwrap_or(u32::MAX),
                            ));
                            State::Query(asked)
                        }
                    },
                },
            };
            let line = Line { reference, state };
            match line.state {
                State::Judged(..) | State::Bad(_) if self.lines.is_empty() => {
                    line.answer(answers)?
                }
                _ => self.lines.push(line),
            }
        }
        Ok(())
    }

    /// Judges all that is left, and asks `read` for a view of the store for each part of at most
    /// `most` keys.
    pub fn resolve(
        &mut self,
        cache: &mut LookupCache<i64>,
        most: usize,
        read: &mut Reader<'_>,
    ) -> Result<(), Error> {
        let mut unknown = std::mem::take(&mut self.unknown);
        unknown.sort_unstable_by_key(|(digest, _)| digest.beginning());
        for part in unknown.chunks(most) {
            read(&mut |view| self.look_up(view, cache, part))?;
        }
        let mut missed = std::mem::take(&mut self.missed);
        missed.sort_unstable_by_key(|(id, _)| *id);
        for part in missed.chunks(most) {
            read(&mut |view| {
                let mut lookup = view.lookup()?;
                part.iter()
                    .try_for_each(|(id, digest)| lookup.confirm_absence(*id, digest))
            })?;
        }
        Ok(())
    }

    fn look_up(
        &mut self,
        view: ReadTx<'_>,
        cache: &mut LookupCache<i64>,
        part: &[(Digest, u32)],
    ) -> Result<(), Error> {
        cache.renew(view.version()?);
        let now = (self.clock)();
        let mut lookup = view.lookup()?;
        for (digest, at) in part {
            let Some(line) = self.lines.get_mut(*at as usize) else {
                continue;
            };
            let State::Query(asked) = std::mem::replace(&mut line.state, State::Bad(String::new()))
            else {
                continue;
            };
            let id = asked.presented.id();
            let key = cache.find(digest, || lookup.by_digest(digest, id))?;
            if let (None, Some(id)) = (key, id) {
                self.missed.push((id, *digest));
            }
            let state = self.judged(&asked, key, now);
            self.lines[*at as usize].state = state;
        }
        Ok(())
    }

    fn judged(&mut self, asked: &Query, key: Option<&Key>, now: Timestamp) -> State {
        let verdict = verdict::judge(
            &asked.presented,
            key,
            &asked.request,
            asked.at.unwrap_or(now),
        );
        if let Some(key) = key.filter(|_| self.defaults.counts) {
            self.uses.push(UsageBucket::once(
                key.id,
                &asked.request,
                &verdict,
                now,
                self.defaults.ip_prefix,
            ));
        }
        State::Judged(verdict, key.map(|key| key.id))
    }

    /// What counts as a use, if uses are counted.
    pub fn uses(&self) -> &[UsageBucket] {
        &self.uses
    }

    /// Writes the answers to the lines that had to wait, in their order.
    pub fn answer(&self, answers: &mut ResponseBuffer) -> Result<(), Error> {
        self.lines.iter().try_for_each(|line| line.answer(answers))
    }
}

impl Line<'_> {
    fn answer(&self, answers: &mut ResponseBuffer) -> Result<(), Error> {
        match &self.state {
            State::Judged(verdict, id) => {
                answers.add(&Answer::verdict(self.reference, verdict, id.as_ref()))
            }
            State::Bad(message) => {
                answers.bad += 1;
                answers.add(&Answer::bad_request(self.reference, message))
            }
            State::Query(_) => Err(Error::unexpected("a line was not judged")),
        }
    }
}

/// Gives a part of the work a view of the store, in a transaction.
pub type Reader<'r> =
    dyn FnMut(&mut dyn FnMut(ReadTx<'_>) -> Result<(), Error>) -> Result<(), Error> + 'r;
