//! What comes of counting access logs: the engine counts, and the view shows it.

use std::ops::{AddAssign, Sub};

use crate::domain::Key;

/// How many lines of each sort were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineCounts {
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

impl AddAssign for LineCounts {
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

impl Sub for LineCounts {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        LineCounts {
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
    pub counts: LineCounts,
    /// Whether a line at its end is not whole yet.
    pub is_cut: bool,
    /// The field that should hold the client's address, if no line has it.
    pub lacks_ip_field: Option<String>,
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct ImportOutcome {
    /// Each log.
    pub logs: Vec<ImportedLog>,
    /// All logs together.
    pub total: LineCounts,
    /// The first lines that could not be read.
    pub bad: Vec<BadLine>,
    /// The keys that stand in the logs in clear, and in how many lines.
    pub leaked: Vec<(Key, u64)>,
}
