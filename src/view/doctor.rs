//! A store as a whole, for people: a backup of it, and what is wrong with it.

use crate::domain::Severity;
use crate::domain::remedy::Hint;
use crate::error::Error;
use crate::view::Output;
use crate::view::json::backup::BackedUp;
use crate::view::json::doctor::DoctorReport;
use crate::view::text::escape::visible;
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

impl Output<'_> {
    /// A backup that was made. For people it is a remark: there is no data but the file.
    pub fn backed_up(&mut self, backup: &BackedUp) -> Result<(), Error> {
        self.document(backup, |_| Ok(()))?;
        let holds = format!(
            "{}, {}, {}",
            count(backup.keys, "key"),
            count(backup.events, "event"),
            size(backup.bytes)
        );
        self.remark(&format!("Backed up to {}: {holds}", visible(&backup.file)));
        self.remark(&format!("  head {}", backup.head));
        self.remark("Keep the head elsewhere: 'log --verify --expect HEAD' then tells whether a log was cut or rewritten");
        Ok(())
    }

    /// What `doctor` came to: what was looked at, each finding with its remedy, and the sum.
    pub fn doctor(&mut self, report: &DoctorReport<'_>) -> Result<(), Error> {
        self.document(report, |output| {
            let (look, width) = (output.options.out, output.options.width);
            facts(report)
                .iter()
                .try_for_each(|line| output.line(line))?;
            for finding in &report.findings {
                told(finding, look, width)
                    .iter()
                    .try_for_each(|line| output.line(line))?;
            }
            output.line(&sum(report, look))
        })
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
            size(bytes)
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

fn told(finding: &ReportedFinding<'_>, look: Theme, width: Option<u16>) -> Vec<String> {
    let (symbol, kind) = match finding.severity {
        Severity::Error => (look.pick("✗", "x"), look.bad(finding.severity.as_str())),
        Severity::Warning => (look.pick("▲", "!"), look.caution(finding.severity.as_str())),
        Severity::Note => (look.pick("·", "-"), look.label(finding.severity.as_str())),
    };
    let mut lines = vec![format!("{symbol} {kind} {}", finding.id)];
    lines.extend(wrap_hanging(
        &format!("  {}", visible(finding.message)),
        2,
        width,
    ));
    let label = format!("  {} ", look.pick("→", ">"));
    lines.extend(wrap_hint(&label, &finding.remedy, 4, width));
    lines
}

fn sum(report: &DoctorReport<'_>, look: Theme) -> String {
    let notes = report
        .findings
        .iter()
        .filter(|finding| !finding.wants_action())
        .count();
    let notes = if notes == 0 {
        String::new()
    } else {
        format!(", {}", count(notes as i64, "note"))
    };
    if report.ok {
        return format!("{} no findings{notes}", look.good(look.pick("✓", "ok")));
    }
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.wants_action())
        .count();
    format!(
        "{} {}{notes}",
        look.bad(look.pick("✗", "x")),
        count(findings as i64, "finding")
    )
}

fn count(number: i64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn size(bytes: i64) -> String {
    match bytes {
        0..=9_999_999 => format!("{} KB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
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
        // An apostrophe before a path does not make a command of it.
        let words =
            "set the clock, and look at the keys that have ended since; see '/etc/ntp.conf'";
        for width in [40, 80] {
            let lines = told(&finding(words.into()), Theme::default(), Some(width));
            assert!(
                lines.iter().all(|line| line.len() <= usize::from(width)),
                "{lines:?}"
            );
            assert_eq!(lines[0], "! warning clock_behind");
        }
        let command = "zenflow-keys update k3m9x2q7vd --add-scope read:orders";
        let remedy = Hint::from("widen it: ").then(HintPart::Command(command.into()));
        assert_eq!(
            told(&finding(remedy), Theme::default(), Some(40)).last(),
            Some(&format!("    {command}"))
        );
    }

    #[test]
    fn a_size_is_told_as_disks_are_sold() {
        assert_eq!(size(4096), "4 KB");
        assert_eq!(size(123_456_789), "123 MB");
    }
}
