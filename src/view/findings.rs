//! What a review found: its form, and how people see it.

use std::rc::Rc;

use crate::domain::Severity;
use crate::domain::remedy::Remedy;
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::review::{Rule, RuleMatch};
use crate::view::Output;
use crate::view::json::review::Reviewed;
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

/// What a review found.
#[derive(Debug)]
pub struct Review {
    /// The findings.
    pub findings: Vec<Finding>,
    /// The rules that were applied.
    pub rules: Vec<&'static Rule>,
    /// How many keys were looked at in each state, in the order of [`crate::domain::Status::ALL`].
    pub keys: [u64; 4],
    /// Since when uses are recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// The newest use that is recorded of any key, if one is.
    pub usage_until: Option<Timestamp>,
    /// Writes a command line.
    pub command_line: fn(&Remedy) -> String,
}

/// Something that is wrong with a key, or with what is recorded of all.
#[derive(Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The key; `None` for what is recorded.
    pub key: Option<Rc<Key>>,
    /// What was found.
    pub told: RuleMatch,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity.min(self.told.at_most)
    }
}

impl Output<'_> {
    /// What a review found, the worst first.
    pub fn review(&mut self, review: &Review, now: Timestamp) -> Result<(), Error> {
        self.document(Reviewed::of(review, now), |output| {
            let options = output.options;
            review.findings.iter().try_for_each(|found| {
                finding(
                    found,
                    &(review.command_line)(&found.told.remedy),
                    options.out,
                    options.width,
                )
                .iter()
                .try_for_each(|line| output.line(line))
            })
        })
    }
}

/// A finding: its severity and rule, the key, the sentence, and the command on a line of its own,
/// to be copied.
fn finding(found: &Finding, command: &str, look: Theme, width: Option<u16>) -> Vec<String> {
    let severity = format!("{:<7}", found.severity().as_str());
    let severity = match found.severity() {
        Severity::Error => look.bad(&severity),
        Severity::Warning => look.caution(&severity),
        Severity::Note => look.label(&severity),
    };
    let mut lines = vec![match &found.key {
        Some(key) => format!(
            "{severity}  {}  {} ({})",
            look.strong(found.rule.id),
            visible(key.name.as_str()),
            key.id
        ),
        None => format!("{severity}  {}", look.strong(found.rule.id)),
    }];
    lines.extend(wrap_hanging(
        &format!("         {}", visible(&found.told.message)),
        9,
        width,
    ));
    lines.push(format!("         {}", look.label(&visible(command))));
    lines
}
