//! What came of counting access logs.

use std::ops::{AddAssign, Sub};

use crate::domain::rotation;
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::Output;
use crate::view::json::usage::ImportBody;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::counted;
use crate::view::text::wrap::wrap_hanging;

/// How many lines of each sort were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All lines.
    pub lines: u64,
    /// Those that are uses of a key of the store.
    pub counted: u64,
    /// Those that name no key, or are about no request.
    pub without_key: u64,
    /// The requests among them that were answered 2xx.
    pub without_key_allowed: u64,
    /// Those that name a key that the store does not have.
    pub unknown_key: u64,
    /// Those that could not be read.
    pub bad: u64,
    /// Those that hold a whole key.
    pub leaking: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.counted += more.counted;
        self.without_key += more.without_key;
        self.without_key_allowed += more.without_key_allowed;
        self.unknown_key += more.unknown_key;
        self.bad += more.bad;
        self.leaking += more.leaking;
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        Counts {
            lines: self.lines - less.lines,
            counted: self.counted - less.counted,
            without_key: self.without_key - less.without_key,
            without_key_allowed: self.without_key_allowed - less.without_key_allowed,
            unknown_key: self.unknown_key - less.unknown_key,
            bad: self.bad - less.bad,
            leaking: self.leaking - less.leaking,
        }
    }
}

/// A line that could not be read.
#[derive(Debug, Clone)]
pub struct BadLine {
    /// The log.
    pub log: String,
    /// The number of the line in it, from 1 on.
    pub line: u64,
    /// What is wrong.
    pub problem: &'static str,
    /// Its beginning, without anything that could be a key.
    pub text: String,
}

/// What came of one log.
#[derive(Debug, Default)]
pub struct ImportedLog {
    /// What it was called.
    pub name: String,
    /// The word of its format, if it has a line.
    pub format: Option<&'static str>,
    /// The lines that were counted before.
    pub before: u64,
    /// The lines that were counted now.
    pub counts: Counts,
    /// Whether a line at its end is not whole yet.
    pub is_cut: bool,
    /// The field that should hold the client's address, if no line has it.
    pub lacks_ip_field: Option<String>,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// Each log.
    pub logs: Vec<ImportedLog>,
    /// All logs together.
    pub total: Counts,
    /// The first lines that could not be read.
    pub bad: Vec<BadLine>,
    /// The keys that stand in the logs in clear, and in how many lines.
    pub leaked: Vec<(Key, u64)>,
}

impl Output<'_> {
    /// Shows how far a long log was read, on one line that is written again and again.
    pub fn progress(&mut self, name: &str, percent: Option<u64>, lines: u64) {
        let theme = self.options.err;
        let bar = percent.map(|percent| theme.bar(percent));
        // Progress that cannot be shown is no loss.
        let _ = write!(
            self.stderr,
            "\r{}{} lines  {}\x1b[K",
            bar.unwrap_or_default(),
            counted(lines),
            visible(name)
        );
        let _ = self.stderr.flush();
    }

    /// Takes the line of progress away.
    pub fn progress_done(&mut self) {
        let _ = write!(self.stderr, "\r\x1b[K");
        let _ = self.stderr.flush();
    }

    /// What came of an import.
    pub fn imported(&mut self, imported: &Imported, now: Timestamp) -> Result<(), Error> {
        self.document(ImportBody::of(imported, now), |output| {
            let width = output.options.width;
            imported
                .logs
                .iter()
                .flat_map(|log| wrap_hanging(&told(log), 4, width))
                .try_for_each(|line| output.line(&line))
        })?;
        let look = self.options.err;
        for remark in remarks(imported, look) {
            self.remark(&remark);
        }
        for key in leaked(imported, now) {
            self.command(&key);
        }
        Ok(())
    }
}

/// One log in a line.
fn told(log: &ImportedLog) -> String {
    let Counts {
        lines,
        counted: uses,
        without_key,
        without_key_allowed,
        unknown_key,
        bad,
        leaking: _,
    } = log.counts;
    let mut told = format!("{}: ", visible(&log.name));
    told += &match (lines, log.before) {
        (0, 0) => "nothing to count".into(),
        (0, before) => format!(
            "nothing new; {} {} counted before",
            plural(before, "line"),
            was(before)
        ),
        _ => format!(
            "{} read, {} counted",
            plural(lines, "line"),
            plural(uses, "use")
        ),
    };
    for (number, what, of_them) in [
        (without_key, "without a key", without_key_allowed),
        (unknown_key, "of unknown keys", 0),
        (bad, "not understood", 0),
    ] {
        if number > 0 {
            told += &format!(", {} {what}", counted(number));
        }
        if of_them > 0 {
            told += &format!(" ({} of them answered 2xx)", counted(of_them));
        }
    }
    if lines > 0 && log.before > 0 {
        told += &format!(
            "; {} {} counted before",
            counted(log.before),
            was(log.before)
        );
    }
    told
}

fn was(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

fn plural(number: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        counted(number),
        if number == 1 { "" } else { "s" }
    )
}

/// What the operator should know besides.
fn remarks(imported: &Imported, look: Theme) -> Vec<String> {
    let mut remarks = Vec::new();
    for bad in &imported.bad {
        remarks.push(format!(
            "{} {}, line {}: {}: {}",
            look.caution("note:"),
            visible(&bad.log),
            bad.line,
            bad.problem,
            visible(&bad.text)
        ));
    }
    for log in imported.logs.iter().filter(|log| log.is_cut) {
        remarks.push(format!(
            "{} the last line of {} has no end yet: it is left for the next time",
            look.caution("note:"),
            visible(&log.name)
        ));
    }
    for log in &imported.logs {
        let Some(field) = &log.lacks_ip_field else {
            continue;
        };
        remarks.push(format!(
            "{} no line of {} has the field '{}' of --client-ip-from: these uses are counted without an address",
            look.caution("note:"),
            visible(&log.name),
            visible(field)
        ));
    }
    if imported.total.leaking > 0 {
        remarks.push(look.bad(&format!(
            "WARNING: {} whole keys in clear. Whoever can read these logs can use them: rotate them, and let the gateway log the id only.",
            if imported.total.leaking == 1 { "1 line holds".into() } else { format!("{} lines hold", counted(imported.total.leaking)) }
        )));
    }
    remarks
}

/// The keys that stand in a log in clear, each with the command that replaces or ends it.
fn leaked(imported: &Imported, now: Timestamp) -> Vec<String> {
    let mut leaked = Vec::new();
    for (key, lines) in &imported.leaked {
        let what = if rotation::check(key, None, now).is_ok() && key.is_usable(now) {
            format!("zenflow-keys rotate {}", key.id)
        } else if key.is_usable(now) {
            format!("zenflow-keys revoke {}", key.id)
        } else {
            format!("it is {} already", key.status(now).as_str())
        };
        leaked.push(format!(
            "  {} ({}), in {}: {what}",
            visible(key.name.as_str()),
            key.id,
            plural(*lines, "line")
        ));
    }
    leaked
}
