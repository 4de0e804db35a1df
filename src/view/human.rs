//! Texts for people that are no tables: a verdict, a key in full, an event.

use crate::domain::event::{Action, Event};
use crate::domain::usage::Totals;
use crate::domain::{Endpoint, Key, Timestamp};
use crate::view::KeyReport;
use crate::view::text::escape::visible;
use crate::view::text::summary::last_use;
use crate::view::text::table;
use crate::view::text::theme::Theme;
use crate::view::text::time::{counted, exact_and_relative, relative};
use crate::view::text::wrap;
use crate::view::text::wrap::wrap_hanging;

/// Everything about one key.
pub(crate) fn portrait(portrait: &KeyReport, now: Timestamp, theme: &Theme) -> Vec<String> {
    let key = &portrait.key;
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
    field("last used", &last_use(key, portrait.usage_since, now));
    if portrait.chain.len() > 1 {
        lines.push(String::new());
        lines.push(theme.label("Rotation, oldest first"));
        for (link, uses) in &portrait.chain {
            lines.extend(chain_link(
                link,
                *uses,
                link.id == key.id,
                portrait.usage_since,
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
        portrait
            .events
            .iter()
            .flat_map(|one| event(one, now, theme)),
    );
    lines
        .iter()
        .flat_map(|line| wrap_hanging(line, 4, theme.width))
        .collect()
}

/// How often something was used: `12 allowed, 3 refused`, and what is neither if there is any.
pub(crate) fn told(uses: Totals) -> String {
    let other = if uses.other > 0 {
        format!(", {} other", counted(uses.other))
    } else {
        String::new()
    };
    format!(
        "{} allowed, {} refused{other}",
        counted(uses.allowed),
        counted(uses.refused)
    )
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
        table::end(key, now)
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
            told(uses)
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

/// An event: what, to which key, by whom, when; then each change.
pub(crate) fn event(event: &Event, now: Timestamp, theme: &Theme) -> Vec<String> {
    let head = format!(
        "{:>4}  {}  {}  {} ({})  by {}",
        event.seq,
        theme.label(&exact_and_relative(event.at, now)),
        theme.strong(event.action.as_str()),
        visible(event.key_name.as_str()),
        event.key_id,
        visible(event.actor.as_str())
    );
    let is_new = matches!(event.action, Action::Create | Action::Rotate);
    let told = changes(&event.details, is_new)
        .into_iter()
        .map(|change| format!("        {}", visible(&change)));
    std::iter::once(head)
        .chain(told)
        .flat_map(|line| wrap_hanging(&line, 8, theme.width))
        .collect()
}

/// The changes that stored details tell of: `field: before -> after`, or `field: after` where there
/// was nothing. The hash of a row is for `doctor` to compare, and tells people nothing; a new key's
/// name stands in the event already.
fn changes(details: &str, is_new: bool) -> Vec<String> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(details) else {
        return Vec::new();
    };
    let told = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "-".into(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(texts) => texts
            .iter()
            .filter_map(|text| text.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    };
    let change = |field: &str, before: &serde_json::Value, after: &serde_json::Value| match before {
        serde_json::Value::Null => format!("{field}: {}", told(after)),
        _ => format!("{field}: {} -> {}", told(before), told(after)),
    };
    fields
        .iter()
        .filter(|(field, _)| *field != "row_hash" && !(is_new && *field == "name"))
        .map(|(field, values)| change(field, &values["before"], &values["after"]))
        .collect()
}
