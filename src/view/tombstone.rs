//! What is left of a key that was pruned: what `prune` lists, and `show` shows.

use serde::Serialize;

use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::tombstone::Tombstone;
use crate::view::View;
use crate::view::log::{EventBody, event_lines};
use crate::view::text::escape::visible;
use crate::view::text::theme::Theme;
use crate::view::text::time::exact_and_relative;
use crate::view::text::wrap;

/// What is left of a key.
#[derive(Serialize)]
pub struct TombstoneBody<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
    rotated_to: Option<String>,
    pruned_at: String,
}

impl<'a> TombstoneBody<'a> {
    /// All that the store has of it.
    pub fn new(stone: &'a Tombstone) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        TombstoneBody {
            id: stone.id.as_str(),
            name: stone.name.as_str(),
            environment: stone.environment.as_str(),
            created_at: stone.created_at.to_string(),
            expires_at: text(stone.expires_at),
            revoked_at: text(stone.revoked_at),
            last_used_at: text(stone.last_used_at),
            rotated_to: stone.rotated_to.map(|id| id.to_string()),
            pruned_at: stone.pruned_at.to_string(),
        }
    }
}

/// A key that was pruned, and what the audit log says of it.
#[derive(Debug)]
pub struct TombstoneReport<'a> {
    /// What is left of it.
    pub tombstone: &'a Tombstone,
    /// What was done to it lately, newest first.
    pub events: &'a [Event],
    /// As of when its times are shown.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct TombstoneReportBody<'a> {
    tombstone: TombstoneBody<'a>,
    events: Vec<EventBody<'a>>,
}

impl View for TombstoneReport<'_> {
    fn json(&self) -> impl Serialize {
        TombstoneReportBody {
            tombstone: TombstoneBody::new(self.tombstone),
            events: self.events.iter().map(EventBody::new).collect(),
        }
    }

    fn human(&self, theme: &Theme) -> Vec<String> {
        let (stone, now) = (self.tombstone, self.now);
        let mut lines = vec![format!(
            "{}  pruned",
            theme.strong(&visible(stone.name.as_str()))
        )];
        let mut field = |name: &str, value: &str| lines.extend(wrap::field(name, value, theme));
        field("id", stone.id.as_str());
        field("environment", stone.environment.as_str());
        field("created", &exact_and_relative(stone.created_at, now));
        for (name, at) in [
            ("expired", stone.expires_at),
            ("revoked", stone.revoked_at),
            ("last used", stone.last_used_at),
        ] {
            if let Some(at) = at {
                field(name, &exact_and_relative(at, now));
            }
        }
        if let Some(successor) = stone.rotated_to {
            field("replaced by", successor.as_str());
        }
        field("pruned", &exact_and_relative(stone.pruned_at, now));
        lines.push(String::new());
        lines.push(theme.label("Events, newest first"));
        lines.extend(
            self.events
                .iter()
                .flat_map(|one| event_lines(one, now, theme)),
        );
        lines
    }
}
