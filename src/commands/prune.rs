//! `prune`: what is over for long, removed for good.

mod removal;

use std::collections::BTreeSet;

use clap::{ArgGroup, Args};

use crate::cli::args::Confirmation;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::commands::prune::removal::Removal;
use crate::domain::selection::{Filter, Selection};
use crate::domain::tombstone;
use crate::domain::tombstone::{Kept, Tombstone};
use crate::domain::{Key, KeyId, Status, Timestamp, When};
use crate::error::Error;
use crate::session::{Exit, Reading, Session, Writing};
use crate::store::{ReadTx, Store};
use crate::view::prune::Pruned;
use crate::view::text::number::size;

/// Remove keys that were revoked or expired long ago, and old usage
///
/// Shows what would be removed, then asks. The hash and the recorded use of a key are removed. A
/// tombstone with its id, name and dates stays, so that old logs can still be read and no other key
/// ever gets the id. A key that somebody still presents is kept, so that 'review' can report it,
/// and so is the successor of a key that is kept. With old use goes the note of which logs it was
/// counted from. The audit log stays whole. Large amounts are removed in parts, so that other
/// commands need not wait; after an interruption, run the command again.
#[derive(Debug, Args)]
#[command(
    override_usage = "zenflow-keys prune [OPTIONS] <--older-than WHEN|--usage-older-than WHEN>"
)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args(["older_than", "usage_older_than"])))]
#[command(add = Examples(&[
    "zenflow-keys prune --older-than 1y --dry-run",
    "zenflow-keys prune --older-than 1y --usage-older-than 6mo --yes",
]))]
#[command(own_options_first())]
pub struct Prune {
    /// Keys revoked or expired for longer than this: 1y
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    older_than: Option<When>,
    /// Recorded use older than this: 6mo
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    usage_older_than: Option<When>,
    /// Give the freed space back to the file system; nobody can use the store meanwhile
    #[arg(long, conflicts_with = "dry_run")]
    vacuum: bool,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What goes, and what is kept although it is old enough.
#[derive(Default)]
struct Plan {
    going: Vec<Key>,
    kept: Vec<(Key, Kept)>,
}

/// By when something must have been over.
#[derive(Clone, Copy)]
struct Ages {
    keys: Option<Timestamp>,
    usage: Option<Timestamp>,
}

impl Prune {
    /// Says what would go.
    pub fn preview(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let ages = self.ages(session.now())?;
        let preview = preview(ages, true, session)?;
        session.output.show(&preview)?;
        Ok(Exit::Done)
    }

    /// Removes what is old.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let ages = self.ages(session.now())?;
        let mut preview = preview(ages, false, session)?;
        if preview.keys.is_empty() && preview.usage_rows == 0 {
            preview.freed_bytes = self.vacuum(session)?;
            session.output.show(&preview)?;
            return Ok(Exit::Done);
        }
        self.confirmation
            .ask(&mut session.input, &preview.question())?;
        let ids: Vec<KeyId> = preview.keys.iter().map(|stone| stone.id).collect();
        let mut pruned = remove(session, &ids, ages, preview.kept)?;
        session.output.done();
        pruned.freed_bytes = self.vacuum(session)?;
        session.output.show(&pruned)?;
        session
            .output
            .remark(&format!("Removed {}", pruned.extent()));
        Ok(Exit::Done)
    }

    fn vacuum(&self, session: &mut Writing<'_>) -> Result<Option<u64>, Error> {
        if !self.vacuum {
            return Ok(None);
        }
        let freed = session.store.vacuum()?;
        let told = size(freed);
        session
            .output
            .remark(&format!("The store is now {told} smaller"));
        Ok(Some(freed))
    }

