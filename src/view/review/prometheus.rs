//! Findings as metrics, in Prometheus's text format, for the textfile collector of its node
//! exporter.

use std::io::{self, Write};

use crate::domain::review::{ReviewFinding, ReviewOutcome};
use crate::domain::{Severity, Status, Timestamp};

/// What the first line of the metrics begins with.
pub const FIRST_LINE: &str = "# HELP zenflow_keys_";

/// The metrics of a review, in the text format.
pub fn text(review: &ReviewOutcome, now: Timestamp) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = metrics(&mut text, review, now);
    text
}

fn metrics(out: &mut dyn Write, review: &ReviewOutcome, now: Timestamp) -> io::Result<()> {
    family(
        out,
        "zenflow_keys_keys",
        "Keys that were reviewed, by status.",
    )?;
    for (status, count) in std::iter::zip(Status::ALL, review.keys) {
        writeln!(
            out,
            "zenflow_keys_keys{{status=\"{}\"}} {count}",
            status.as_str()
        )?;
    }
    family(
        out,
        "zenflow_keys_findings",
        "Findings of the review, by rule.",
    )?;
    for rule in &review.rules {
        let found: Vec<Severity> = review
            .findings
            .iter()
            .filter(|found| found.rule.id == rule.id)
            .map(ReviewFinding::severity)
            .collect();
        for severity in Severity::ALL {
            let count = found.iter().filter(|found| **found == severity).count();
            if count > 0 || severity == rule.severity {
                writeln!(
                    out,
                    "zenflow_keys_findings{{rule=\"{}\",severity=\"{}\"}} {count}",
                    rule.id,
                    severity.as_str()
                )?;
            }
        }
    }
    family(
        out,
        "zenflow_keys_accepted_findings",
        "Findings that somebody accepted, which are not among the others.",
    )?;
    writeln!(out, "zenflow_keys_accepted_findings {}", review.accepted)?;
    family(
        out,
        "zenflow_keys_finding",
        "A finding: the key that the rule is about.",
    )?;
    for found in &review.findings {
        let Some(key) = &found.key else { continue };
        writeln!(
            out,
            "zenflow_keys_finding{{rule=\"{}\",severity=\"{}\",key=\"{}\",name=\"{}\",environment=\"{}\"}} 1",
            found.rule.id,
            found.severity().as_str(),
            key.id,
            escaped(key.name.as_str()),
            key.environment
        )?;
    }
    family(
        out,
        "zenflow_keys_review_timestamp_seconds",
        "When the review was made.",
    )?;
    writeln!(out, "zenflow_keys_review_timestamp_seconds {}", now.unix())?;
    if let Some(since) = review.usage_since {
        family(
            out,
            "zenflow_keys_usage_since_timestamp_seconds",
            "Since when uses have been recorded.",
        )?;
        writeln!(
            out,
            "zenflow_keys_usage_since_timestamp_seconds {}",
            since.unix()
        )?;
    }
    if let Some(until) = review.usage_until {
        family(
            out,
            "zenflow_keys_usage_until_timestamp_seconds",
            "The newest use that is recorded of any key.",
        )?;
        writeln!(
            out,
            "zenflow_keys_usage_until_timestamp_seconds {}",
            until.unix()
        )?;
    }
    Ok(())
}

fn family(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

/// A value of a label, by the text format's rule.
fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_escaped_by_the_rule_of_the_format() {
        assert_eq!(escaped("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
        assert_eq!(escaped("Integración"), "Integración");
    }
}
