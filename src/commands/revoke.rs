//! `revoke`: the end of keys, for good: now, at a later time, or not after all.

use clap::Args;

use super::Author;
use super::input::Input;
use super::loss;
use super::refusal::{self, called};
use super::several::{self, Outcome};
use super::target::{self, Meaning, Target, all_called};
use crate::domain::event::Action;
use crate::domain::{Environment, Key, KeyId, Revocation, Text, Timestamp, When, lifetime};
use crate::error::Error;
use crate::output::Output;
use crate::output::brief::last_use;
use crate::output::time::exact_and_relative;
use crate::store::Store;

/// Revoke keys for good: now, or at a later time
///
/// First it says what would be hit: when and from where each key was last used, and how many
/// requests of the last 30 days it would have refused. A revoked key never works again; 'disable'
/// is the reversible rehearsal. A revocation that is only scheduled can be taken back with
/// --cancel.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys revoke \"ERP Integration\" --reason \"replaced by the new ERP\"
  zenflow-keys revoke k3m9x2q7vd --in 7d
  printf %s \"$LEAKED\" | zenflow-keys revoke - --yes --reason \"leaked in a CI log\"")]
pub struct Revoke {
    /// Ids, display forms, names, prefixes of ids, or - for the key itself on standard input
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<Target>,
    /// Narrow names to live or test
    #[arg(long, value_name = "ENV")]
    env: Option<Environment>,
    /// After this time: 7d
    #[arg(long = "in", value_name = "WHEN", conflicts_with_all = ["at", "cancel"])]
    after: Option<When>,
    /// At this time: 2026-12-31 (through that day), 2026-12-31T09:30:00Z
    #[arg(long, value_name = "WHEN", conflicts_with = "cancel")]
    at: Option<When>,
    /// Take a scheduled revocation back
    #[arg(long, conflicts_with = "reason")]
    cancel: bool,
    /// Why
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<Text>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl Revoke {
    /// Revokes the keys.
    ///
    /// # Errors
    /// If one is unknown, it is not confirmed, or the store cannot be written. Then no key was
    /// revoked.
    pub fn run(
        mut self,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let now = author.now();
        self.end(now)?;
        let wanted = target::read_all(std::mem::take(&mut self.keys), input)?;
        let ids = store
            .read(|view| target::find_all(view, &wanted, self.env, Meaning::Ambiguous, now))?;
        let would = store
            .read(|view| several::preview(view, &ids, now, |key, now| self.change(key, now)))?;
        let recorded_since = store.read(|view| view.usage_since())?;
        for key in would.keys.iter().filter(|_| !self.cancel) {
            output.remark(&hit(key, recorded_since, now));
            output
                .remark(&store.read(|view| loss::told(view, &view.known_key(key.id)?, None, now))?);
        }
        if self.dry_run {
            output.remark(&format!(
                "Would change {} of {}; nothing was done",
                would.changed,
                would.keys.len()
            ));
            return output.keys_changed(&would.keys, would.changed, true, now);
        }
        if would.changed > 0 && self.is_immediate() {
            input.confirm(
                self.yes,
                &format!("Revoke {} for good?", all_called(&would.keys)),
            )?;
        }
        self.apply(&ids, store, author, output)
    }

    fn apply(
        &self,
        ids: &[KeyId],
        store: &mut Store,
        author: &Author<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let action = match (self.cancel, self.is_immediate()) {
            (true, _) => Action::CancelRevocation,
            (_, true) => Action::Revoke,
            (_, false) => Action::ScheduleRevocation,
        };
        let Outcome { keys, changed, now } =
            several::apply(store, author, ids, action, |key, now| self.change(key, now))?;
        output.keys_changed(&keys, changed, false, now)?;
        for key in &keys {
            output.remark(&match (key.scheduled_revocation(now), changed) {
                (Some(at), 1..) => format!(
                    "{} will be revoked at {}",
                    called(key),
                    exact_and_relative(at, now)
                ),
                (None, 1..) if self.cancel => format!("{} will not be revoked", called(key)),
                (None, 1..) => format!("{} is revoked", called(key)),
                (_, 0) if self.cancel => format!(
                    "{}: no revocation is scheduled; nothing was changed",
                    called(key)
                ),
                (_, 0) => format!("{} is revoked already; nothing was changed", called(key)),
            });
        }
        Ok(())
    }

    fn is_immediate(&self) -> bool {
        self.after.is_none() && self.at.is_none() && !self.cancel
    }

    /// When it ends; for a later time that must be in the future.
    fn end(&self, now: Timestamp) -> Result<Timestamp, Error> {
        match self.after.or(self.at) {
            None => Ok(now),
            Some(when) => Ok(lifetime::future(when.until(now)?, now)
                .map_err(|e| e.hint("without --in and --at it is revoked now"))?),
        }
    }

    fn change(&self, key: &Key, now: Timestamp) -> Result<Key, Error> {
        if self.cancel {
            if key.is_revoked(now) {
                return Err(refusal::revoked(key));
            }
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
                at: self.end(now)?,
                reason,
            }),
            ..key.clone()
        })
    }
}

/// What the end of a key would hit.
fn hit(key: &Key, recorded_since: Option<Timestamp>, now: Timestamp) -> String {
    let label = if key.last_use.is_some() {
        "last used "
    } else {
        ""
    };
    format!(
        "{}: {label}{}",
        called(key),
        last_use(key, recorded_since, now)
    )
}
