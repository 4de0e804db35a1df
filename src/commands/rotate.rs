//! `rotate`: a new key in the place of an old one, without downtime.

use std::path::PathBuf;

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::commands::create;
use crate::domain::event::Action;
use crate::domain::rotation;
use crate::domain::rotation::{DEFAULT_OVERLAP, DEFAULT_QUIET};
use crate::domain::{
    ApiKey, Entropy, Environment, Expiry, Key, KeyId, Revocation, Span, Status, Timestamp, When,
};
use crate::error::{Code, Error};
use crate::session::Author;
use crate::session::input::Input;
use crate::session::state_error::called;
use crate::session::{delivery, impact, state_error};
use crate::store::{Lock, ReadTx, Store};
use crate::view::json::{KeyBody, Rotated};
use crate::view::text::time::exact_and_relative;
use crate::view::{Format, Output};

/// Replace a key with a new one, without downtime
///
/// The new key has the same name, environment, scopes, allowlist, owner and note, and is printed
/// once. The old one keeps working until the overlap is over, and is then revoked automatically; or
/// earlier with --finish, once the new one is in use.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  NEW=$(zenflow-keys rotate \"ERP Integration\" --overlap 24h)
  zenflow-keys rotate \"ERP Integration\" --finish
  zenflow-keys rotate k3m9x2q7vd --overlap 0 --yes --out /run/secrets/zenflow-key")]
