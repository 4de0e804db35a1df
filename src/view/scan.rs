//! The keys that a scan found: as people see them, and in the forms for programs.

mod body;
mod sarif;
mod summary;

use std::path::Path;

use crate::domain::Severity;
use crate::domain::Timestamp;
use crate::domain::leak::{LeakFinding, LeakStatus, LeakedKey, Place, ScanCounts};
use crate::domain::path::shown_exactly;
use crate::domain::remedy::Remedy;
use crate::error::Error;
use crate::view::json::Document;
use crate::view::scan::body::{COLUMNS, LineBody, ScanBody};
use crate::view::scan::summary::summary;
use crate::view::text::escape::visible;
use crate::view::text::number::{plural, size, with_thousands};
use crate::view::text::summary::last_use;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;
use crate::view::{Format, Output};

/// The path of what stands in standard input, as it is asked for.
pub const STANDARD_INPUT: &str = "-";
/// How many places of a key people see.
const SHOWN_PLACES: usize = 5;
/// So many digits name an object of a repository to people.
const SHORT_NAME: usize = 10;

/// What a scan looked at, and what it found.
#[derive(Debug)]
pub struct ScanReport {
    /// The findings that count, the worst first.
    pub findings: Vec<LeakFinding>,
    /// How much was looked at.
    pub counts: ScanCounts,
    /// How many keys and paths are in the baseline and do not count.
    pub baseline: u64,
    /// What could not be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// Whether a store was asked.
    pub has_store: bool,
    /// Since when uses have been recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// How long it took.
    pub seconds: u64,
    /// What is said if there was nothing to look at.
    pub nothing: &'static str,
    /// How a command is written.
    pub command_line: fn(&Remedy) -> String,
}

impl Output<'_> {
    /// What a scan found.
    pub fn scanned(&mut self, report: &ScanReport, now: Timestamp) -> Result<(), Error> {
        match self.format() {
            Format::Human => {
                let theme = self.options.out;
                for finding in &report.findings {
                    for line in human(finding, report, now, &theme) {
                        self.line(&line)?;
                    }
                }
                for line in wrap_hanging(&summary(report), 2, theme.width) {
                    self.line(&line)?;
                }
            }
            Format::Json => self.json(&Document::new(ScanBody::of(report, now)))?,
            Format::Sarif => self.json(&sarif::SarifLog::of(report))?,
            Format::Jsonl => {
                for line in LineBody::all(report) {
                    self.json(&line)?;
                }
            }
            Format::Csv => {
                self.csv(COLUMNS)?;
                for line in LineBody::all(report) {
                    self.csv(line.cells().each_ref().map(String::as_str))?;
                }
                self.remark(&summary(report));
            }
        }
        for (what, why) in &report.unreadable {
            self.warn(&format!("could not read {what}: {why}"));
        }
        Ok(())
    }

    /// Shows how far a scan is, on one line that is written again and again.
    /// A stream has no number of contents.
    pub fn scan_progress(&mut self, percent: Option<u64>, contents: Option<u64>, bytes: u64) {
        let theme = self.options.err;
        let bar = percent
            .map(|percent| theme.bar(percent))
            .unwrap_or_default();
        let contents = contents
            .map(|contents| format!("{}, ", with_thousands(contents)))
            .unwrap_or_default();
        // Progress that cannot be shown is no loss.
        let _ = write!(
            self.stderr,
            "\r{bar}{contents}{} searched\x1b[K",
            size(bytes)
        );
        let _ = self.stderr.flush();
    }
}

/// A finding: how bad it is and the key; its places; and the command, on a line of its own to be
/// copied.
fn human(finding: &LeakFinding, report: &ScanReport, now: Timestamp, theme: &Theme) -> Vec<String> {
    let severity = format!("{:<7}", finding.severity.as_str());
    let severity = match finding.severity {
        Severity::Error => theme.bad(&severity),
        Severity::Warning => theme.caution(&severity),
        Severity::Note => theme.label(&severity),
    };
    let mut lines = wrap_hanging(
        &format!("{severity}  {}", key(finding, report, now, theme)),
        9,
        theme.width,
    );
    let shown = finding.places.iter().take(SHOWN_PLACES);
    lines.extend(shown.map(|place| format!("         {}", told(place, theme))));
    let more = finding.places.len().saturating_sub(SHOWN_PLACES) as u64;
    if more > 0 {
        lines.push(format!("         and {}", plural(more, "more place")));
    }
    if let Some(command) = command(finding, report, now) {
        lines.push(format!("         {}", theme.label(&command)));
    }
    lines
}

/// The key in a sentence.
fn key(finding: &LeakFinding, report: &ScanReport, now: Timestamp, theme: &Theme) -> String {
    let id = finding
        .id
        .map_or_else(|| "a key without an id".to_owned(), |id| id.to_string());
    match (&finding.key, finding.status) {
        (Some(LeakedKey::Stored(key)), status) => {
            let owner = key
                .owner
                .as_ref()
                .map(|owner| format!(", owner {}", visible(owner.as_str())))
                .unwrap_or_default();
            format!(
                "{} ({}) is {status}{}{owner}; {}{}",
                theme.strong(&visible(key.name.as_str())),
                key.id,
                scheduled(key.scheduled_revocation(now)),
                if key.last_use.is_some() {
                    "last used "
                } else {
                    ""
                },
                last_use(key, report.usage_since, now)
            )
        }
        (Some(LeakedKey::Pruned(stone)), _) => format!(
            "its id is that of {} ({}), which was pruned at {}",
            theme.strong(&visible(stone.name.as_str())),
            stone.id,
            stone.pruned_at
        ),
        (None, LeakStatus::Unknown) if !report.has_store => {
            format!("{id}: there is no store to say whose key it is")
        }
        (None, _) => format!("{id}: the store does not have this key"),
    }
}

fn scheduled(revocation: Option<Timestamp>) -> String {
    revocation
        .map(|at| format!(", to be revoked at {at}"))
        .unwrap_or_default()
}

/// A place, in the form in which editors and terminals open it.
fn told(place: &Place, theme: &Theme) -> String {
    let version = version(place)
        .map(|version| theme.label(&format!("  {version}")))
        .unwrap_or_default();
    format!(
        "{}:{}:{}{version}",
        place_name(&place.path),
        place.line,
        place.column
    )
}

/// Which version of a file a place is in, in a repository.
fn version(place: &Place) -> Option<String> {
    let version = place.version.as_deref()?;
    let short = |id: &str| id.get(..SHORT_NAME).unwrap_or(id).to_owned();
    let commit = version.commit.as_ref().map(|commit| {
        let date = commit
            .author_date
            .map(|at| format!(" of {at}"))
            .unwrap_or_default();
        format!(", commit {}{date}", short(&commit.id))
    });
    Some(format!(
        "blob {}{}",
        short(&version.blob),
        commit.unwrap_or_default()
    ))
}

/// The path of a place, as people see it.
pub fn place_name(path: &Path) -> String {
    if path == Path::new(STANDARD_INPUT) {
        return "standard input".into();
    }
    visible(&shown_exactly(path)).into_owned()
}

/// What should be done about a finding, as a command.
fn command(finding: &LeakFinding, report: &ScanReport, now: Timestamp) -> Option<String> {
    finding
        .remedy(now)
        .map(|remedy| (report.command_line)(&remedy))
}

/// The path of a place, as it is written for programs.
fn exact(place: &Place) -> String {
    shown_exactly(&place.path)
}
