//! The documents of `usage`.

use std::cell::RefCell;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::domain::Timestamp;
use crate::domain::usage::{Totals, UsageRow};
use crate::error::Error;
use crate::view::import::{Counts, Imported};
use crate::view::report::{EachRow, Report};

/// `usage import`.
#[derive(Serialize)]
pub struct ImportBody<'a> {
    logs: Vec<LogBody<'a>>,
    total: CountsBody,
    bad_lines: Vec<BadLineBody<'a>>,
    leaked_keys: Vec<LeakedKey<'a>>,
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
    fn of(counts: Counts) -> Self {
        let Counts {
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
struct LeakedKey<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
    lines: u64,
}

impl<'a> ImportBody<'a> {
    /// What came of an import, as of `now`.
    pub fn of(imported: &'a Imported, now: Timestamp) -> Self {
        ImportBody {
            logs: imported
                .logs
                .iter()
                .map(|log| LogBody {
                    log: &log.name,
                    format: log.format,
                    lines_before: log.before,
                    counts: CountsBody::of(log.counts),
                    incomplete_line: log.is_cut,
                })
                .collect(),
            total: CountsBody::of(imported.total),
            bad_lines: imported
                .bad
                .iter()
                .map(|bad| BadLineBody {
                    log: &bad.log,
                    line: bad.line,
                    problem: bad.problem,
                    text: &bad.text,
                })
                .collect(),
            leaked_keys: imported
                .leaked
                .iter()
                .map(|(key, lines)| LeakedKey {
                    id: key.id.as_str(),
                    name: key.name.as_str(),
                    environment: key.environment.as_str(),
                    status: key.status(now).as_str(),
                    lines: *lines,
                })
                .collect(),
        }
    }
}

/// `usage report`.
#[derive(Serialize)]
pub struct ReportBody<'a> {
    key: Option<ReportedKey<'a>>,
    since: Option<String>,
    recorded_since: Option<String>,
    total: TotalBody,
    addresses: u64,
    refusals: Vec<RefusalBody<'a>>,
    by: &'static str,
    rows: &'a RowsBody<'a>,
}

#[derive(Serialize)]
struct ReportedKey<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
}

#[derive(Serialize)]
struct TotalBody {
    count: u64,
    allowed: u64,
    refused: u64,
    other: u64,
    first_at: Option<String>,
    last_at: Option<String>,
}

#[derive(Serialize)]
struct RefusalBody<'a> {
    reason: &'a str,
    count: u64,
}

/// The rows of a report, written one by one as they are read.
pub struct RowsBody<'a> {
    each_row: &'a EachRow<'a>,
    failure: RefCell<Option<Error>>,
}

impl<'a> RowsBody<'a> {
    /// The rows that are handed out there.
    pub fn new(each_row: &'a EachRow<'a>) -> Self {
        RowsBody {
            each_row,
            failure: RefCell::new(None),
        }
    }

    /// Why the rows could not be read, if they could not; an error of the output is not kept here.
    pub fn failure(self) -> Option<Error> {
        self.failure.into_inner()
    }
}

impl Serialize for RowsBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        let mut unwritten = None;
        let read = (self.each_row)(&mut |row| {
            rows.serialize_element(&ShareBody::of(row)).map_err(|e| {
                unwritten = Some(e);
                Error::ended_early()
            })
        });
        match (unwritten, read) {
            (Some(unwritten), _) => Err(unwritten),
            (None, Ok(())) => rows.end(),
            (None, Err(failure)) => {
                let unreadable = S::Error::custom("the rows could not be read");
                self.failure.replace(Some(failure));
                Err(unreadable)
            }
        }
    }
}

/// A row of a report, everywhere.
#[derive(Serialize)]
pub struct ShareBody<'a> {
    group: Option<&'a str>,
    name: Option<&'a str>,
    #[serde(flatten)]
    total: TotalBody,
}

impl TotalBody {
    fn of(share: Option<&UsageRow>) -> Self {
        let Totals {
            allowed,
            refused,
            other,
        } = share.map_or_else(Totals::default, |share| share.totals);
        TotalBody {
            count: allowed + refused + other,
            allowed,
            refused,
            other,
            first_at: share.map(|share| share.first_at.to_string()),
            last_at: share.map(|share| share.last_at.to_string()),
        }
    }
}

impl<'a> ShareBody<'a> {
    /// The row.
    pub fn of(share: &'a UsageRow) -> Self {
        ShareBody {
            group: share.group.as_deref(),
            name: share.name.as_deref(),
            total: TotalBody::of(Some(share)),
        }
    }

    /// The cells of a row of CSV, in the order of [`REPORT_COLUMNS`]; absent values are empty.
    pub fn cells(&self) -> [String; 8] {
        let total = &self.total;
        [
            self.group.unwrap_or_default().into(),
            self.name.unwrap_or_default().into(),
            total.count.to_string(),
            total.allowed.to_string(),
            total.refused.to_string(),
            total.other.to_string(),
            total.first_at.clone().unwrap_or_default(),
            total.last_at.clone().unwrap_or_default(),
        ]
    }
}

/// The columns of a report in CSV: those of JSON.
pub const REPORT_COLUMNS: [&str; 8] = [
    "group", "name", "count", "allowed", "refused", "other", "first_at", "last_at",
];

impl<'a> ReportBody<'a> {
    /// The report, as of `now`.
    pub fn of(report: &'a Report, rows: &'a RowsBody<'a>, now: Timestamp) -> Self {
        ReportBody {
            key: report.key.as_ref().map(|key| ReportedKey {
                id: key.id.as_str(),
                name: key.name.as_str(),
                environment: key.environment.as_str(),
                status: key.status(now).as_str(),
            }),
            since: report.since.map(|since| since.to_string()),
            recorded_since: report.recorded_since.map(|since| since.to_string()),
            total: TotalBody::of(report.all.as_ref()),
            addresses: report.addresses,
            refusals: report
                .refusals()
                .map(|(reason, count)| RefusalBody { reason, count })
                .collect(),
            by: report.by.as_str(),
            rows,
        }
    }
}
