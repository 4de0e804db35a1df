//! `update`: other settings for a key.

use clap::Args;

use crate::cli::args::OneKey;
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::commands::warning::Warning;
use crate::domain::event::Action;
use crate::domain::{Expiry, Key, Name, Scope, ScopeSet, TextOrNone, Timestamp};
use crate::error::{Code, Error};
use crate::session::{Exit, Session, Writing, impact, state_error};
use crate::store::{Lock, WriteTx};
use crate::view::Output;
use crate::view::changed::{ChangedKey, settings};

/// Change the name, owner, note, expiry or scopes of a key
///
/// During a rotation, both keys get the new name. An expired key can be extended; a revoked key can
/// only get a new note. --remove-scope first shows how many requests of the last 30 days it would
/// have refused.
#[derive(Debug, Args)]
#[command(override_usage = "zenflow-keys update [OPTIONS] <KEY>")]
#[command(add = Examples(&[
    r#"zenflow-keys update "ERP Integration" --expires 1y"#,
    r#"zenflow-keys update k3m9x2q7vd --remove-scope write:orders --note "reads only""#,
    r#"zenflow-keys update k3m9x2q7vd --owner """#,
]))]
#[command(mut_arg("key", |key| key.add(Completer::Key(Keys::NotRevoked))))]
#[command(own_options_first())]
pub struct Update {
    #[command(flatten)]
    which: OneKey,
    #[command(flatten)]
    change: NewSettings,
}

/// The new settings.
#[derive(Debug, Args)]
#[group(id = "change", required = true, multiple = true)]
struct NewSettings {
    /// New name
    #[arg(short, long, value_name = "NAME")]
    name: Option<Name>,
    /// Person or team responsible; "" clears it
    #[arg(long, value_name = "TEXT", add = Completer::Owner)]
    owner: Option<TextOrNone>,
    /// Free-text note; "" clears it
    #[arg(long, value_name = "TEXT")]
    note: Option<TextOrNone>,
    /// Expiry: 90d, 6mo, 2026-12-31, a time such as 2026-12-31T09:30:00Z, or never
    #[arg(short, long, value_name = "WHEN", add = Completer::Duration)]
    expires: Option<Expiry>,
    /// Add scopes
    #[arg(long, value_name = "SCOPE", add = Completer::Scope, value_delimiter = ',')]
    add_scope: Vec<Scope>,
    /// Remove scopes
    #[arg(long, value_name = "SCOPE", add = Completer::Scope, value_delimiter = ',')]
    remove_scope: Vec<Scope>,
}

impl Update {
    /// Changes the key.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let Update { which, change } = self;
        if let Some(expiry) = change.expires {
            expiry.expires_at(session.now())?;
        }
        let key = which.find(session)?;
        let now = session.now();
        if !change.remove_scope.is_empty() {
            let planned = change.applied_to(&key, now)?;
            let impact = impact::of_change(&session.store, &key, Some(&planned), now)?;
            session.output.remark(&impact);
        }
        let Session {
            store,
            author,
            output,
            ..
        } = session;
        let mut write = author.write(store, Lock::Immediate)?;
        let now = write.now();
        let before = write.view().known_key(key.id)?;
        let after = change.applied_to(&before, now)?;
        let changed = write.save(&before, &after, Action::Update)?;
        if changed {
            if after.is_usable(now) {
                state_error::unless_name_is_free(write.view(), &after, now)?;
            }
            rename_partner(&mut write, &before, &after)?;
            write.commit()?;
            output.done();
        }
        output.show(&ChangedKey { key: &after, now })?;
        if changed {
            output.remark(&format!("Updated {}", state_error::called(&before)));
            for line in settings(&before, &after, now) {
                output.remark(&format!("  {line}"));
            }
            told_besides(&before, &after, now, output);
        } else {
            output.remark(&format!(
                "{}: no change needed",
                state_error::called(&after)
            ));
        }
        Ok(Exit::Done)
    }
}

impl NewSettings {
    fn applied_to(&self, before: &Key, now: Timestamp) -> Result<Key, Error> {
        let mut after = before.clone();
        if let Some(note) = &self.note {
            after.note.clone_from(&note.0);
        }
        let only_note = self.name.is_none()
            && self.owner.is_none()
            && self.expires.is_none()
            && self.add_scope.is_empty()
            && self.remove_scope.is_empty();
        if before.is_revoked(now) && !only_note {
            return Err(state_error::revoked(before)
                .hint("only its note can change; create a new key in its place"));
        }
        if let Some(name) = &self.name {
            after.name = name.clone();
        }
        if let Some(owner) = &self.owner {
            after.owner.clone_from(&owner.0);
        }
        if let Some(expiry) = self.expires {
            after.expires_at = expiry.expires_at(now)?;
        }
        after.scopes = self.scopes(before)?;
        Ok(after)
    }

    fn scopes(&self, before: &Key) -> Result<ScopeSet, Error> {
        let held = before.scopes.with(self.add_scope.iter().copied().collect());
        if let Some(absent) = self
            .remove_scope
            .iter()
            .find(|scope| !held.contains(**scope))
        {
            return Err(Error::new(
                Code::NotThere,
                format!("{} does not have '{absent}'", state_error::called(before)),
            )
            .hint(format!("it has {}", before.scopes.words().join(", "))));
        }
        let left = held.without(self.remove_scope.iter().copied().collect());
        if left.is_empty() {
            return Err(Error::new(
                Code::NoScopeLeft,
                format!(
                    "{} would be left without any scope",
                    state_error::called(before)
                ),
            )
            .hint("disable or revoke it instead, or add another scope with --add-scope"));
        }
        Ok(left)
    }
}

/// What the new settings mean, where that is not what they seem to say.
fn told_besides(before: &Key, after: &Key, now: Timestamp, output: &mut Output<'_>) {
    let end = after.scheduled_revocation(now).filter(|at| {
        before.expires_at != after.expires_at && after.expires_at.is_none_or(|end| *at < end)
    });
    if let Some(at) = end {
        output.warn(&format!("the key will be revoked before that, at {at}"));
    }
    Warning::of_change(before, after).for_each(|warning| output.warn(&warning.to_string()));
}

/// The other key of a rotation that is not over goes by the same name.
fn rename_partner(write: &mut WriteTx<'_>, before: &Key, after: &Key) -> Result<(), Error> {
    if before.name == after.name {
        return Ok(());
    }
    let now = write.now();
    let predecessor = write
        .view()
        .predecessor(before)?
        .filter(|old| old.is_being_replaced(now));
    let successor = before
        .rotated_to
        .filter(|_| before.is_being_replaced(now))
        .map(|id| write.view().known_key(id))
        .transpose()?;
    for partner in [predecessor, successor]
        .into_iter()
        .flatten()
        .filter(|partner| partner.name == before.name)
    {
        write.save(
            &partner,
            &Key {
                name: after.name.clone(),
                ..partner.clone()
            },
            Action::Update,
        )?;
    }
    Ok(())
}
