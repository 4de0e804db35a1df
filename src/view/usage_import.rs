//! `usage import`: what came of counting access logs, and how far it is meanwhile.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::remedy::Remedy;
use crate::domain::rotation;
use crate::domain::usage::import::{ImportOutcome, ImportedLog, LineCounts};
use crate::view::key::BriefKey;
use crate::view::text::escape::visible;
use crate::view::text::number::{plural, with_thousands};
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;
use crate::view::{Output, View};

/// What came of an import.
#[derive(Debug)]
pub struct ImportReport<'a> {
    /// What was counted.
    pub outcome: &'a ImportOutcome,
    /// As of when the state of the keys is shown.
    pub now: Timestamp,
    /// How a command is written.
    pub command_line: fn(&Remedy) -> String,
}

#[derive(Serialize)]
struct ImportBody<'a> {
    logs: Vec<LogBody<'a>>,
    total: CountsBody,
    bad_lines: Vec<BadLineBody<'a>>,
    leaked_keys: Vec<LeakedKeyBody<'a>>,
}

#[derive(Serialize)]
struct LogBody<'a> {
    log: &'a str,
    format: Option<&'static str>,
    lines_before: u64,
    #[serde(flatten)]
    counts: CountsBody,
    incomplete_line: bool,
}

#[derive(Serialize)]
struct CountsBody {
    lines: u64,
    counted: u64,
    without_key: u64,
    without_key_allowed: u64,
    unknown_key: u64,
    bad: u64,
    leaking: u64,
}

impl CountsBody {
    fn new(counts: LineCounts) -> Self {
        let LineCounts {
            lines,
            counted,
            without_key,
            without_key_allowed,
            unknown_key,
            bad,
            leaking,
        } = counts;
        CountsBody {
            lines,
            counted,
            without_key,
            without_key_allowed,
            unknown_key,
            bad,
            leaking,
        }
    }
}

#[derive(Serialize)]
struct BadLineBody<'a> {
    log: &'a str,
    line: u64,
    problem: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct LeakedKeyBody<'a> {
    #[serde(flatten)]
    key: BriefKey<'a>,
    lines: u64,
}

impl View for ImportReport<'_> {
    fn json(&self) -> impl Serialize {
        ImportBody {
            logs: self
                .outcome
                .logs
                .iter()
                .map(|log| LogBody {
                    log: &log.name,
                    format: log.format,
                    lines_before: log.before,
                    counts: CountsBody::new(log.counts),
                    incomplete_line: log.is_cut,
                })
                .collect(),
            total: CountsBody::new(self.outcome.total),
            bad_lines: self
                .outcome
                .bad
                .iter()
                .map(|bad| BadLineBody {
                    log: &bad.log,
                    line: bad.line,
                    problem: bad.problem,
                    text: &bad.text,
                })
                .collect(),
            leaked_keys: self
                .outcome
                .leaked
                .iter()
                .map(|(key, lines)| LeakedKeyBody {
                    key: BriefKey::new(key, self.now),
                    lines: *lines,
                })
                .collect(),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let logs = self.outcome.logs.iter();
        logs.flat_map(|log| wrap_hanging(&log_line(log), 4, theme.width))
            .collect()
    }
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
            with_thousands(lines),
            visible(name)
        );
        let _ = self.stderr.flush();
    }

    /// Takes the line of progress away.
    pub fn progress_done(&mut self) {
        let _ = write!(self.stderr, "\r\x1b[K");
        let _ = self.stderr.flush();
    }
}

/// One log in a line.
fn log_line(log: &ImportedLog) -> String {
    let LineCounts {
        lines,
        counted,
        without_key,
        without_key_allowed,
        unknown_key,
        bad,
        leaking: _,
    } = log.counts;
    let mut line = format!("{}: ", visible(&log.name));
    line += &match (lines, log.before) {
        (0, 0) => "nothing to count".into(),
        (0, before) => format!(
            "nothing new; {} {} counted before",
            plural(before, "line"),
            was(before)
        ),
        _ => format!(
            "{} read, {} counted",
            plural(lines, "line"),
            plural(counted, "use")
        ),
    };
    for (number, what, of_them) in [
        (without_key, "without a key", without_key_allowed),
        (unknown_key, "of unknown keys", 0),
        (bad, "not understood", 0),
    ] {
        if number > 0 {
            line += &format!(", {} {what}", with_thousands(number));
        }
        if of_them > 0 {
            line += &format!(" ({} of them answered 2xx)", with_thousands(of_them));
        }
    }
    if lines > 0 && log.before > 0 {
        line += &format!(
            "; {} {} counted before",
            with_thousands(log.before),
            was(log.before)
        );
    }
    line
}

fn was(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

impl ImportReport<'_> {
    /// What the operator should know besides.
    pub fn remarks(&self, theme: &Theme) -> Vec<String> {
        let mut remarks = Vec::new();
        for bad in &self.outcome.bad {
            remarks.push(format!(
                "{} {}, line {}: {}: {}",
                theme.caution("note:"),
                visible(&bad.log),
                bad.line,
                bad.problem,
                visible(&bad.text)
            ));
        }
        for log in self.outcome.logs.iter().filter(|log| log.is_cut) {
            remarks.push(format!(
                "{} the last line of {} is not complete yet: it is left for the next import",
                theme.caution("note:"),
                visible(&log.name)
            ));
        }
        for log in &self.outcome.logs {
            let Some(field) = &log.lacks_ip_field else {
                continue;
            };
            remarks.push(format!(
                "{} no line of {} has the field '{}' of --client-ip-from: these uses are counted without an address",
                theme.caution("note:"),
                visible(&log.name),
                visible(field)
            ));
        }
        if self.outcome.total.leaking > 0 {
            remarks.push(theme.bad(&format!(
                "WARNING: {} whole keys in clear. Whoever can read these logs can use them: rotate them, and let the gateway log the id only.",
                if self.outcome.total.leaking == 1 { "1 line holds".into() } else { format!("{} lines hold", with_thousands(self.outcome.total.leaking)) }
            )));
        }
        remarks
    }

    /// The keys that stand in a log in clear, each with the command that replaces or ends it.
    pub fn leaked_keys(&self) -> Vec<String> {
        let mut leaked = Vec::new();
        for (key, lines) in &self.outcome.leaked {
            let what = if !key.is_usable(self.now) {
                format!("it is {} already", key.status(self.now).as_str())
            } else if rotation::check(key, None, self.now).is_ok() {
                (self.command_line)(&Remedy::Rotate(key.id))
            } else {
                (self.command_line)(&Remedy::Revoke {
                    key: key.id,
                    reason: None,
                })
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
}
