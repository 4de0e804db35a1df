//! `prune`: what is removed, and how people see it before they are asked.

use serde::Serialize;

use crate::domain::tombstone::{Kept, Tombstone};
use crate::domain::{Key, Timestamp};
use crate::view::View;
use crate::view::text::escape::visible;
use crate::view::text::number::count;
use crate::view::text::table::columns;
use crate::view::text::theme::Theme;
use crate::view::text::time::relative;
use crate::view::tombstone::TombstoneBody;

/// What was removed, or would be.
#[derive(Debug)]
pub struct Pruned {
    /// What is left of the keys.
    pub keys: Vec<Tombstone>,
    /// Keys that are old enough and are kept, and why.
    pub kept: Vec<(Key, Kept)>,
    /// How many rows of recorded use.
    pub usage_rows: u64,
    /// How much smaller the store became, if that was asked for.
    pub freed_bytes: Option<u64>,
    /// Whether nothing was done.
    pub dry_run: bool,
}

#[derive(Serialize)]
struct PruneBody<'a> {
    pruned: Vec<TombstoneBody<'a>>,
    kept: Vec<KeptBody<'a>>,
    usage_rows: u64,
    freed_bytes: Option<u64>,
    dry_run: bool,
}

#[derive(Serialize)]
struct KeptBody<'a> {
    id: &'a str,
    name: &'a str,
    reason: &'static str,
}

impl View for Pruned {
    fn json(&self) -> impl Serialize {
        PruneBody {
            pruned: self.keys.iter().map(TombstoneBody::new).collect(),
            kept: self
                .kept
                .iter()
                .map(|(key, kept)| KeptBody {
                    id: key.id.as_str(),
                    name: key.name.as_str(),
                    reason: kept.as_str(),
                })
                .collect(),
            usage_rows: self.usage_rows,
            freed_bytes: self.freed_bytes,
            dry_run: self.dry_run,
        }
    }

    /// Nothing: people see the preview, as remarks.
    fn human(&self, _: &Theme) -> Vec<String> {
        Vec::new()
    }
}

/// A preview shows no more rows than these.
const SHOWN: usize = 20;

impl Pruned {
    /// What would be removed, and what is kept although it is old enough.
    pub fn preview(&self, now: Timestamp, theme: &Theme) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.keys.is_empty() {
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
            let rows = self.keys.iter().take(SHOWN).map(row).collect();
            lines.extend(columns(
                &["ID", "NAME", "ENV", "ENDED", "LAST USED"],
                rows,
                &[],
                theme,
            ));
            lines.extend(more(self.keys.len()));
        }
        lines.extend(self.kept.iter().take(SHOWN).map(|(key, kept)| {
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
        lines.extend(more(self.kept.len()));
        if self.usage_rows > 0 {
            lines.push(self.uses());
        }
        if self.keys.is_empty() && self.usage_rows == 0 {
            lines.push("Nothing is old enough to be removed".into());
        } else if self.dry_run {
            lines.push("This would be removed; nothing was changed".into());
        }
        lines
    }

    /// What people are asked before anything is removed.
    pub fn question(&self) -> String {
        let mut what = Vec::new();
        if !self.keys.is_empty() {
            what.push(count(self.keys.len(), "key"));
        }
        if self.usage_rows > 0 {
            what.push(self.uses());
        }
        format!("Remove {} for good?", what.join(" and "))
    }

    /// How much it is: `2 keys and 1 row of recorded use`.
    pub fn extent(&self) -> String {
        format!("{} and {}", count(self.keys.len(), "key"), self.uses())
    }

    fn uses(&self) -> String {
        format!("{} of recorded use", count(self.usage_rows, "row"))
    }
}

fn more(count: usize) -> Option<String> {
    count
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
        .map(|more| format!("and {more} more"))
}
