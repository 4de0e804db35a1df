//! Counting a log: each line once, however often, under whatever name and in whatever compression
//! the log is imported.
//!
//! The counts of a part and the note of how far it reaches are one change of the store: whatever is
//! interrupted, no line is lost and none is counted twice. What was counted before is only hashed;
//! a stream cannot be read twice, so its lines are held back until it is clear whether they were
//! counted.

use memchr::memchr;
use sha2::{Digest as _, Sha256};

use crate::domain::usage::import::ImportedLog;
use crate::domain::usage::{ImportMark, ServedTimes};
use crate::error::{Code, Error};
use crate::store::{Author, Lock, ReadTx, Store};
use crate::usage::access_log::lines::{Block, Blocks, LONGEST_LINE};
use crate::usage::access_log::resume_point::ResumePoint;
use crate::usage::access_log::source::Source;
use crate::usage::aggregates::{Aggregates, ServedLine};
use crate::usage::key_cache::KeyCache;
use crate::usage::line_classifier::LineClassifier;

/// So many rows are stored at once, which takes less than a tenth of a second; other writers wait
/// meanwhile. More at once would save some of the time where no two lines share a row.
const ROWS: usize = 20_000;
/// After so many bytes what was read is stored, so that little is read again after an interruption.
const BYTES: u64 = 1 << 30;

/// LineCounts the uses in logs: each line once, however often and under whatever name it is imported.
pub struct Importer<'c> {
    pub store: &'c mut Store,
    pub author: &'c Author<'c>,
    pub lines: LineClassifier<'c>,
    /// The keys that the logs name.
    pub keys: KeyCache,
    /// Whether lines of a time in which `serve` counted are counted all the same.
    pub also_served: bool,
    /// What was stored of all logs, without the uses.
    pub done: Aggregates,
    /// Is called after each block with the name of the log, its source and the lines read so far.
    pub progress: &'c mut dyn FnMut(&str, &Source<'_>, u64),
}

/// How reading a log ended.
enum Step {
    /// It is counted.
    Done,
    /// So much of it was counted before, and it was read too far to see that: read it again.
    Again(Option<ImportMark>),
    /// Another process has counted on.
    Overtaken,
}

/// A log that is being read.
struct LogState {
    /// The hash of its first line, and what was counted of logs with this first line.
    head: [u8; 32],
    known: Vec<ImportMark>,
    /// When `serve` counted uses.
    served: ServedTimes,
    resume_point: ResumePoint,
    /// How many bytes of it are stored.
    stored: u64,
    /// How many lines of it are counted, stored or pending.
    lines: u64,
    pending: Aggregates,
    can_rewind: bool,
}

