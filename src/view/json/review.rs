//! `review`.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::view::findings::{Finding, Review};
use crate::view::json::BriefKey;

/// What a review found.
#[derive(Serialize)]
pub struct Reviewed<'a> {
    findings: Vec<FindingBody<'a>>,
    usage_since: Option<String>,
    usage_until: Option<String>,
}

#[derive(Serialize)]
struct FindingBody<'a> {
    id: &'static str,
    severity: &'static str,
    key: Option<BriefKey<'a>>,
    message: &'a str,
    command: String,
}

impl<'a> Reviewed<'a> {
    /// The findings, in their order.
    pub fn of(review: &'a Review, now: Timestamp) -> Self {
        let body = |found: &'a Finding| FindingBody {
            id: found.rule.id,
            severity: found.severity().as_str(),
            key: found.key.as_ref().map(|key| BriefKey::of(key, now)),
            message: &found.told.message,
            command: (review.command_line)(&found.told.remedy),
        };
        Reviewed {
            findings: review.findings.iter().map(body).collect(),
            usage_since: review.usage_since.map(|at| at.to_string()),
            usage_until: review.usage_until.map(|at| at.to_string()),
        }
    }
}
