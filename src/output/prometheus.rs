//! Findings as metrics: a file in Prometheus's text format for the textfile collector of its node
//! exporter.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::findings::Review;
use crate::domain::{Status, Timestamp};
use crate::error::Error;

/// Puts the metrics of a review at `path`, for everybody to read. Whoever reads meanwhile finds the
/// old file or the new one, whole.
///
/// # Errors
/// If it cannot be written; the old file is then still there.
pub fn write(path: &Path, review: &Review, now: Timestamp) -> Result<(), Error> {
    replace(path, |file| metrics(file, review, now)).map_err(|e| {
        Error::io(&format!("write {}", path.display()), e)
            .hint("name a file in a directory that you can write")
    })
}

/// Writes a file beside `path` and gives it that name once it is whole.
fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it is not the name of a file"))?;
    // Not '.prom': the collector reads every file of that name.
    let beside = path.with_file_name(format!(
        ".{}.{}.new",
        name.to_string_lossy(),
        std::process::id()
    ));
    // What an interrupted run of the same process id has left.
    let _ = fs::remove_file(&beside);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    let done = finish(file, fill).and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // What went wrong first is what matters.
        let _ = fs::remove_file(&beside);
    }
    done
}

fn finish(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    fill(&mut writer)?;
    let file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    // The collector runs as another user.
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.sync_all()
}

fn metrics(out: &mut dyn Write, review: &Review, now: Timestamp) -> io::Result<()> {
    family(
        out,
        "zenflow_keys_keys",
        "Keys that were reviewed, by status.",
    )?;
    for (status, count) in std::iter::zip(Status::ALL, review.keys) {
        writeln!(
            out,
            "zenflow_keys_keys{{status=\"{}\"}} {count}",
            status.word()
        )?;
    }
    family(
        out,
        "zenflow_keys_findings",
        "Findings of the review, by rule.",
    )?;
    for rule in &review.rules {
        let count = review
            .findings
            .iter()
            .filter(|found| found.rule.id == rule.id)
            .count();
        writeln!(
            out,
            "zenflow_keys_findings{{rule=\"{}\",severity=\"{}\"}} {count}",
            rule.id,
            rule.severity.word()
        )?;
    }
    family(
        out,
        "zenflow_keys_finding",
        "A finding: the key that the rule is about.",
    )?;
    for found in &review.findings {
        let (rule, key) = (found.rule, &found.key);
        writeln!(
            out,
            "zenflow_keys_finding{{rule=\"{}\",severity=\"{}\",key=\"{}\",name=\"{}\",environment=\"{}\"}} 1",
            rule.id,
            rule.severity.word(),
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
            "Since when uses are recorded.",
        )?;
        writeln!(
            out,
            "zenflow_keys_usage_since_timestamp_seconds {}",
            since.unix()
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
