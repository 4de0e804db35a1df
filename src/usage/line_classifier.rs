//! One line of a log to one use of a key, or to the reason why it is none.

use std::collections::BTreeSet;

use memchr::memchr_iter;
use zeroize::Zeroizing;

use crate::domain::Timestamp;
use crate::domain::secret_text::masked;
use crate::domain::usage::import::BadLine;
use crate::domain::usage::{CredibleTimes, IpPrefix, Outcome, ServedTimes};
use crate::error::{Code, Error};
use crate::leak::{KeyScanner, LONGEST_ESCAPED};
use crate::store::Store;
use crate::usage::access_log::{LineReader, LogEntry, LogFormat, LoggedAnswer, ParseError};
use crate::usage::aggregates::{Aggregates, BucketKey, ServedLine};
use crate::usage::key_cache::{KeyCache, KeyIndex};

/// How much of a bad line is shown.
const EXCERPT: usize = 120;

const INCREDIBLE: ParseError =
    ParseError("the time is before 2020 or more than a day ahead of the clock");

/// Reads the lines of one log after another, and counts each in [`Aggregates`].
pub struct LineClassifier<'c> {
    /// The format of all logs, if it is not to be detected.
    format: Option<LogFormat>,
    /// The field with the client's address, if it is not the peer's.
    ip_field: Option<&'c str>,
    ip_prefix: IpPrefix,
    times: CredibleTimes,
    /// The times whose lines are not to be counted again.
    served: ServedTimes,
    scanner: KeyScanner,
    log: String,
    reader: LineReader,
    long_line: LongLine,
}

/// A line that is too long to be read, as far as it has come.
#[derive(Default)]
struct LongLine {
    /// Its end, in which a key may have begun.
    tail: Zeroizing<Vec<u8>>,
    leak: Leak,
}

/// The whole keys of a line.
#[derive(Default)]
struct Leak {
    is_one: bool,
    /// Whose line it is, as far as that tells: the key's, or nobody's if the store does not have it.
    whose: Option<Option<KeyIndex>>,
    /// Those that the store has.
    keys: BTreeSet<KeyIndex>,
}

impl Leak {
    fn add(&mut self, other: Leak) {
        self.is_one |= other.is_one;
        self.keys.extend(other.keys);
    }

    /// Counts the line once, and once for each key.
    fn count(&self, pending: &mut Aggregates) {
        pending.counts.leaking += u64::from(self.is_one);
        for index in &self.keys {
            *pending.leaked.entry(*index).or_default() += 1;
        }
    }
}

impl<'c> LineClassifier<'c> {
    /// `ip_field` is the field with the client's address, where that is not the peer's.
    pub fn new(
        format: Option<LogFormat>,
        ip_field: Option<&'c str>,
        ip_prefix: IpPrefix,
        now: Timestamp,
    ) -> Self {
        let reader = LineReader::new(LogFormat::Nginx, None);
        LineClassifier {
            format,
            ip_field,
            ip_prefix,
            times: CredibleTimes::at(now),
            served: ServedTimes::default(),
            scanner: KeyScanner::default(),
            log: String::new(),
            reader,
            long_line: LongLine::default(),
        }
    }

    /// Turns to another log, whose first lines decide its format if none is set; returns it. In the
    /// times `served` no line should be.
    pub fn begin(
        &mut self,
        log: &str,
        beginning: &[u8],
        served: ServedTimes,
    ) -> Result<LogFormat, Error> {
        let format = self.format.or_else(|| LogFormat::detect(beginning)).ok_or_else(|| {
            let words = LogFormat::ALL.map(LogFormat::as_str).join(", ");
            Error::new(Code::Io, format!("{log} does not begin like an access log of a known format"))
                .hint(format!("name the format with --log-format ({words}); docs/gateways.md says how to set a gateway up"))
        })?;
        if format == LogFormat::Nginx && self.ip_field.is_some() {
            return Err(Error::usage(format!(
                "{log}: this format has no other address than the peer's"
            ))
            .hint("use nginx's real_ip module, or a JSON log"));
        }
        log.clone_into(&mut self.log);
        self.served = served;
        self.long_line = LongLine::default();
        self.reader = LineReader::new(format, self.ip_field);
        Ok(format)
    }

