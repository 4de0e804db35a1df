//! What would have been enough for a key: its form, and how people see it.

use crate::domain::remedy::Remedy;
use crate::domain::suggest::{NextStep, RecordedUse, Suggested};
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::Output;
use crate::view::json::suggest::Suggestions;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

/// What a key was used for, and so what would have been enough for it.
#[derive(Debug)]
pub struct Advice {
    /// The key.
    pub key: Key,
    /// What it was used for.
    pub habits: RecordedUse,
    /// Since when uses are recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// Writes a command line.
    pub command_line: fn(&Remedy) -> String,
}

impl Output<'_> {
    /// What would have been enough for a key.
    pub fn advice(&mut self, advice: &Advice, now: Timestamp) -> Result<(), Error> {
        self.document(Suggestions::of(advice, now), |output| {
            let options = output.options;
            settings(advice, options.out, options.width)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }
}

/// For each setting: what would have been enough, what that would have refused, and the command
/// that makes it so.
fn settings(advice: &Advice, look: Theme, width: Option<u16>) -> Vec<String> {
    let (key, habits) = (&advice.key, &advice.habits);
    let mut lines = Vec::new();
    let mut add = |name: &str, value: String, now: &str, refused: u64, step: NextStep| {
        let setting = format!(
            "{} {}",
            look.label(&format!("{name:<10}")),
            look.strong(&value)
        );
        let refusals = format!(
            "           {now}; would have refused {refused} of {}",
            habits.requests
        );
        for line in [setting, refusals] {
            lines.extend(wrap_hanging(&line, 11, width));
        }
        let step = match step {
            NextStep::NoChange => "no change needed".into(),
            NextStep::Run(ref remedy) => (advice.command_line)(remedy),
            NextStep::WouldRefuse => return,
        };
        lines.push(format!("           {}", look.label(&step)));
    };
    if let Some(Suggested {
        value,
        refused,
        step,
    }) = habits.scopes(key)
    {
        add(
            "scopes",
            value.words().join(", "),
            &format!("now {}", key.scopes.words().join(", ")),
            refused,
            step,
        );
    }
    if let Some(Suggested {
        value,
        refused,
        step,
    }) = habits.preset(key)
    {
        add(
            "preset",
            value.id.into(),
            &format!("that is {}", value.scopes.words().join(", ")),
            refused,
            step,
        );
    }
    if let Some(Suggested {
        value,
        refused,
        step,
    }) = habits.allowlist(key)
    {
        let now = if key.allowlist.is_empty() {
            "now any address".into()
        } else {
            format!("now {}", key.allowlist)
        };
        add("allowlist", value.to_string(), &now, refused, step);
    }
    lines
}
