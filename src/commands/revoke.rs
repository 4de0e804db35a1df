//! `revoke`: the end of keys, for good: now, at a later time, or not after all.

use clap::Args;

use crate::cli::args::{Confirmation, SeveralKeys};
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::key_ref::{OnOpenRotation, all_called};
use crate::domain::event::Action;
use crate::domain::{Key, KeyId, Revocation, Text, Timestamp, When};
use crate::error::{Code, Error};
use crate::session::bulk::{BulkOutcome, Change};
use crate::session::state_error::called;
use crate::session::{Exit, Reading, Session, Writing, bulk, impact, state_error};
use crate::view::text::time::exact_and_relative;

/// Revoke keys for good, now or later
///
/// First shows what would be affected: when and from where each key was last used, and how many
/// requests of the last 30 days would have been refused. A revoked key never works again; rehearse
/// with 'disable', which can be reversed. --cancel cancels a revocation that is still scheduled;
/// postponing one asks first.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys revoke "ERP Integration" --reason "replaced by the new ERP""#,
    "zenflow-keys revoke k3m9x2q7vd --in 7d",
    r#"printf %s "$LEAKED" | zenflow-keys revoke - --yes --reason "leaked in a CI log""#,
]))]
#[command(mut_arg("keys", |keys| keys.add(Completer::Key(Keys::Revocable))))]
#[command(own_options_first())]
pub struct Revoke {
    #[command(flatten)]
    which: SeveralKeys,
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// When the keys end, and why.
#[derive(Debug, Args)]
struct End {
    /// Revoke after this time: 7d
    #[arg(long = "in", value_name = "WHEN", add = Completer::Duration, conflicts_with_all = ["at", "cancel"])]
    after: Option<When>,
    /// Revoke at this time: 2026-12-31 (through that day), 2026-12-31T09:30:00Z
    #[arg(long, value_name = "WHEN", add = Completer::Duration, conflicts_with = "cancel")]
    at: Option<When>,
    /// Cancel a scheduled revocation
    #[arg(long, conflicts_with = "reason")]
    cancel: bool,
    /// Reason to record in the audit log
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<Text>,
}

impl Revoke {
    /// Says what would be done.
    pub fn preview(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let (_, would) = would_be(self.which, &self.end, session)?;
        let changed = would.changed();
        let output = &mut session.output;
        output.show(&would.view(true))?;
        output.remark(&format!(
            "Would change {changed} of {}; nothing was changed",
            would.changes.len()
        ));
        Ok(Exit::Done)
    }

    /// Revokes the keys.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let (ids, would) = would_be(self.which, &self.end, session)?;
        let now = would.now;
        let postponed: Vec<_> = would
            .changes
            .iter()
            .filter(|change| postpones(change, now))
            .collect();
        let question = if would.changed() > 0 && self.end.is_immediate() {
            Some(format!("Revoke {} for good?", all_called(&would.keys())))
        } else if !postponed.is_empty() {
            let all: Vec<_> = postponed.iter().map(|change| moved(change, now)).collect();
            Some(format!("Postpone the revocation of {}?", all.join(", ")))
        } else {
            None
        };
        if let Some(question) = question {
            self.confirmation.ask(&mut session.input, &question)?;
        }
        let confirmed = if self.confirmation.is_given() {
            ids.clone()
        } else {
            postponed.iter().map(|change| change.before.id).collect()
        };
        self.end.apply(&ids, &confirmed, session)
    }
}

/// The keys that are meant, and what would become of them; says what that would refuse.
fn would_be<A>(
    which: SeveralKeys,
    end: &End,
    session: &mut Session<'_, A>,
) -> Result<(Vec<KeyId>, BulkOutcome), Error> {
    let now = session.now();
    end.at(now)?;
    let ids = which.find(session, OnOpenRotation::Ambiguous)?;
    let Session { store, output, .. } = session;
    let would =
        store.read(|view| bulk::preview(view, &ids, now, |key, now| end.change(key, now)))?;
    let ends = |change: &&Change| !end.cancel && !change.before.is_revoked(now);
    for change in would.changes.iter().filter(ends) {
        output.remark(&impact::of_revocation(store, &change.before, now)?);
    }
    Ok((ids, would))
}