    fn ages(&self, now: Timestamp) -> Result<Ages, Error> {
        let by = |when: Option<When>| when.map(|when| when.since(now)).transpose();
        let ages = Ages {
            keys: by(self.older_than)?,
            usage: by(self.usage_older_than)?,
        };
        match [ages.keys, ages.usage]
            .into_iter()
            .flatten()
            .find(|at| *at > now)
        {
            Some(future) => Err(Error::usage(format!("{future} is in the future"))
                .hint("say how long ago: --older-than 1y")),
            None => Ok(ages),
        }
    }
}

/// Finds and shows what would go.
fn preview<A>(ages: Ages, dry_run: bool, session: &mut Session<'_, A>) -> Result<Pruned, Error> {
    let now = session.now();
    let Session { store, output, .. } = session;
    let plan = ages
        .keys
        .map(|by| plan(store, by, now))
        .transpose()?
        .unwrap_or_default();
    let usage_rows = ages
        .usage
        .map(|by| store.old_usage(by))
        .transpose()?
        .unwrap_or_default();
    let preview = Pruned {
        keys: plan
            .going
            .iter()
            .map(|key| Tombstone::of(key, now))
            .collect(),
        kept: plan.kept,
        usage_rows,
        freed_bytes: None,
        dry_run,
    };
    for line in preview.preview(now, &output.remark_theme()) {
        output.remark(&line);
    }
    Ok(preview)
}

/// The keys that were over at `by`, oldest first: a predecessor is judged before its successor.
fn plan(store: &Store, by: Timestamp, now: Timestamp) -> Result<Plan, Error> {
    let over = Filter {
        statuses: vec![Status::Expired, Status::Revoked],
        ..Filter::default()
    };
    let mut candidates = Vec::new();
    store.each_key(
        &Selection {
            filter: over,
            ..Selection::default()
        },
        now,
        |key| {
            if tombstone::was_over(&key, by) {
                candidates.push(key);
            }
            Ok(true)
        },
    )?;
    let (mut plan, mut gone) = (Plan::default(), BTreeSet::new());
    for chunk in candidates.chunks(20) {
        store.read(|view| {
            for key in chunk {
                match may_go(view, key, by, now, &gone)? {
                    Ok(()) => {
                        gone.insert(key.id);
                        plan.going.push(key.clone());
                    }
                    Err(kept) => plan.kept.push((key.clone(), kept)),
                }
            }
            Ok(())
        })?;
    }
    Ok(plan)
}

fn may_go(
    view: ReadTx<'_>,
    key: &Key,
    by: Timestamp,
    now: Timestamp,
    gone: &BTreeSet<KeyId>,
) -> Result<Result<(), Kept>, Error> {
    let predecessor = view
        .predecessor(key)?
        .map(|old| old.id)
        .filter(|id| !gone.contains(id));
    Ok(tombstone::may_go(
        view.presented_by_its_users(key, by, now)?,
        predecessor,
        by,
    ))
}

/// Removes what may still go, in several transactions.
fn remove(
    session: &mut Writing<'_>,
    ids: &[KeyId],
    ages: Ages,
    kept: Vec<(Key, Kept)>,
) -> Result<Pruned, Error> {
    session.store.give_way()?;
    let mut pruned = Pruned {
        keys: Vec::new(),
        kept,
        usage_rows: 0,
        freed_bytes: None,
        dry_run: false,
    };
    let mut removal = Removal {
        session,
        done: &mut pruned,
    };
    let removed = ages
        .keys
        .map_or(Ok(()), |by| removal.keys(ids, by))
        .and_then(|()| ages.usage.map_or(Ok(()), |by| removal.usage(by)));
    match removed {
        Ok(()) => Ok(pruned),
        Err(error) => Err(unfinished(error, &pruned)),
    }
}

/// A failure after which some of it is gone.
fn unfinished(mut error: Error, pruned: &Pruned) -> Error {
    if !pruned.keys.is_empty() || pruned.usage_rows > 0 {
        let again = format!(
            "then run this again: {} have been removed already",
            pruned.extent()
        );
        error.hint = Some(match error.hint {
            Some(hint) => hint.then("; ").then(again),
            None => again.into(),
        });
    }
    error
}
