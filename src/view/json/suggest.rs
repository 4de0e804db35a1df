//! `suggest`.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::view::advice::Advice;
use crate::view::json::KeyBody;

/// What would have been enough for a key.
#[derive(Serialize)]
pub struct Suggestions<'a> {
    key: KeyBody<'a>,
    usage_since: Option<String>,
    requests: u64,
    requests_without_scope: u64,
    requests_without_address: u64,
    first_at: Option<String>,
    last_at: Option<String>,
    scopes: Option<Scopes>,
    preset: Option<Preset>,
    allowlist: Option<Allowlist>,
}

#[derive(Serialize)]
struct Scopes {
    scopes: Vec<&'static str>,
    would_refuse: u64,
    command: Option<String>,
}

#[derive(Serialize)]
struct Preset {
    preset: &'static str,
    scopes: Vec<&'static str>,
    would_refuse: u64,
    command: Option<String>,
}

#[derive(Serialize)]
struct Allowlist {
    allowed_ips: Vec<String>,
    would_refuse: u64,
    command: Option<String>,
}

impl<'a> Suggestions<'a> {
    /// The advice for a key.
    pub fn of(advice: &'a Advice, now: Timestamp) -> Self {
        let (key, habits) = (&advice.key, &advice.habits);
        Suggestions {
            key: KeyBody::of(key, now),
            usage_since: advice.usage_since.map(|at| at.to_string()),
            requests: habits.requests,
            requests_without_scope: habits.unnamed,
            requests_without_address: habits.unplaced,
            first_at: habits.between.map(|(first, _)| first.to_string()),
            last_at: habits.between.map(|(_, last)| last.to_string()),
            scopes: habits.scopes(key).map(|suggested| Scopes {
                scopes: suggested.value.words(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(advice.command_line),
            }),
            preset: habits.preset(key).map(|suggested| Preset {
                preset: suggested.value.id,
                scopes: suggested.value.scopes.words(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(advice.command_line),
            }),
            allowlist: habits.allowlist(key).map(|suggested| Allowlist {
                allowed_ips: suggested
                    .value
                    .entries()
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                would_refuse: suggested.refused,
                command: suggested.step.remedy().map(advice.command_line),
            }),
        }
    }
}