impl End {
    fn apply(
        &self,
        ids: &[KeyId],
        may_be_postponed: &[KeyId],
        session: &mut Writing<'_>,
    ) -> Result<Exit, Error> {
        let action = match (self.cancel, self.is_immediate()) {
            (true, _) => Action::CancelRevocation,
            (_, true) => Action::Revoke,
            (_, false) => Action::ScheduleRevocation,
        };
        let outcome = bulk::apply(session, ids, action, |key, now| {
            let after = self.change(key, now)?;
            let change = Change {
                before: key.clone(),
                after,
            };
            let may_be = self.cancel || may_be_postponed.contains(&key.id);
            if postpones(&change, now) && !may_be {
                return Err(Error::new(
                    Code::ConfirmationNeeded,
                    format!(
                        "meanwhile an earlier revocation of {} was scheduled, and this would postpone it",
                        called(key)
                    ),
                )
                .hint("try again"));
            }
            Ok(change.after)
        })?;
        let now = outcome.now;
        let output = &mut session.output;
        output.show(&outcome.view(false))?;
        for change in &outcome.changes {
            output.remark(&self.done(change, now));
        }
        Ok(Exit::Done)
    }

    /// What became of a key.
    fn done(&self, change: &Change, now: Timestamp) -> String {
        let Change { before, after } = change;
        let key = called(after);
        let no_change = if change.is_one() { "" } else { "; no change" };
        match (
            before.scheduled_revocation(now),
            after.scheduled_revocation(now),
        ) {
            _ if before.is_revoked(now) => format!("{key} is already revoked; no change"),
            (Some(at), _) if self.cancel => format!(
                "The revocation of {key} is cancelled; it was scheduled for {}",
                exact_and_relative(at, now)
            ),
            _ if self.cancel => format!("No revocation of {key} is scheduled; no change"),
            (earlier, Some(at)) => {
                let earlier = earlier
                    .filter(|earlier| *earlier != at)
                    .map(|earlier| format!(", not at {earlier}"))
                    .unwrap_or_default();
                let expiry = after
                    .expires_at
                    .filter(|end| now < *end && *end < at)
                    .map(|end| format!("; it expires before that, at {end}"))
                    .unwrap_or_default();
                format!(
                    "{key} will be revoked at {}{earlier}{expiry}{no_change}",
                    exact_and_relative(at, now)
                )
            }
            _ => format!("{key} is revoked"),
        }
    }

    fn is_immediate(&self) -> bool {
        self.after.is_none() && self.at.is_none() && !self.cancel
    }

    /// When it ends; for a later time that must be in the future.
    fn at(&self, now: Timestamp) -> Result<Timestamp, Error> {
        match self.after.or(self.at) {
            None => Ok(now),
            Some(when) => Ok(when
                .in_the_future(now)
                .map_err(|e| e.hint("without --in or --at, the key is revoked now"))?),
        }
    }

    fn change(&self, key: &Key, now: Timestamp) -> Result<Key, Error> {
        if self.cancel {
            state_error::unless_revoked(key, now)?;
            return Ok(Key {
                revocation: None,
                ..key.clone()
            });
        }
        if key.is_revoked(now) {
            return Ok(key.clone());
        }
        let reason = self.reason.clone().or_else(|| {
            key.revocation
                .as_ref()
                .and_then(|revocation| revocation.reason.clone())
        });
        Ok(Key {
            revocation: Some(Revocation {
                at: self.at(now)?,
                reason,
            }),
            ..key.clone()
        })
    }
}

/// Whether a revocation that is already scheduled would come later than now.
fn postpones(change: &Change, now: Timestamp) -> bool {
    let end = |key: &Key| key.scheduled_revocation(now);
    matches!((end(&change.before), end(&change.after)), (Some(before), Some(after)) if before < after)
}

/// `'ERP' (k3m9x2q7vd) from 2026-12-31T00:00:00Z to 2027-12-31T00:00:00Z`.
fn moved(change: &Change, now: Timestamp) -> String {
    let instant = |key: &Key| {
        key.scheduled_revocation(now)
            .map_or_else(|| "never".into(), |at| at.to_string())
    };
    format!(
        "{} from {} to {}",
        called(&change.before),
        instant(&change.before),
        instant(&change.after)
    )
}
