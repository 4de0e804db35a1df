//! The JSON document of a scan, and one place as a line of JSON or of CSV.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::leak::{LeakFinding, LeakedKey, Place};
use crate::view::scan::{ScanReport, command, exact};

/// `scan`.
#[derive(Serialize)]
pub struct ScanBody<'a> {
    findings: Vec<FindingBody<'a>>,
    summary: SummaryBody,
}

#[derive(Serialize)]
struct SummaryBody {
    files: u64,
    blobs: u64,
    commits: u64,
    bytes: u64,
    keys: usize,
    look_alikes: u64,
    allowed_lines: u64,
    baseline: u64,
    unreadable: usize,
    store: bool,
    seconds: u64,
}

#[derive(Serialize)]
struct FindingBody<'a> {
    severity: &'static str,
    status: &'static str,
    key_id: Option<&'a str>,
    key: Option<ScanKeyBody<'a>>,
    places: Vec<PlaceBody<'a>>,
    command: Option<String>,
}

#[derive(Serialize)]
struct ScanKeyBody<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
    owner: Option<&'a str>,
    last_used_at: Option<String>,
}

#[derive(Serialize)]
struct PlaceBody<'a> {
    path: String,
    line: u64,
    column: u64,
    blob: Option<&'a str>,
    commit: Option<&'a str>,
    author_date: Option<String>,
    fingerprint: String,
}

impl<'a> ScanBody<'a> {
    /// The document.
    pub fn of(report: &'a ScanReport, now: Timestamp) -> Self {
        let finding = |finding: &'a LeakFinding| FindingBody {
            severity: finding.severity.as_str(),
            status: finding.status.as_str(),
            key_id: finding.id.as_ref().map(|id| id.as_str()),
            key: ScanKeyBody::of(finding),
            places: finding.places.iter().map(PlaceBody::of).collect(),
            command: command(finding, report, now),
        };
        ScanBody {
            findings: report.findings.iter().map(finding).collect(),
            summary: SummaryBody {
                files: report.counts.files,
                blobs: report.counts.blobs,
                commits: report.counts.commits,
                bytes: report.counts.bytes,
                keys: report.findings.len(),
                look_alikes: report.counts.look_alikes,
                allowed_lines: report.counts.allowed_lines,
                baseline: report.baseline,
                unreadable: report.unreadable.len(),
                store: report.has_store,
                seconds: report.seconds,
            },
        }
    }
}

impl<'a> ScanKeyBody<'a> {
    fn of(finding: &'a LeakFinding) -> Option<Self> {
        let status = finding.status.as_str();
        let text = |at: Timestamp| at.to_string();
        Some(match finding.key.as_ref()? {
            LeakedKey::Stored(key) => ScanKeyBody {
                id: key.id.as_str(),
                name: key.name.as_str(),
                environment: key.environment.as_str(),
                status,
                owner: key.owner.as_ref().map(|owner| owner.as_str()),
                last_used_at: key.last_use.map(|last| text(last.at)),
            },
            LeakedKey::Pruned(stone) => ScanKeyBody {
                id: stone.id.as_str(),
                name: stone.name.as_str(),
                environment: stone.environment.as_str(),
                status,
                owner: None,
                last_used_at: stone.last_used_at.map(text),
            },
        })
    }
}

impl<'a> PlaceBody<'a> {
    fn of(place: &'a Place) -> Self {
        let version = place.version.as_deref();
        let commit = version.and_then(|version| version.commit.as_ref());
        PlaceBody {
            path: exact(place),
            line: place.line,
            column: place.column,
            blob: version.map(|version| version.blob.as_str()),
            commit: commit.map(|commit| commit.id.as_str()),
            author_date: place.author_date().map(|at| at.to_string()),
            fingerprint: place.fingerprint().to_string(),
        }
    }
}

/// The columns of a place in CSV: those of JSON.
pub const COLUMNS: [&str; 11] = [
    "severity",
    "status",
    "key_id",
    "key_name",
    "path",
    "line",
    "column",
    "blob",
    "commit",
    "author_date",
    "fingerprint",
];

/// One place of a key, on a line of its own.
#[derive(Serialize)]
pub struct LineBody<'a> {
    severity: &'static str,
    status: &'static str,
    key_id: Option<&'a str>,
    key_name: Option<&'a str>,
    #[serde(flatten)]
    place: PlaceBody<'a>,
}

impl<'a> LineBody<'a> {
    /// Every place of every key.
    pub fn all(report: &'a ScanReport) -> impl Iterator<Item = Self> {
        report.findings.iter().flat_map(|finding| {
            let key_name = finding.key.as_ref().map(|key| match key {
                LeakedKey::Stored(key) => key.name.as_str(),
                LeakedKey::Pruned(stone) => stone.name.as_str(),
            });
            finding.places.iter().map(move |place| LineBody {
                severity: finding.severity.as_str(),
                status: finding.status.as_str(),
                key_id: finding.id.as_ref().map(|id| id.as_str()),
                key_name,
                place: PlaceBody::of(place),
            })
        })
    }

    /// The cells of a row of CSV, in the order of [`COLUMNS`].
    pub fn cells(&self) -> [String; 11] {
        let or_empty = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.severity.into(),
            self.status.into(),
            or_empty(self.key_id),
            or_empty(self.key_name),
            self.place.path.clone(),
            self.place.line.to_string(),
            self.place.column.to_string(),
            or_empty(self.place.blob),
            or_empty(self.place.commit),
            or_empty(self.place.author_date.as_deref()),
            self.place.fingerprint.clone(),
        ]
    }
}
