//! `doctor`: what is wrong with a store, and what to do about it.

use serde::{Serialize, Serializer};

use crate::domain::Severity;
use crate::domain::remedy::Hint;
use crate::view::View;
use crate::view::text::escape::visible;
use crate::view::text::number::{count, size};
use crate::view::text::theme::Theme;
use crate::view::text::wrap::{wrap_hanging, wrap_hint};

/// A finding of `doctor`.
#[derive(Debug)]
pub struct ReportedFinding<'a> {
    /// The word for its kind.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in one line.
    pub message: &'a str,
    /// What to do about it, with the commands written out.
    pub remedy: Hint<String>,
}

impl ReportedFinding<'_> {
    fn wants_action(&self) -> bool {
        self.severity > Severity::Note
    }
}

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

impl View for DoctorReport<'_> {
    fn json(&self) -> impl Serialize {
        self
    }

    /// What was looked at, each finding with its remedy, and the sum.
    fn human(&self, theme: &Theme) -> Vec<String> {
        let mut lines = facts(self);
        let findings = self.findings.iter();
        lines.extend(findings.flat_map(|finding| finding_lines(finding, theme)));
        lines.push(sum(self, theme));
        lines
    }
}

fn facts(report: &DoctorReport<'_>) -> Vec<String> {
    let store = &report.store;
    let mut lines = vec![visible(&store.path).into_owned()];
    if let (Some(keys), Some(events), Some(bytes)) = (store.keys, store.events, store.bytes) {
        lines.push(format!(
            "  {}, {}, {}",
            count(keys, "key"),
            count(events, "event"),
            size(bytes.unsigned_abs())
        ));
    }
    if let Some(schema) = store.schema {
        lines.push(format!(
            "  schema {schema}, SQLite {}",
            report.sqlite_version
        ));
    }
    lines
}

fn finding_lines(finding: &ReportedFinding<'_>, theme: &Theme) -> Vec<String> {
    let (symbol, kind) = match finding.severity {
        Severity::Error => (theme.pick("✗", "x"), theme.bad(finding.severity.as_str())),
        Severity::Warning => (
            theme.pick("▲", "!"),
            theme.caution(finding.severity.as_str()),
        ),
        Severity::Note => (theme.pick("·", "-"), theme.label(finding.severity.as_str())),
    };
    let mut lines = vec![format!("{symbol} {kind} {}", finding.id)];
    lines.extend(wrap_hanging(
        &format!("  {}", visible(finding.message)),
        2,
        theme.width,
    ));
    let label = format!("  {} ", theme.pick("→", ">"));
    lines.extend(wrap_hint(&label, &finding.remedy, 4, theme.width));
    lines
}

fn sum(report: &DoctorReport<'_>, theme: &Theme) -> String {
    let notes = report
        .findings
        .iter()
        .filter(|finding| !finding.wants_action())
        .count();
    let notes = if notes == 0 {
        String::new()
    } else {
        format!(", {}", count(notes, "note"))
    };
    if report.ok {
        return format!("{} no findings{notes}", theme.good(theme.pick("✓", "ok")));
    }
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.wants_action())
        .count();
    format!(
        "{} {}{notes}",
        theme.bad(theme.pick("✗", "x")),
        count(findings, "finding")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::remedy::HintPart;

    #[test]
    fn a_finding_fits_the_terminal_and_its_command_stays_whole() {
        let finding = |remedy: Hint<String>| ReportedFinding {
            id: "clock_behind",
            severity: Severity::Warning,
            message: "the clock says 2026-01-01T00:00:00Z, and an event is from 2027",
            remedy,
        };
        let wide = |width| Theme {
            width: Some(width),
            ..Theme::default()
        };
        // An apostrophe before a path does not make a command of it.
        let words =
            "set the clock, and look at the keys that have ended since; see '/etc/ntp.conf'";
        for width in [40, 80] {
            let lines = finding_lines(&finding(words.into()), &wide(width));
            assert!(
                lines.iter().all(|line| line.len() <= usize::from(width)),
                "{lines:?}"
            );
            assert_eq!(lines[0], "! warning clock_behind");
        }
        let command = "zenflow-keys update k3m9x2q7vd --add-scope read:orders";
        let remedy = Hint::from("widen it: ").then(HintPart::Command(command.into()));
        assert_eq!(
            finding_lines(&finding(remedy), &wide(40)).last(),
            Some(&format!("    {command}"))
        );
    }
}