    /// The field that should hold the client's address, if no line of the log had it.
    pub fn lacking_ip_field(&self) -> Option<&'c str> {
        self.ip_field.filter(|_| self.reader.lacks_ip_field())
    }

    /// Reads whole lines, at this instant; `number` is that of the line before them.
    pub fn read(
        &mut self,
        lines: &[u8],
        now: Timestamp,
        pending: &mut Aggregates,
        number: &mut u64,
        keys: &mut KeyCache,
        store: &Store,
    ) -> Result<(), Error> {
        self.times = CredibleTimes::at(now);
        let is_suspect = self.scanner.suspects(lines);
        let mut start = 0;
        for end in memchr_iter(b'\n', lines) {
            *number += 1;
            self.line(
                &lines[start..end],
                is_suspect,
                pending,
                *number,
                keys,
                store,
            )?;
            start = end + 1;
        }
        Ok(())
    }

    /// Looks for keys in a piece of a line that is too long to be read, and counts the line when it
    /// ends.
    pub fn piece(
        &mut self,
        piece: &[u8],
        ends: bool,
        pending: &mut Aggregates,
        number: &mut u64,
        keys: &mut KeyCache,
        store: &Store,
    ) -> Result<(), Error> {
        let mut long = std::mem::take(&mut self.long_line);
        long.tail.extend_from_slice(piece);
        if self.scanner.suspects(&long.tail) {
            let leak = self.find_leak(&long.tail, keys, store)?;
            long.leak.add(leak);
        }
        if ends {
            long.leak.count(pending);
            self.too_long(pending, number);
            return Ok(());
        }
        // A key can begin in one piece and end in the next.
        let kept = long.tail.len().saturating_sub(LONGEST_ESCAPED);
        long.tail = Zeroizing::new(long.tail[kept..].to_vec());
        self.long_line = long;
        Ok(())
    }

    fn too_long(&self, pending: &mut Aggregates, number: &mut u64) {
        *number += 1;
        pending.counts.lines += 1;
        pending.add_bad(|| BadLine {
            log: self.log.clone(),
            line: *number,
            problem: "the line is too long",
            text: String::new(),
        });
    }

    fn line(
        &mut self,
        line: &[u8],
        is_suspect: bool,
        pending: &mut Aggregates,
        number: u64,
        keys: &mut KeyCache,
        store: &Store,
    ) -> Result<(), Error> {
        pending.counts.lines += 1;
        let leaked = if is_suspect && self.scanner.suspects(line) {
            let leak = self.find_leak(line, keys, store)?;
            leak.count(pending);
            leak.whose
        } else {
            None
        };
        let entry = match self.reader.read(line) {
            Ok(Some(entry)) if self.times.contains(entry.at) => entry,
            Ok(Some(_)) => {
                pending.add_bad(|| bad(&self.log, number, INCREDIBLE, line));
                return Ok(());
            }
            Ok(None) => {
                pending.counts.without_key += 1;
                return Ok(());
            }
            Err(problem) => {
                pending.add_bad(|| bad(&self.log, number, problem, line));
                return Ok(());
            }
        };
        let index = match (entry.id, leaked) {
            (Some(id), _) => keys.by_logged_id(id, store)?,
            (None, Some(leaked)) => leaked,
            (None, None) => {
                pending.counts.without_key += 1;
                pending.counts.without_key_allowed += u64::from(was_served(entry.answer));
                return Ok(());
            }
        };
        if pending.served.is_none() {
            pending.served = self.served.find(entry.at).map(|times| ServedLine {
                line: number,
                since: *times.start(),
                until: Some(*times.end()).filter(|end| *end != Timestamp::MAX),
            });
        }
        match index {
            Some(index) => pending.add(self.bucket_key(&entry, index, keys), entry.at),
            None => pending.counts.unknown_key += 1,
        }
        Ok(())
    }

    fn bucket_key(&self, entry: &LogEntry, index: KeyIndex, keys: &KeyCache) -> BucketKey {
        let outcome = match entry.answer {
            LoggedAnswer::Status(status) => {
                Outcome::from_status(status, keys.key(index), entry.at, entry.ip)
            }
            LoggedAnswer::Outcome(outcome) => outcome,
        };
        BucketKey {
            key: index,
            hour: entry.at.hour(),
            ip: entry.ip.map(|ip| self.ip_prefix.truncate(ip)),
            endpoint: entry.endpoint,
            scopes: entry.endpoint.map_or(entry.scopes, |endpoint| {
                entry.scopes.with(endpoint.scope.into())
            }),
            outcome,
        }
    }

    /// Looks for whole keys in a line.
    fn find_leak(&self, line: &[u8], keys: &mut KeyCache, store: &Store) -> Result<Leak, Error> {
        let mut leak = Leak::default();
        for presented in self.scanner.candidates(line) {
            let known = keys.by_presented(&presented, store)?;
            if known.is_none() && presented.id().is_none() {
                continue;
            }
            leak.is_one = true;
            let index = match (known, presented.id()) {
                // It has the id of a key and not its secret: a use of that id, and no leak of that
                // key.
                (None, Some(id)) => keys.by_id(id, store)?,
                _ => known,
            };
            leak.whose = leak.whose.or(Some(index));
            leak.keys.extend(known);
        }
        Ok(leak)
    }
}

/// Whether the request was answered 2xx.
fn was_served(answer: LoggedAnswer) -> bool {
    match answer {
        LoggedAnswer::Status(status) => (200..300).contains(&status),
        LoggedAnswer::Outcome(outcome) => outcome == Outcome::Allowed,
    }
}

/// A line that could not be read, as it may be shown.
fn bad(log: &str, number: u64, problem: ParseError, line: &[u8]) -> BadLine {
    // Masked before it is cut, so that no half of a key is left.
    let text = masked(&String::from_utf8_lossy(
        &line[..line.len().min(16 * EXCERPT)],
    ));
    BadLine {
        log: log.into(),
        line: number,
        problem: problem.0,
        text: text.chars().take(EXCERPT).collect(),
    }
}
