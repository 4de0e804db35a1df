//! `review`: what is wrong with which key. As metrics, it is in [`prometheus`].

pub mod prometheus;

use serde::Serialize;

use crate::domain::remedy::Remedy;
use crate::domain::review::{ReviewFinding, ReviewOutcome};
use crate::domain::{Severity, Timestamp};
use crate::view::View;
use crate::view::key::BriefKey;
use crate::view::text::escape::visible;
use crate::view::text::number::count;
use crate::view::text::summary::recorded_since;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

/// So many findings of one rule are shown in short.
const MANY: usize = 6;
/// How many of them are shown in full.
const IN_FULL: usize = 3;

/// What a review found, the worst first.
#[derive(Debug)]
pub struct ReviewReport<'a> {
    /// What it found.
    pub outcome: &'a ReviewOutcome,
    /// Writes a command line.
    pub command_line: fn(&Remedy) -> String,
    /// As of when the state of the keys is shown.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct ReviewBody<'a> {
    findings: Vec<ReviewFindingBody<'a>>,
    accepted: u64,
    usage_since: Option<String>,
    usage_until: Option<String>,
}

#[derive(Serialize)]
struct ReviewFindingBody<'a> {
    id: &'static str,
    severity: &'static str,
    key: Option<BriefKey<'a>>,
    message: &'a str,
    command: String,
}

impl View for ReviewReport<'_> {
    fn json(&self) -> impl Serialize {
        let findings = self.outcome.findings.iter();
        let findings = findings.map(|finding| ReviewFindingBody {
            id: finding.rule.id,
            severity: finding.severity().as_str(),
            key: finding.key.as_ref().map(|key| BriefKey::new(key, self.now)),
            message: &finding.found.message,
            command: (self.command_line)(&finding.found.remedy),
        });
        ReviewBody {
            findings: findings.collect(),
            accepted: self.outcome.accepted,
            usage_since: self.outcome.usage_since.map(|at| at.to_string()),
            usage_until: self.outcome.usage_until.map(|at| at.to_string()),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let findings = &self.outcome.findings;
        let groups = findings.chunk_by(|one, other| one.rule.id == other.rule.id);
        groups.flat_map(|group| self.group(group, theme)).collect()
    }
}

impl ReviewReport<'_> {
    /// The findings of one rule: where they are many, the first in full and the others by name.
    fn group(&self, group: &[ReviewFinding], theme: &Theme) -> Vec<String> {
        let (shown, others) = match group.len() {
            ..MANY => (group, &group[group.len()..]),
            _ => group.split_at(IN_FULL),
        };
        let mut lines: Vec<String> = shown
            .iter()
            .flat_map(|finding| {
                let command = (self.command_line)(&finding.found.remedy);
                finding_lines(finding, &command, theme)
            })
            .collect();
        if let Some(first) = others.first() {
            let names: Vec<String> = others
                .iter()
                .filter_map(|finding| {
                    let key = finding.key.as_ref()?;
                    Some(format!("{} ({})", visible(key.name.as_str()), key.id))
                })
                .collect();
            let rule = first.rule.id;
            let all = format!(
                "         {rule} also finds {}: {}",
                count(others.len() as u64, "more key"),
                names.join(", ")
            );
            lines.extend(wrap_hanging(&all, 9, theme.width));
            let command = (self.command_line)(&Remedy::ReviewByRule(rule));
            lines.push(format!("         {}", theme.label(&command)));
        }
        lines
    }

    /// What there was to see, and since when use is recorded.
    pub fn summary(&self) -> String {
        let findings = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let all = self.outcome.findings.iter();
            let found = all.filter(|finding| finding.severity() == severity);
            count(found.count(), severity.as_str())
        });
        let accepted = match self.outcome.accepted {
            0 => String::new(),
            accepted => format!(", and {accepted} accepted"),
        };
        format!(
            "{} reviewed: {}{accepted}; {}",
            count(self.outcome.keys.iter().sum::<u64>(), "key"),
            findings.join(", "),
            recorded_since(self.outcome.usage_since)
        )
    }
}

/// A finding: its severity and rule, the key, the sentence, and the command on a line of its own,
/// to be copied.
fn finding_lines(finding: &ReviewFinding, command: &str, theme: &Theme) -> Vec<String> {
    let severity = format!("{:<7}", finding.severity().as_str());
    let severity = match finding.severity() {
        Severity::Error => theme.bad(&severity),
        Severity::Warning => theme.caution(&severity),
        Severity::Note => theme.label(&severity),
    };
    let rule = theme.strong(finding.rule.id);
    let mut lines = vec![match &finding.key {
        Some(key) => format!(
            "{severity}  {rule}  {} ({})",
            visible(key.name.as_str()),
            key.id
        ),
        None => format!("{severity}  {rule}"),
    }];
    lines.extend(wrap_hanging(
        &format!("         {}", visible(&finding.found.message)),
        9,
        theme.width,
    ));
    lines.push(format!("         {}", theme.label(&visible(command))));
    lines
}
