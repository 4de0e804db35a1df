//! `prune`, and what `show` says of a key that was pruned.

use serde::Serialize;

use crate::domain::tombstone::Tombstone;
use crate::view::json::EventBody;
use crate::view::pruning::Pruned;

/// What was removed, or would be.
#[derive(Serialize)]
pub struct PruneResult<'a> {
    pruned: Vec<TombstoneBody<'a>>,
    kept: Vec<KeptBody<'a>>,
    usage_rows: u64,
    dry_run: bool,
}

#[derive(Serialize)]
struct KeptBody<'a> {
    id: &'a str,
    name: &'a str,
    reason: &'static str,
}

/// `show`, of a key that was pruned.
#[derive(Serialize)]
pub struct TombstoneReport<'a> {
    /// What is left of it.
    pub tombstone: TombstoneBody<'a>,
    /// What was done to it, newest first.
    pub events: Vec<EventBody<'a>>,
}

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
    /// The tombstone.
    pub fn of(stone: &'a Tombstone) -> Self {
        let text = |at: Option<crate::domain::Timestamp>| at.map(|at| at.to_string());
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

impl<'a> PruneResult<'a> {
    /// What was done.
    pub fn of(pruned: &'a Pruned) -> Self {
        PruneResult {
            pruned: pruned.keys.iter().map(TombstoneBody::of).collect(),
            kept: pruned
                .kept
                .iter()
                .map(|(key, kept)| KeptBody {
                    id: key.id.as_str(),
                    name: key.name.as_str(),
                    reason: kept.as_str(),
                })
                .collect(),
            usage_rows: pruned.usage_rows,
            dry_run: pruned.dry_run,
        }
    }
}
