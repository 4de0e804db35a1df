//! A batch of lines on its way to its answers. Keys that are not known yet are looked up in the order
//! of the index that they are looked for in: there a page of the file serves many of them, and is
//! read once.

use serde_json::value::RawValue;

use crate::check::judge::{LookupCache, ResponseBuffer};
use crate::check::query;
use crate::check::query::{Defaults, Query};
use crate::domain::usage::UsageBucket;
use crate::domain::{Digest, Key, KeyId, Timestamp, Verdict, verdict};
use crate::error::Error;
use crate::store::ReadTx;
use crate::view::check::batch::BatchAnswer;

/// The lines of a batch that wait, and what is still to be looked up for them.
pub struct PendingLookups<'l, 'c> {
    defaults: &'l Defaults,
    clock: &'c dyn Fn() -> Timestamp,
    lines: Vec<PendingLine<'l>>,
    /// The lines whose keys are to be looked for by their digests,
    unknown: Vec<(Digest, usize)>,
    /// and keys that were not found so, to be looked for by their ids.
    missed: Vec<(KeyId, Digest)>,
    /// What counts as a use.
    uses: Vec<UsageBucket>,
}

struct PendingLine<'l> {
    reference: Option<&'l RawValue>,
    state: LineState,
}

enum LineState {
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

    /// Reads lines, and judges those whose keys were looked up lately. As long as no line waits
    /// they are answered at once.
    pub fn push(
        &mut self,
        view: ReadTx<'_>,
        cache: &mut LookupCache,
        lines: impl Iterator<Item = &'l [u8]>,
        answers: &mut ResponseBuffer,
    ) -> Result<(), Error> {
        cache.renew(view)?;
        let now = (self.clock)();
        for text in lines {
            let (reference, query) = query::read(text, self.defaults, now);
            let state = match query {
                Err(message) => LineState::Bad(message),
                Ok(query) => match query.presented.digest() {
                    None => self.judge(&query, None, now),
                    Some(digest) => match cache.get(&digest) {
                        Some(key) => self.judge(&query, key, now),
                        None => {
                            self.unknown.push((digest, self.lines.len()));
                            LineState::Query(query)
                        }
                    },
                },
            };
            let line = PendingLine { reference, state };
            match line.state {
                LineState::Judged(..) | LineState::Bad(_) if self.lines.is_empty() => {
                    line.answer(answers)?
                }
                _ => self.lines.push(line),
            }
        }
        Ok(())
    }

    /// Judges all that is left, and asks `read` for a transaction for each `most` keys.
    pub fn resolve(
        &mut self,
        cache: &mut LookupCache,
        most: usize,
        read: &mut InTransaction<'_>,
    ) -> Result<(), Error> {
        let mut unknown = std::mem::take(&mut self.unknown);
        unknown.sort_unstable_by_key(|(digest, _)| digest.beginning());
        for batch in unknown.chunks(most) {
            read(&mut |view| self.look_up(view, cache, batch))?;
        }
        let mut missed = std::mem::take(&mut self.missed);
        missed.sort_unstable_by_key(|(id, _)| *id);
        for batch in missed.chunks(most) {
            read(&mut |view| {
                let mut lookup = view.lookup()?;
                batch
                    .iter()
                    .try_for_each(|(id, digest)| lookup.confirm_absence(*id, digest))
            })?;
        }
        Ok(())
    }

    fn look_up(
        &mut self,
        view: ReadTx<'_>,
        cache: &mut LookupCache,
        batch: &[(Digest, usize)],
    ) -> Result<(), Error> {
        cache.renew(view)?;
        let now = (self.clock)();
        let mut lookup = view.lookup()?;
        for (digest, at) in batch {
            let Some(line) = self.lines.get_mut(*at) else {
                continue;
            };
            let LineState::Query(query) =
                std::mem::replace(&mut line.state, LineState::Bad(String::new()))
            else {
                continue;
            };
            let id = query.presented.id();
            let key = cache.get_or_look_up(digest, || lookup.by_digest(digest, id))?;
            if let (None, Some(id)) = (key, id) {
                self.missed.push((id, *digest));
            }
            let state = self.judge(&query, key, now);
            self.lines[*at].state = state;
        }
        Ok(())
    }

    fn judge(&mut self, query: &Query, key: Option<&Key>, now: Timestamp) -> LineState {
        let verdict = verdict::judge(
            &query.presented,
            key,
            &query.request,
            query.at.unwrap_or(now),
        );
        if let Some(key) = key.filter(|_| self.defaults.counts) {
            self.uses.push(UsageBucket::once(
                key.id,
                &query.request,
                &verdict,
                now,
                self.defaults.ip_prefix,
            ));
        }
        LineState::Judged(verdict, key.map(|key| key.id))
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

impl PendingLine<'_> {
    fn answer(&self, answers: &mut ResponseBuffer) -> Result<(), Error> {
        match &self.state {
            LineState::Judged(verdict, id) => {
                answers.add(&BatchAnswer::verdict(self.reference, verdict, id.as_ref()))
            }
            LineState::Bad(message) => {
                answers.bad += 1;
                answers.add(&BatchAnswer::bad_request(self.reference, message))
            }
            LineState::Query(_) => Err(Error::unexpected("a line was not judged")),
        }
    }
}

/// Runs a piece of work in a read transaction of its own.
pub type InTransaction<'r> =
    dyn FnMut(&mut dyn FnMut(ReadTx<'_>) -> Result<(), Error>) -> Result<(), Error> + 'r;