impl Importer<'_> {
    /// LineCounts a log as far as it was not counted before, and stores that in steps: what is stored
    /// when it fails stays counted.
    pub fn count(&mut self, name: &str, source: &mut Source<'_>) -> Result<ImportedLog, Error> {
        let mut imported = ImportedLog {
            name: name.into(),
            ..ImportedLog::default()
        };
        let before = self.done.counts;
        let mut only = None;
        loop {
            match self.attempt(&mut imported, source, only)? {
                Step::Done => break,
                Step::Again(counted) => only = Some(counted),
                Step::Overtaken if source.can_rewind() => only = None,
                Step::Overtaken => {
                    let fault = format!("another process is counting {name} at the same time");
                    return Err(Error::new(Code::Io, fault)
                        .hint("import it again: no line is counted twice"));
                }
            }
            source.rewind().map_err(|e| unreadable(name, e))?;
        }
        imported.counts = self.done.counts - before;
        if imported.counts.counted > 0 {
            imported.lacks_ip_field = self.lines.lacking_ip_field().map(str::to_owned);
        }
        imported.before = imported.before.saturating_sub(imported.counts.lines);
        Ok(imported)
    }

    /// Reads a log from its beginning. `only` says what of it was counted before, if that is known.
    fn attempt(
        &mut self,
        imported: &mut ImportedLog,
        source: &mut Source<'_>,
        only: Option<Option<ImportMark>>,
    ) -> Result<Step, Error> {
        let mut blocks = Blocks::default();
        let beginning = blocks
            .peek(source)
            .map_err(|e| unreadable(&imported.name, e))?;
        let first_line = match memchr(b'\n', beginning) {
            Some(end) => &beginning[..=end],
            None if beginning.len() == LONGEST_LINE => beginning,
            None => {
                imported.is_cut = !beginning.is_empty();
                return Ok(Step::Done);
            }
        };
        let mut log = self.begin(Sha256::digest(first_line).into(), only, source.can_rewind())?;
        let served = log.served.clone();
        let format = self.lines.begin(&imported.name, beginning, served)?;
        imported.format = Some(format.as_str());
        loop {
            let end = match blocks.next(source) {
                Ok(Block::End(left)) => {
                    imported.is_cut = left > 0;
                    Some(log.end())
                }
                Ok(block) => self.count_block(&mut log, &block)?,
                Err(e) => {
                    self.store(&imported.name, &mut log)?;
                    return Err(unreadable(&imported.name, e));
                }
            };
            match end {
                Some(Step::Done) => {
                    imported.before = log.lines;
                    return Ok(if self.store(&imported.name, &mut log)? {
                        Step::Done
                    } else {
                        Step::Overtaken
                    });
                }
                Some(other) => return Ok(other),
                None if log.is_due() && !self.store(&imported.name, &mut log)? => {
                    return Ok(Step::Overtaken);
                }
                None => (self.progress)(&imported.name, source, log.lines),
            }
        }
    }

    fn begin(
        &self,
        head: [u8; 32],
        only: Option<Option<ImportMark>>,
        can_rewind: bool,
    ) -> Result<LogState, Error> {
        let (known, served) = self
            .store
            .read(|view| Ok((view.counted(head)?, served_times(view, self.also_served)?)))?;
        let candidates = only.map_or_else(|| known.clone(), |only| only.into_iter().collect());
        let resume_point = ResumePoint::new(&candidates);
        Ok(LogState {
            head,
            known,
            served,
            resume_point,
            stored: 0,
            lines: 0,
            pending: Aggregates::default(),
            can_rewind,
        })
    }

    /// LineCounts the next block of a log, unless it was counted before.
    fn count_block(
        &mut self,
        log: &mut LogState,
        block: &Block<'_>,
    ) -> Result<Option<Step>, Error> {
        let bytes = block.bytes();
        let was_open = log.resume_point.is_open();
        let counted = log.resume_point.read(bytes);
        if let (Some(_), Some(found)) = (counted, log.resume_point.found()) {
            log.pending = Aggregates::default();
            (log.stored, log.lines) = (found.bytes, found.lines);
        }
        if was_open && log.can_rewind {
            if log.resume_point.is_open() {
                return Ok(None);
            }
            if counted.is_none() {
                return Ok(Some(Step::Again(log.resume_point.found())));
            }
        }
        match block {
            Block::Lines(lines) => {
                let new = &lines[counted.unwrap_or(0)..];
                let now = self.author.now();
                self.lines.read(
                    new,
                    now,
                    &mut log.pending,
                    &mut log.lines,
                    &mut self.keys,
                    self.store,
                )?;
            }
            Block::Piece { bytes, ends } if counted.is_none() => self.lines.piece(
                bytes,
                *ends,
                &mut log.pending,
                &mut log.lines,
                &mut self.keys,
                self.store,
            )?,
            _ => {}
        }
        Ok(None)
    }

    /// Stores what is pending, and how far the log is counted with it; unless somebody else has
    /// counted a log that begins like it.
    fn store(&mut self, name: &str, log: &mut LogState) -> Result<bool, Error> {
        let counted = ImportMark {
            head: log.head,
            bytes: log.resume_point.bytes(),
            lines: log.lines,
            digest: log.resume_point.digest(),
        };
        if log.pending.counts.lines == 0 {
            return Ok(true);
        }
        if let Some(line) = log.pending.served {
            return Err(served(name, line));
        }
        let uses = log.pending.uses(&self.keys);
        let also_served = self.also_served;
        let mut write = self.author.write(self.store, Lock::Immediate)?;
        let served_by_now = served_times(write.view(), also_served)?;
        if write.view().counted(log.head)? != log.known || served_by_now != log.served {
            return Ok(false);
        }
        let unrecorded = write.record(&uses)?;
        write.counted(&counted)?;
        log.known = write.view().counted(log.head)?;
        write.commit()?;
        log.pending.not_recorded(unrecorded);
        log.stored = counted.bytes;
        std::mem::take(&mut log.pending).stored(&mut self.done);
        Ok(true)
    }
}

impl LogState {
    /// The log has come to its end.
    fn end(&mut self) -> Step {
        let was_open = self.resume_point.is_open();
        self.resume_point.close();
        let found = self.resume_point.found();
        if was_open
            && self.can_rewind
            && found.map_or(0, |found| found.bytes) < self.resume_point.bytes()
        {
            return Step::Again(found);
        }
        Step::Done
    }

    /// Whether it is time to store what is pending.
    fn is_due(&self) -> bool {
        !self.resume_point.is_open()
            && (self.pending.rows() >= ROWS || self.resume_point.bytes() - self.stored >= BYTES)
    }
}

/// The times whose lines are not to be counted again.
fn served_times(view: ReadTx<'_>, also_served: bool) -> Result<ServedTimes, Error> {
    if also_served {
        Ok(ServedTimes::default())
    } else {
        view.counted_by_serve()
    }
}

fn served(log: &str, line: ServedLine) -> Error {
    let ServedLine { line, since, until } = line;
    let times = match until {
        Some(until) => format!("from {since} to {until}"),
        None => format!("since {since}"),
    };
    Error::new(
        Code::CountedByServe,
        format!("{log}, line {line}: 'serve' counted the uses {times} itself"),
    )
    .hint("leave these lines out; if their requests did not come by way of 'serve', add --also-served")
}

fn unreadable(log: &str, cause: std::io::Error) -> Error {
    Error::io(&format!("read {log}"), cause)
        .hint("what has been counted stays counted; import it again once it can be read")
}
