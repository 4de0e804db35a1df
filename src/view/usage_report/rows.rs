//! The rows of a report in JSON and in CSV. There may be too many to hold them.

use std::cell::RefCell;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::domain::usage::{Totals, UsageRow};
use crate::error::Error;
use crate::view::usage_report::EachRow;

/// So many uses, and when.
#[derive(Serialize)]
pub struct TotalBody {
    count: u64,
    allowed: u64,
    refused: u64,
    other: u64,
    first_at: Option<String>,
    last_at: Option<String>,
}

/// The rows of a report, written one by one as they are read.
pub struct StreamedRows<'a> {
    each_row: &'a EachRow<'a>,
    failure: RefCell<Option<Error>>,
}

impl<'a> StreamedRows<'a> {
    /// The rows that are handed out there.
    pub fn new(each_row: &'a EachRow<'a>) -> Self {
        StreamedRows {
            each_row,
            failure: RefCell::new(None),
        }
    }

    /// Why the rows could not be read, if they could not; an error of the output is not kept here.
    pub fn failure(self) -> Option<Error> {
        self.failure.into_inner()
    }
}

impl Serialize for StreamedRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        let mut unwritten = None;
        let read = (self.each_row)(&mut |row| {
            rows.serialize_element(&RowBody::new(row)).map_err(|e| {
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

/// A row of a report.
#[derive(Serialize)]
pub struct RowBody<'a> {
    group: Option<&'a str>,
    name: Option<&'a str>,
    #[serde(flatten)]
    total: TotalBody,
}

impl TotalBody {
    /// The uses; none at all are zero.
    pub fn new(row: Option<&UsageRow>) -> Self {
        let Totals {
            allowed,
            refused,
            other,
        } = row.map_or_else(Totals::default, |row| row.totals);
        TotalBody {
            count: allowed + refused + other,
            allowed,
            refused,
            other,
            first_at: row.map(|row| row.first_at.to_string()),
            last_at: row.map(|row| row.last_at.to_string()),
        }
    }
}

impl<'a> RowBody<'a> {
    /// The row, as it is in every format.
    pub fn new(row: &'a UsageRow) -> Self {
        RowBody {
            group: row.group.as_deref(),
            name: row.name.as_deref(),
            total: TotalBody::new(Some(row)),
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
