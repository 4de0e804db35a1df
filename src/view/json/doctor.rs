//! The document of `doctor`.

use serde::{Serialize, Serializer};

use crate::view::doctor::ReportedFinding;

/// What `doctor` came to.
#[derive(Debug, Serialize)]
pub struct DoctorReport<'a> {
    /// Whether nothing need be done; notes are no reason to.
    pub ok: bool,
    /// Whether every index and row was looked at.
    pub deep: bool,
    /// What is not as it should be.
    #[serde(serialize_with = "findings")]
    pub findings: Vec<ReportedFinding<'a>>,
    /// What was looked at.
    pub store: StoreFacts,
    /// The version of the schema that the program writes.
    pub program_schema: i64,
    /// The version of the SQLite that is built in.
    pub sqlite_version: &'a str,
}

/// What is known of the store; null where it could not be read.
#[derive(Debug, Serialize)]
pub struct StoreFacts {
    /// Where it really is.
    pub path: String,
    /// The version of its schema.
    pub schema: Option<i64>,
    /// How many keys it holds.
    pub keys: Option<i64>,
    /// How many events.
    pub events: Option<i64>,
    /// The newest event, as `SEQ:HASH`.
    pub head: Option<String>,
    /// Its size.
    pub bytes: Option<i64>,
}

#[derive(Serialize)]
struct StoreFindingBody<'a> {
    id: &'static str,
    severity: &'static str,
    message: &'a str,
    remedy: String,
}

fn findings<S: Serializer>(
    findings: &[ReportedFinding<'_>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|finding| StoreFindingBody {
        id: finding.id,
        severity: finding.severity.as_str(),
        message: finding.message,
        remedy: finding.remedy.to_string(),
    }))
}