pub struct Rotate {
    /// Id, display form, name, prefix of an id, or - for the key itself on standard input
    #[arg(add = Completer::Key(Keys::Rotatable))]
    key: KeyRef,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
    /// How long both keys work: 7d, 24h; 0 revokes the old one at once
    #[arg(long, value_name = "WHEN", add = Completer::Duration, default_value = DEFAULT_OVERLAP, conflicts_with = "finish")]
    overlap: When,
    /// When the new key expires; by default it lives as long as the old one did
    #[arg(short, long, value_name = "WHEN", add = Completer::Duration, conflicts_with = "finish")]
    expires: Option<Expiry>,
    /// Write the new key to this new file instead of standard output
    #[arg(short, long, value_name = "FILE", add = Completer::File, conflicts_with = "finish")]
    out: Option<PathBuf>,
    /// Revoke the old key now, if the new one was used and the old one was not lately
    #[arg(long)]
    finish: bool,
    /// How long the old key must have been quiet
    #[arg(long, value_name = "SPAN", add = Completer::Duration, default_value = DEFAULT_QUIET, requires = "finish")]
    quiet_for: Span,
    /// Finish even if the new key was not used, or the old one still is
    #[arg(long, requires = "finish")]
    force: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Rotate {
    /// Rotates the key, or finishes its rotation.
    pub fn run(
        mut self,
        store: &mut Store,
        author: &Author<'_>,
        entropy: &mut dyn Entropy,
        stdout_is_lost: bool,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        self.out = delivery::out_file(self.out);
        let wanted = self.key.clone().read(input)?;
        let key = store.read(|view| {
            key_ref::find(
                view,
                &wanted,
                self.env,
                OnOpenRotation::Newest,
                author.now(),
            )
        })?;
        if self.finish {
            return self.finish(key.id, store, author, input, output);
        }
        store.read(|view| rotatable(view, &key, author.now()))?;
        delivery::unless_stdout_is_lost(stdout_is_lost, self.out.as_deref())?;
        delivery::check_out(self.out.as_deref(), store.path())?;
        self.ends(&key, author.now())?;
        if self.overlap.until(author.now())? <= author.now() && key.is_usable(author.now()) {
            output.remark(&impact::of_revocation(store, &key, author.now())?);
            input.confirm(
                self.yes,
                &format!("Revoke {} at once, without any overlap?", called(&key)),
            )?;
        }
        self.rotate(key.id, store, author, entropy, output)
    }

    /// The end of the overlap and the expiry of the new key.
    fn ends(&self, old: &Key, now: Timestamp) -> Result<(Timestamp, Option<Timestamp>), Error> {
        let overlap_ends = self.overlap.until(now)?;
        if overlap_ends < now {
            let past = self.overlap.is_past(now).message;
            return Err(Error::usage(format!("--overlap: {past}"))
                .hint("--overlap 0 revokes the old key at once"));
        }
        let expiry = self
            .expires
            .unwrap_or_else(|| rotation::same_lifetime(old, now));
        Ok((overlap_ends, expiry.expires_at(now)?))
    }

    fn rotate(
        self,
        id: KeyId,
        store: &mut Store,
        author: &Author<'_>,
        entropy: &mut dyn Entropy,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let mut write = author.write(store, Lock::Exclusive)?;
        let now = write.now();
        let old = write.view().known_key(id)?;
        rotatable(write.view(), &old, now)?;
        state_error::unless_name_is_free(write.view(), &old, now)?;
        let (overlap_ends, expires_at) = self.ends(&old, now)?;
        let new = rotation::successor(
            &old,
            delivery::draw_id(write.view(), entropy)?,
            expires_at,
            now,
        );
        let retired = rotation::retired(&old, new.id, overlap_ends, now);
        let api_key =
            ApiKey::draw(new.environment, new.id, entropy).map_err(delivery::no_randomness)?;
        write.insert(&new, &api_key.digest(), Action::Rotate)?;
        write.save(
            &old,
            &retired,
            if retired.is_revoked(now) {
                Action::Revoke
            } else {
                Action::ScheduleRevocation
            },
        )?;
        delivery::deliver(write, &api_key, self.out.as_deref(), output, |secret| {
            document(&new, secret, &retired, now)
        })?;
        self.advise(&new, &retired, now, output);
        Ok(())
    }

    /// The two steps that remain, as ZenFlow's documentation has them.
    fn advise(&self, new: &Key, old: &Key, now: Timestamp, output: &mut Output<'_>) {
        if output.format() != Format::Human {
            return;
        }
        let expires = new
            .expires_at
            .map_or_else(|| "never".into(), |at| exact_and_relative(at, now));
        output.remark(&format!(
            "Rotated '{}': {} replaces {}, expires {expires}",
            new.name, new.id, old.id
        ));
        create::where_to_keep(self.out.as_deref(), output);
        match old.scheduled_revocation(now) {
            None => output
                .remark("The old key is revoked. Now update the application to use the new one."),
            Some(at) => {
                output.remark(&format!(
                    "The old key works until {}. Two steps remain:",
                    exact_and_relative(at, now)
                ));
                output.remark("  1. update the application to use the new key");
                output.command(&format!(
                    "  2. verify: zenflow-keys show {0}, then zenflow-keys rotate {0} --finish",
                    new.id
                ));
            }
        }
    }

    fn finish(
        self,
        id: KeyId,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let now = author.now();
        let (old, new) = store.read(|view| rotation_of(view, &view.known_key(id)?, now))?;
        if old.is_being_replaced(now)
            && let Err(error) = store.read(|view| self.proven(view, &old, &new, now))
        {
            if !self.force {
                return Err(error);
            }
            output.remark(&impact::of_revocation(store, &old, now)?);
            input.confirm(
                self.yes,
                &format!("{}. Revoke {} anyway?", error.message, old.id),
            )?;
        }
        let mut write = author.write(store, Lock::Immediate)?;
        let now = write.now();
        let (old, new) = rotation_of(write.view(), &write.view().known_key(id)?, now)?;
        if !old.is_being_replaced(now) {
            drop(write);
            output.outcome(document(&new, None, &old, now))?;
            output.remark(&format!(
                "The rotation to {} is already finished; no change",
                new.id
            ));
            return Ok(());
        }
        if !self.force {
            self.proven(write.view(), &old, &new, now)?;
        }
        let reason = old
            .revocation
            .as_ref()
            .and_then(|revocation| revocation.reason.clone())
            .or_else(|| "rotated".parse().ok());
        let revoked = Key {
            revocation: Some(Revocation { at: now, reason }),
            ..old.clone()
        };
        write.save(&old, &revoked, Action::Revoke)?;
        write.commit()?;
        output.done();
        output.outcome(document(&new, None, &revoked, now))?;
        let stays = match new.status(now) {
            Status::Active => "stays active".to_owned(),
            status => format!("is {}", status.as_str()),
        };
        output.remark(&format!(
            "Rotation finished: {} is revoked, {} {stays}",
            old.id, new.id
        ));
        Ok(())
    }

    fn proven(&self, view: ReadTx<'_>, old: &Key, new: &Key, now: Timestamp) -> Result<(), Error> {
        let old = &view.with_credible_use(old.clone(), now)?;
        let new = &view.with_credible_use(new.clone(), now)?;
        rotation::proven(old, new, self.quiet_for, now)?
            .map_err(|unproven| state_error::unproven(old, new, unproven, now))
    }
}

fn document<'a>(
    new: &'a Key,
    secret: Option<&'a str>,
    old: &'a Key,
    now: Timestamp,
) -> Rotated<'a> {
    Rotated {
        key: KeyBody::of(new, now),
        api_key: secret,
        replaces: KeyBody::of(old, now),
    }
}

fn rotatable(view: ReadTx<'_>, key: &Key, now: Timestamp) -> Result<(), Error> {
    let predecessor = view.predecessor(key)?;
    rotation::check(key, predecessor.as_ref(), now)
        .map_err(|why| state_error::rotation(key, why, now))
}

/// The old and the new key of the rotation that `key` takes part in; of two, the open one.
fn rotation_of(view: ReadTx<'_>, key: &Key, now: Timestamp) -> Result<(Key, Key), Error> {
    let as_new = view.predecessor(key)?.map(|old| (old, key.clone()));
    let as_old = key
        .rotated_to
        .map(|id| view.known_key(id))
        .transpose()?
        .map(|new| (key.clone(), new));
    let is_open = |pair: &Option<(Key, Key)>| {
        pair.as_ref()
            .is_some_and(|(old, _)| old.is_being_replaced(now))
    };
    let pair = if is_open(&as_old) {
        as_old
    } else {
        as_new.or(as_old)
    };
    pair.ok_or_else(|| {
        Error::new(
            Code::NotRotated,
            format!("{} is not being rotated", called(key)),
        )
        .hint(if key.is_revoked(now) {
            "it is revoked for good; create a new key in its place".into()
        } else {
            format!("start a rotation: zenflow-keys rotate {}", key.id)
        })
    })
}
