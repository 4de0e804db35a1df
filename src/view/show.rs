//! `show`: everything about one key. What it says of a pruned one is in [`crate::view::tombstone`].

use serde::Serialize;

use crate::domain::event::Event;
use crate::domain::usage::Totals;
use crate::domain::{Endpoint, Key, Timestamp};
use crate::view::View;
use crate::view::key::KeyBody;
use crate::view::log::{EventBody, event_lines};
use crate::view::text::escape::visible;
use crate::view::text::number::with_thousands;
use crate::view::text::summary::{end, last_use, use_counts};
use crate::view::text::theme::Theme;
use crate::view::text::time::{exact_and_relative, relative};
use crate::view::text::wrap;
use crate::view::text::wrap::wrap_hanging;

/// Everything about one key.
#[derive(Debug)]
pub struct KeyReport {
    /// The key.
    pub key: Key,
    /// Its rotation chain, oldest first, itself included; with the use of each.
    pub chain: Vec<(Key, Totals)>,
    /// What was done to it lately, newest first.
    pub events: Vec<Event>,
    /// Since when uses have been recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// As of when its state is shown.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct KeyReportBody<'a> {
    key: KeyBody<'a>,
    chain: Vec<KeyBody<'a>>,
    endpoints: Vec<&'static str>,
    events: Vec<EventBody<'a>>,
}

impl View for KeyReport {
    fn json(&self) -> impl Serialize {
        let (key, now) = (&self.key, self.now);
        KeyReportBody {
            key: KeyBody::new(key, now),
            chain: self
                .chain
                .iter()
                .map(|(link, _)| KeyBody::new(link, now))
                .collect(),
            endpoints: Endpoint::open_to(key.scopes)
                .map(|endpoint| endpoint.pattern)
                .collect(),
            events: self.events.iter().map(EventBody::new).collect(),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let (key, now) = (&self.key, self.now);
        let mut lines = settings(key, now, theme);
        let last_used = last_use(key, self.usage_since, now);
        lines.extend(wrap::field("last used", &last_used, theme));
        // A rotation tells it of each key, further down.
        if let [(_, uses)] = &self.chain[..]
            && uses.count() > 0
        {
            let text = format!("{}: {}", with_thousands(uses.count()), use_counts(*uses));
            lines.extend(wrap::field("requests", &text, theme));
        }
        if self.chain.len() > 1 {
            lines.push(String::new());
            lines.push(theme.label("Rotation, oldest first"));
            for (link, uses) in &self.chain {
                lines.extend(chain_link(
                    link,
                    *uses,
                    link.id == key.id,
                    self.usage_since,
                    now,
                    theme,
                ));
            }
        }
        lines.push(String::new());
        lines.push(theme.label("May call"));
        lines.extend(endpoints(key, theme.width));
        lines.push(String::new());
        lines.push(theme.label("Events, newest first"));
        lines.extend(
            self.events
                .iter()
                .flat_map(|one| event_lines(one, now, theme)),
        );
        lines
            .iter()
            .flat_map(|line| wrap_hanging(line, 4, theme.width))
            .collect()
    }
}

/// The name of the key and its state, then a field for each setting and each of its times.
fn settings(key: &Key, now: Timestamp, theme: &Theme) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  {}",
        theme.strong(&visible(key.name.as_str())),
        theme.status(key.status(now))
    )];
    let mut field = |name: &str, value: &str| lines.extend(wrap::field(name, value, theme));
    let unless_set =
        |text: Option<&str>| text.map_or_else(|| "-".into(), |text| visible(text).into_owned());
    let display = key.display();
    field("id", key.id.as_str());
    field(
        "key",
        if theme.unicode {
            &display
        } else {
            display.trim_end_matches('…')
        },
    );
    field("environment", key.environment.as_str());
    match key.preset() {
        Some(preset) => field(
            "scopes",
            &format!("{} ({})", key.scopes.words().join(", "), preset.name),
        ),
        None => field("scopes", &key.scopes.words().join(", ")),
    }
    match key.allowlist.entries() {
        [] => field("allowlist", "none: usable from anywhere"),
        entries => field(
            "allowlist",
            &entries
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        ),
    }
    field(
        "owner",
        &unless_set(key.owner.as_ref().map(|owner| owner.as_str())),
    );
    field(
        "note",
        &unless_set(key.note.as_ref().map(|note| note.as_str())),
    );
    field("created", &exact_and_relative(key.created_at, now));
    field(
        "expires",
        &key.expires_at
            .map_or_else(|| "never".into(), |at| exact_and_relative(at, now)),
    );
    if let Some(at) = key.disabled_at {
        field("disabled", &exact_and_relative(at, now));
    }
    if let Some(revocation) = &key.revocation {
        let reason = revocation
            .reason
            .as_ref()
            .map(|reason| format!(": {}", visible(reason.as_str())))
            .unwrap_or_default();
        field(
            if key.is_revoked(now) {
                "revoked"
            } else {
                "revocation"
            },
            &format!("{}{reason}", exact_and_relative(revocation.at, now)),
        );
    }
    lines
}

fn chain_link(
    key: &Key,
    uses: Totals,
    is_subject: bool,
    usage_since: Option<Timestamp>,
    now: Timestamp,
    theme: &Theme,
) -> Vec<String> {
    let mark = if is_subject {
        theme.pick("▸", ">")
    } else {
        " "
    };
    let mut lines = vec![format!(
        "{mark} {}  {}, created {}, {}",
        key.id,
        theme.status(key.status(now)),
        relative(key.created_at, now),
        end(key, now)
    )];
    if usage_since.is_some() {
        let label = if key.last_use.is_some() {
            "last used "
        } else {
            ""
        };
        lines.push(format!(
            "    {label}{}; {}",
            last_use(key, usage_since, now),
            use_counts(uses)
        ));
    }
    lines
}

/// The endpoints in as many columns as there is room for.
fn endpoints(key: &Key, width: Option<u16>) -> Vec<String> {
    let patterns: Vec<_> = Endpoint::open_to(key.scopes)
        .map(|endpoint| endpoint.pattern)
        .collect();
    let column = patterns
        .iter()
        .map(|pattern| pattern.len())
        .max()
        .unwrap_or(0)
        + 2;
    let per_line = (usize::from(width.unwrap_or(80).min(120)).saturating_sub(2) / column).max(1);
    patterns
        .chunks(per_line)
        .map(|line| {
            format!(
                "  {}",
                line.iter()
                    .map(|pattern| format!("{pattern:<column$}"))
                    .collect::<String>()
            )
        })
        .collect()
}
