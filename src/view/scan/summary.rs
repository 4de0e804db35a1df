//! What a scan looked at, in a line.

use crate::view::scan::ScanReport;
use crate::view::text::number::{plural, size, with_thousands};

/// What was looked at and what was found, in a line.
pub fn summary(report: &ScanReport) -> String {
    let mut looked_at: Vec<String> = [
        (report.counts.files, "file"),
        (report.counts.blobs, "blob"),
        (report.counts.commits, "commit"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| plural(number, what))
    .collect();
    let mut told = if looked_at.is_empty() {
        format!("Nothing was looked at: {}", report.nothing)
    } else {
        looked_at.push(size(report.counts.bytes));
        let places: usize = report
            .findings
            .iter()
            .map(|finding| finding.places.len())
            .sum();
        let keys = match report.findings.len() as u64 {
            0 => "no keys".to_owned(),
            keys => format!(
                "{} in {}",
                plural(keys, "key"),
                plural(places as u64, "place")
            ),
        };
        format!("Looked at {}: {keys}", looked_at.join(", "))
    };
    for (number, what) in [
        (report.counts.look_alikes, "look-alike"),
        (report.counts.allowed_lines, "allowed line"),
        (report.baseline, "finding"),
    ] {
        if number > 0 {
            told += &format!(", {}", plural(number, what));
        }
    }
    if report.baseline > 0 {
        told += " of the baseline";
    }
    if !report.unreadable.is_empty() {
        told += &format!(
            ", {} could not be read",
            with_thousands(report.unreadable.len() as u64)
        );
    }
    told += &format!("; {}", plural(report.seconds, "second"));
    if !report.has_store {
        told += "; there is no store, so keys are recognised by form and checksum alone";
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::leak::ScanCounts;

    #[test]
    fn nothing_to_look_at_is_never_told_as_clean() {
        let report = ScanReport {
            findings: Vec::new(),
            counts: ScanCounts::default(),
            baseline: 0,
            unreadable: Vec::new(),
            has_store: true,
            usage_since: None,
            seconds: 0,
            nothing: "the index adds nothing to HEAD",
            command_line: |_| String::new(),
        };
        assert_eq!(
            summary(&report),
            "Nothing was looked at: the index adds nothing to HEAD; 0 seconds"
        );
        let report = ScanReport {
            counts: ScanCounts {
                files: 1,
                bytes: 5,
                look_alikes: 1,
                allowed_lines: 2,
                ..ScanCounts::default()
            },
            baseline: 1,
            unreadable: vec![("x".into(), "y".into())],
            seconds: 1,
            ..report
        };
        assert_eq!(
            summary(&report),
            "Looked at 1 file, 5 bytes: no keys, 1 look-alike, 2 allowed lines, 1 finding of the baseline, 1 could not be read; 1 second"
        );
    }
}
