//! `suggest`: what would have been enough for a key.

use serde::Serialize;

use crate::domain::remedy::Remedy;
use crate::domain::suggest::{NextStep, RecordedUse, Suggested};
use crate::domain::{Key, Timestamp};
use crate::view::View;
use crate::view::key::KeyBody;
use crate::view::text::theme::Theme;
use crate::view::text::wrap::wrap_hanging;

/// What a key was used for, and so what would have been enough for it.
#[derive(Debug)]
pub struct SuggestReport {
    /// The key.
    pub key: Key,
    /// What it was used for.
    pub recorded: RecordedUse,
    /// Since when uses have been recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// Writes a command line.
    pub command_line: fn(&Remedy) -> String,
    /// As of when the state of the key is shown.
    pub now: Timestamp,
}

/// What would have been enough for a key.
#[derive(Serialize)]
struct SuggestBody<'a> {
    key: KeyBody<'a>,
    usage_since: Option<String>,
    requests: u64,
    requests_without_scope: u64,
    requests_without_address: u64,
    first_at: Option<String>,
    last_at: Option<String>,
    scopes: Option<SuggestedScopes>,
    preset: Option<SuggestedPreset>,
    allowlist: Option<SuggestedAllowlist>,
}

#[derive(Serialize)]
struct SuggestedScopes {
    scopes: Vec<&'static str>,
    would_refuse: u64,
    command: Option<String>,
}

#[derive(Serialize)]
struct SuggestedPreset {
    preset: &'static str,
    scopes: Vec<&'static str>,
    would_refuse: u64,
    command: Option<String>,
}

#[derive(Serialize)]
struct SuggestedAllowlist {
    allowed_ips: Vec<String>,
    would_refuse: u64,
    command: Option<String>,
}

impl View for SuggestReport {
    fn json(&self) -> impl Serialize {
        let (key, recorded) = (&self.key, &self.recorded);
        SuggestBody {
            key: KeyBody::new(key, self.now),
            usage_since: self.usage_since.map(|at| at.to_string()),
            requests: recorded.requests,
            requests_without_scope: recorded.unnamed,
            requests_without_address: recorded.unplaced,
            first_at: recorded.between.map(|(first, _)| first.to_string()),
            last_at: recorded.between.map(|(_, last)| last.to_string()),
            scopes: recorded.scopes(key).map(|suggested| SuggestedScopes {
                scopes: suggested.value.words(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(self.command_line),
            }),
            preset: recorded.preset(key).map(|suggested| SuggestedPreset {
                preset: suggested.value.id,
                scopes: suggested.value.scopes.words(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(self.command_line),
            }),
            allowlist: recorded.allowlist(key).map(|suggested| SuggestedAllowlist {
                allowed_ips: suggested
                    .value
                    .entries()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(self.command_line),
            }),
        }
    }

    /// For each setting: what would have been enough, what that would have refused, and the command
    /// that makes it so.
    fn human(&self, theme: &Theme) -> Vec<String> {
        let (key, recorded) = (&self.key, &self.recorded);
        let mut lines = Vec::new();
        let mut add = |name: &str, value: String, now: &str, refused: u64, step: NextStep| {
            let setting = format!(
                "{} {}",
                theme.label(&format!("{name:<10}")),
                theme.strong(&value)
            );
            let refusals = format!(
                "           {now}; would have refused {refused} of {}",
                recorded.requests
            );
            for line in [setting, refusals] {
                lines.extend(wrap_hanging(&line, 11, theme.width));
            }
            let step = match step {
                NextStep::NoChange => "no change needed".into(),
                NextStep::Run(ref remedy) => (self.command_line)(remedy),
                NextStep::WouldRefuse => return,
            };
            lines.push(format!("           {}", theme.label(&step)));
        };
        if let Some(Suggested {
            value,
            refused,
            step,
        }) = recorded.scopes(key)
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
        }) = recorded.preset(key)
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
        }) = recorded.allowlist(key)
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
}
