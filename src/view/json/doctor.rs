//! The document of `doctor`.

use serde::{Serialize, Serializer};

use crate::domain::doctor::Finding;

/// What an examination came to.
#[derive(Debug, Serialize)]
pub struct Examined<'a> {
    /// Whether nothing need be done; notes are no reason to.
    pub ok: bool,
    /// Whether every index and row was looked at.
    pub deep: bool,
    /// What is not as it should be.
    #[serde(serialize_with = "findings")]
    pub findings: &'a [Finding],
    /// What was examined.
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
struct FindingBody<'a> {
    id: &'static str,
    severity: &'static str,
    message: &'a str,
    remedy: &'a str,
}

fn findings<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(|finding| FindingBody {
        id: finding.id(),
        severity: finding.severity().as_str(),
        message: &finding.message,
        remedy: &finding.remedy,
    }))
}
