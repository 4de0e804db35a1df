//! What is pruned: its form, and how people see it before and after.

use crate::domain::event::Event;
use crate::domain::tombstone::{Kept, Tombstone};
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::Output;
use crate::view::human;
use crate::view::json::EventBody;
use crate::view::json::prune::{PruneResult, TombstoneBody, TombstoneReport};
use crate::view::text::escape::visible;
use crate::view::text::table::columns;
use crate::view::text::theme::Theme;
use crate::view::text::time::{exact_and_relative, relative};
use crate::view::text::wrap;

/// What was removed, or would be.
#[derive(Debug)]
pub struct Pruned {
    /// What is left of the keys.
    pub keys: Vec<Tombstone>,
    /// Keys that are old enough and are kept, and why.
    pub kept: Vec<(Key, Kept)>,
    /// How many rows of recorded use.
    pub usage_rows: u64,
    /// Whether nothing was done.
    pub dry_run: bool,
}

impl Output<'_> {
    /// What would be pruned, before anybody is asked.
    pub fn prune_preview(&mut self, pruned: &Pruned, now: Timestamp) {
        preview(pruned, now, &self.options.err)
            .iter()
            .for_each(|line| self.remark(line));
    }

    /// What was pruned, or would be.
    pub fn pruned(&mut self, pruned: &Pruned) -> Result<(), Error> {
        self.document(PruneResult::of(pruned), |_| Ok(()))
    }

    /// What is left of a key that was pruned.
    pub fn tombstone(
        &mut self,
        stone: &Tombstone,
        events: &[Event],
        now: Timestamp,
    ) -> Result<(), Error> {
        let body = TombstoneReport {
            tombstone: TombstoneBody::of(stone),
            events: events.iter().map(EventBody::of).collect(),
        };
        self.document(body, |output| {
            let options = output.options;
            tombstone(stone, events, now, &options.out)
                .iter()
                .try_for_each(|line| output.line(line))
        })
    }
}

/// A preview shows no more rows than these.
const SHOWN: usize = 20;

/// What would be removed, and what is kept although it is old enough.
fn preview(pruned: &Pruned, now: Timestamp, theme: &Theme) -> Vec<String> {
    let mut lines = Vec::new();
    if !pruned.keys.is_empty() {
        let row = |stone: &Tombstone| {
            let ended = stone
                .ended_at()
                .map_or_else(|| "-".into(), |at| relative(at, now));
            let used = stone
                .last_used_at
                .map_or_else(|| "-".into(), |at| relative(at, now));
            vec![
                stone.id.to_string(),
                visible(stone.name.as_str()).into_owned(),
                stone.environment.to_string(),
                ended,
                used,
            ]
        };
        let rows = pruned.keys.iter().take(SHOWN).map(row).collect();
        lines.extend(columns(
            &["ID", "NAME", "ENV", "ENDED", "LAST USED"],
            rows,
            &[],
            theme,
        ));
        lines.extend(more(pruned.keys.len()));
    }
    lines.extend(pruned.kept.iter().take(SHOWN).map(|(key, kept)| {
        let why = match kept {
            Kept::StillPresented(at) => format!("it was still presented at {at}"),
            Kept::Successor(id) => format!("{id}, which it replaced, is kept"),
        };
        format!(
            "'{}' ({}) is kept: {why}",
            visible(key.name.as_str()),
            key.id
        )
    }));
    lines.extend(more(pruned.kept.len()));
    if pruned.usage_rows > 0 {
        let rows = if pruned.usage_rows == 1 {
            "row"
        } else {
            "rows"
        };
        lines.push(format!("{} {rows} of recorded use", pruned.usage_rows));
    }
    if pruned.keys.is_empty() && pruned.usage_rows == 0 {
        lines.push("Nothing to remove is that old".into());
    } else if pruned.dry_run {
        lines.push("That would be removed; nothing was done".into());
    }
    lines
}

fn more(count: usize) -> Option<String> {
    count
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
        .map(|more| format!("and {more} more"))
}

/// A key that was removed, and what the audit log says of it.
fn tombstone(stone: &Tombstone, events: &[Event], now: Timestamp, theme: &Theme) -> Vec<String> {
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
    lines.extend(events.iter().flat_map(|one| human::event(one, now, theme)));
    lines
}
