//! `rotate`: a new key in the place of an old one, without downtime.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{Confirmation, OneKey};
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::commands::create;
use crate::domain::event::Action;
use crate::domain::rotation;
use crate::domain::rotation::{DEFAULT_OVERLAP, DEFAULT_QUIET};
use crate::domain::{ApiKey, Expiry, Key, KeyId, Revocation, Span, Status, Timestamp, When};
use crate::error::{Code, Error};
use crate::session::state_error::called;
use crate::session::{Exit, Issuer, Issuing, Session, delivery, impact, state_error};
use crate::store::{Lock, ReadTx};
use crate::view::rotate::RotatedKey;
use crate::view::text::time::exact_and_relative;
use crate::view::{Format, Output};

/// Replace a key with a new one, without downtime
///
/// The new key has the same name, environment, scopes, allowlist, owner and note, and is printed
/// once. The old key keeps working until the overlap ends, and is then revoked automatically. To
/// revoke it earlier, use --finish once the new key is in use.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"NEW=$(zenflow-keys rotate "ERP Integration" --overlap 24h)"#,
    r#"zenflow-keys rotate "ERP Integration" --finish"#,
    "zenflow-keys rotate k3m9x2q7vd --overlap 0 --yes --out /run/secrets/zenflow-key",
]))]
#[command(mut_arg("key", |key| key.add(Completer::Key(Keys::Rotatable))))]
#[command(own_options_first())]
pub struct Rotate {
    #[command(flatten)]
    which: OneKey,
    #[command(flatten)]
    new: New,
    #[command(flatten)]
    finishing: Finishing,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// How the new key comes in.
#[derive(Debug, Args)]
struct New {
    /// How long both keys work: 7d, 24h; 0 revokes the old one at once
    #[arg(long, value_name = "WHEN", add = Completer::Duration, default_value = DEFAULT_OVERLAP, conflicts_with = "finish")]
    overlap: When,
    /// Expiry of the new key (default: the same lifetime as the old key)
    #[arg(short, long, value_name = "WHEN", add = Completer::Duration, conflicts_with = "finish")]
    expires: Option<Expiry>,
    /// Write the new key to this new file instead of standard output
    #[arg(short, long, value_name = "FILE", add = Completer::File, conflicts_with = "finish")]
    out: Option<PathBuf>,
}

/// How a rotation ends.
#[derive(Debug, Args)]
struct Finishing {
    /// Revoke the old key now, if the new one has been used and the old one has been quiet
    #[arg(long)]
    finish: bool,
    /// How long the old key must have been quiet
    #[arg(long, value_name = "SPAN", add = Completer::Duration, default_value = DEFAULT_QUIET, requires = "finish")]
    quiet_for: Span,
    /// Finish even if the new key has not been used, or the old one still is
    #[arg(long, requires = "finish")]
    force: bool,
}

impl Rotate {
    /// Rotates the key, or finishes its rotation.
    pub fn run(self, session: &mut Issuing<'_>) -> Result<Exit, Error> {
        let Rotate {
            which,
            mut new,
            finishing,
            confirmation,
        } = self;
        let key = which.find(session)?;
        if finishing.finish {
            return finishing.run(key.id, confirmation, session);
        }
        new.out = delivery::out_file(new.out);
        let now = session.now();
        session.store.read(|view| rotatable(view, &key, now))?;
        delivery::unless_stdout_is_lost(&session.input.streams, new.out.as_deref())?;
        delivery::check_out(new.out.as_deref(), session.store.path())?;
        new.ends(&key, now)?;
        if new.overlap.until(now)? <= now && key.is_usable(now) {
            let impact = impact::of_revocation(&session.store, &key, now)?;
            session.output.remark(&impact);
            let question = format!("Revoke {} at once, without any overlap?", called(&key));
            confirmation.ask(&mut session.input, &question)?;
        }
        new.rotate(key.id, session)
    }
}

impl New {
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

    fn rotate(self, id: KeyId, session: &mut Issuing<'_>) -> Result<Exit, Error> {
        let Session {
            store,
            author: Issuer { author, entropy },
            output,
            ..
        } = session;
        let mut write = author.write(store, Lock::Exclusive)?;
        let now = write.now();
        let old = write.view().known_key(id)?;
        rotatable(write.view(), &old, now)?;
        state_error::unless_name_is_free(write.view(), &old, now)?;
        let (overlap_ends, expires_at) = self.ends(&old, now)?;
        let new = rotation::successor(
            &old,
            delivery::draw_id(write.view(), *entropy)?,
            expires_at,
            now,
        );
        let retired = rotation::retired(&old, new.id, overlap_ends, now);
        let api_key =
            ApiKey::draw(new.environment, new.id, *entropy).map_err(delivery::no_randomness)?;
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
            rotated(&new, secret, &retired, now)
        })?;
        self.advise(&new, &retired, now, output);
        Ok(Exit::Done)
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
}

impl Finishing {
    fn run(
        &self,
        id: KeyId,
        confirmation: Confirmation,
        session: &mut Issuing<'_>,
    ) -> Result<Exit, Error> {
        let now = session.now();
        let Session {
            store,
            author: Issuer { author, .. },
            input,
            output,
            ..
        } = session;
        let (old, new) = store.read(|view| rotation_of(view, &view.known_key(id)?, now))?;
        if old.is_being_replaced(now)
            && let Err(error) = store.read(|view| self.proven(view, &old, &new, now))
        {
            if !self.force {
                return Err(error);
            }
            output.remark(&impact::of_revocation(store, &old, now)?);
            let question = format!("{}. Revoke {} anyway?", error.message, old.id);
            confirmation.ask(input, &question)?;
        }
        let mut write = author.write(store, Lock::Immediate)?;
        let now = write.now();
        let (old, new) = rotation_of(write.view(), &write.view().known_key(id)?, now)?;
        if !old.is_being_replaced(now) {
            drop(write);
            output.show(&rotated(&new, None, &old, now))?;
            output.remark(&format!(
                "The rotation to {} is already finished; no change",
                new.id
            ));
            return Ok(Exit::Done);
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
        output.show(&rotated(&new, None, &revoked, now))?;
        let state = match new.status(now) {
            Status::Active => "stays active".to_owned(),
            status => format!("is {}", status.as_str()),
        };
        output.remark(&format!(
            "Rotation finished: {} is revoked, {} {state}",
            old.id, new.id
        ));
        Ok(Exit::Done)
    }

    fn proven(&self, view: ReadTx<'_>, old: &Key, new: &Key, now: Timestamp) -> Result<(), Error> {
        let old = &view.with_credible_use(old.clone(), now)?;
        let new = &view.with_credible_use(new.clone(), now)?;
        rotation::proven(old, new, self.quiet_for, now)?
            .map_err(|unproven| state_error::unproven(old, new, unproven, now))
    }
}

fn rotated<'a>(
    new: &'a Key,
    secret: Option<&'a str>,
    old: &'a Key,
    now: Timestamp,
) -> RotatedKey<'a> {
    RotatedKey {
        key: new,
        api_key: secret,
        replaces: old,
        now,
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
