//! `disable`: keys switched off, a rehearsal for revoking.

use clap::Args;

use crate::cli::args::SeveralKeys;
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::key_ref::OnOpenRotation;
use crate::domain::event::Action;
use crate::domain::{Key, KeyId, Timestamp};
use crate::error::Error;
use crate::session::{Exit, Reading, Session, Writing, bulk, impact, state_error};

/// Disable keys; 'enable' reverses it
///
/// First shows how many requests of the last 30 days would have been refused.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys disable "ERP Integration"     # does anything break?"#,
    r#"zenflow-keys enable "ERP Integration""#,
]))]
#[command(mut_arg("keys", |keys| keys.add(Completer::Key(Keys::Active))))]
#[command(own_options_first())]
pub struct Disable {
    #[command(flatten)]
    which: SeveralKeys,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Disable {
    /// Says what would be done.
    pub fn preview(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let ids = self.find(session)?;
        let now = session.now();
        let outcome = session
            .store
            .read(|view| bulk::preview(view, &ids, now, disabled))?;
        let output = &mut session.output;
        output.show(&outcome.view(true))?;
        outcome.tell(output, "disabled", |_| "would be disabled".into());
        Ok(Exit::Done)
    }

    /// Disables the keys.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let ids = self.find(session)?;
        let outcome = bulk::apply(session, &ids, Action::Disable, disabled)?;
        let output = &mut session.output;
        output.show(&outcome.view(false))?;
        outcome.tell(output, "disabled", |_| "is disabled".into());
        Ok(Exit::Done)
    }

    /// The keys, once it is said what they serve. Of the two keys of an open rotation a name means
    /// neither.
    fn find<A>(self, session: &mut Session<'_, A>) -> Result<Vec<KeyId>, Error> {
        let ids = self.which.find(session, OnOpenRotation::Ambiguous)?;
        let now = session.now();
        let Session { store, output, .. } = session;
        for id in &ids {
            let key = store.read(|view| view.known_key(*id))?;
            output.remark(&impact::of_change(store, &key, None, now)?);
        }
        Ok(ids)
    }
}

fn disabled(key: &Key, now: Timestamp) -> Result<Key, Error> {
    state_error::unless_revoked(key, now)?;
    Ok(Key {
        disabled_at: Some(key.disabled_at.unwrap_or(now)),
        ..key.clone()
    })
}
