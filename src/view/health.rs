//! A store as a whole, for people: a backup of it, and what is wrong with it.

use crate::domain::health::{Finding, Severity};
use crate::error::Error;
use crate::view::Output;
use crate::view::json::backup::BackedUp;
use crate::view::json::doctor::Examined;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

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

    /// What an examination came to: what was examined, each finding with its remedy, and the sum.
    pub fn examined(&mut self, examined: &Examined<'_>) -> Result<(), Error> {
        self.document(examined, |output| {
            let theme = output.options.out;
            facts(examined)
                .iter()
                .try_for_each(|line| output.line(line))?;
            for finding in examined.findings {
                told(finding, &theme)
                    .iter()
                    .try_for_each(|line| output.line(line))?;
            }
            output.line(&sum(examined, &theme))
        })
    }
}

fn facts(examined: &Examined<'_>) -> Vec<String> {
    let store = &examined.store;
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
            examined.sqlite_version
        ));
    }
    lines
}

fn told(finding: &Finding, theme: &Theme) -> Vec<String> {
    let (symbol, kind) = match finding.severity() {
        Severity::Error => (theme.pick("✗", "x"), theme.bad(finding.severity().as_str())),
        Severity::Warning => (
            theme.pick("▲", "!"),
            theme.caution(finding.severity().as_str()),
        ),
        Severity::Note => (
            theme.pick("·", "-"),
            theme.label(finding.severity().as_str()),
        ),
    };
    let mut lines = vec![format!("{symbol} {kind} {}", finding.id())];
    lines.extend(wrap_hanging(
        &format!("  {}", visible(&finding.message)),
        2,
        theme.width,
    ));
    // A command with a path is there to be copied: it stays in one piece.
    let width = if finding.remedy.contains("'/") {
        None
    } else {
        theme.width
    };
    lines.extend(wrap_hanging(
        &format!("  {} {}", theme.pick("→", ">"), visible(&finding.remedy)),
        4,
        width,
    ));
    lines
}

fn sum(examined: &Examined<'_>, theme: &Theme) -> String {
    let notes = examined
        .findings
        .iter()
        .filter(|finding| !finding.wants_action())
        .count();
    let notes = if notes == 0 {
        String::new()
    } else {
        format!(", {}", count(notes as i64, "note"))
    };
    if examined.ok {
        return format!("{} no findings{notes}", theme.good(theme.pick("✓", "ok")));
    }
    let findings = examined
        .findings
        .iter()
        .filter(|finding| finding.wants_action())
        .count();
    format!(
        "{} {}{notes}",
        theme.bad(theme.pick("✗", "x")),
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
    use crate::domain::health::Kind;

    #[test]
    fn a_finding_fits_the_terminal_and_a_command_with_a_path_stays_whole() {
        let finding = |remedy: &str| Finding {
            kind: Kind::ClockBehind,
            message: "the clock says 2026-01-01T00:00:00Z, and an event is from 2027".into(),
            remedy: remedy.into(),
        };
        for width in [40, 80] {
            let lines = told(
                &finding("set the clock, and look at the keys that have ended since"),
                &Theme {
                    width: Some(width),
                    ..Theme::default()
                },
            );
            assert!(
                lines.iter().all(|line| line.len() <= usize::from(width)),
                "{lines:?}"
            );
            assert_eq!(lines[0], "! warning clock_behind");
        }
        let command = "chmod 600 '/a/rather/long/path/to/the store/keys.db'";
        assert_eq!(
            told(
                &finding(command),
                &Theme {
                    width: Some(40),
                    ..Theme::default()
                }
            )
            .last(),
            Some(&format!("  > {command}"))
        );
    }

    #[test]
    fn a_size_is_told_as_disks_are_sold() {
        assert_eq!(size(4096), "4 KB");
        assert_eq!(size(123_456_789), "123 MB");
    }
}
