//! `disable` and `enable`: off and on again, a rehearsal for revoking.

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::domain::event::Action;
use crate::domain::{Environment, Key, Timestamp};
use crate::error::Error;
use crate::session::Author;
use crate::session::bulk;
use crate::session::input::Input;
use crate::session::{impact, state_error};
use crate::store::Store;
use crate::view::Output;
use crate::view::text::time::exact_and_relative;

/// Switch keys off; 'enable' switches them on again
///
/// First it shows how many requests of the last 30 days that would have refused.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:
  zenflow-keys disable \"ERP Integration\"     # does anything break?
  zenflow-keys enable \"ERP Integration\"")]
#[command(mut_arg("keys", |keys| keys.add(Completer::Key(Keys::Active))))]
pub struct Disable {
    #[command(flatten)]
    which: Which,
}

/// Switch disabled keys on again
#[derive(Debug, Args)]
#[command(after_long_help = "Example:
  zenflow-keys enable \"ERP Integration\"")]
#[command(mut_arg("keys", |keys| keys.add(Completer::Key(Keys::Disabled))))]
pub struct Enable {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// Ids, display forms, names, prefixes of ids, or - for the key itself on standard input
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<KeyRef>,
    /// Narrow names to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Disable {
    /// Whether nothing is to be done.
    pub fn is_dry_run(&self) -> bool {
        self.which.dry_run
    }

    /// Disables the keys. Of the two keys of an open rotation a name means neither.
    pub fn run(
        self,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let off = |key: &Key, now| Some(key.disabled_at.unwrap_or(now));
        self.which.switch(
            Action::Disable,
            OnOpenRotation::Ambiguous,
            "disabled",
            off,
            store,
            author,
            input,
            output,
        )
    }
}

impl Enable {
    /// Whether nothing is to be done.
    pub fn is_dry_run(&self) -> bool {
        self.which.dry_run
    }

    /// Enables the keys.
    pub fn run(
        self,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        self.which.switch(
            Action::Enable,
            OnOpenRotation::Newest,
            "enabled",
            |_, _| None,
            store,
            author,
            input,
            output,
        )
    }
}

impl Which {
    #[allow(
        clippy::too_many_arguments,
        reason = "the two commands differ in four things and share four more"
    )]
    fn switch(
        self,
        action: Action,
        meaning: OnOpenRotation,
        state: &str,
        disabled_at: impl Fn(&Key, Timestamp) -> Option<Timestamp>,
        store: &mut Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let now = author.now();
        let wanted = key_ref::read_all(self.keys, input)?;
        let ids = store.read(|view| key_ref::find_all(view, &wanted, self.env, meaning, now))?;
        for id in ids.iter().filter(|_| action == Action::Disable) {
            output.remark(&impact::told(
                store,
                &store.read(|view| view.known_key(*id))?,
                None,
                now,
            )?);
        }
        let change = |key: &Key, now: Timestamp| match key.is_revoked(now) {
            true => Err(state_error::revoked(key)),
            false => Ok(Key {
                disabled_at: disabled_at(key, now),
                ..key.clone()
            }),
        };
        let outcome = match self.dry_run {
            true => store.read(|view| bulk::preview(view, &ids, now, change))?,
            false => bulk::apply(store, author, &ids, action, change)?,
        };
        let now = outcome.now;
        output.keys_changed(&outcome.keys(), outcome.changed(), self.dry_run, now)?;
        for change in &outcome.changes {
            let key = state_error::called(&change.after);
            output.remark(&match (change.is_one(), self.dry_run) {
                (true, true) => format!("{key} would be {state}"),
                (true, false) => format!("{key} is {state}{}", over(&change.after, now)),
                (false, _) => format!("{key} is already {state}; no change"),
            });
        }
        Ok(())
    }
}

/// What else decides whether an enabled key works.
fn over(key: &Key, now: Timestamp) -> String {
    match (key.expires_at, key.scheduled_revocation(now)) {
        _ if key.disabled_at.is_some() => String::new(),
        (Some(end), _) if end <= now => format!(", but it expired at {end}"),
        (_, Some(at)) => format!(", and will be revoked at {}", exact_and_relative(at, now)),
        _ => String::new(),
    }
}
