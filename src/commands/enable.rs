//! `enable`: disabled keys switched on again.

use clap::Args;

use crate::cli::args::SeveralKeys;
use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::key_ref::OnOpenRotation;
use crate::domain::event::Action;
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::session::{Exit, Reading, Writing, bulk, state_error};
use crate::view::text::time::exact_and_relative;

/// Enable disabled keys
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys enable "ERP Integration""#,
]))]
#[command(mut_arg("keys", |keys| keys.add(Completer::Key(Keys::Disabled))))]
#[command(own_options_first())]
pub struct Enable {
    #[command(flatten)]
    which: SeveralKeys,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Enable {
    /// Says what would be done.
    pub fn preview(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let ids = self.which.find(session, OnOpenRotation::Newest)?;
        let now = session.now();
        let outcome = session
            .store
            .read(|view| bulk::preview(view, &ids, now, enabled))?;
        let output = &mut session.output;
        output.show(&outcome.view(true))?;
        outcome.tell(output, "enabled", |_| "would be enabled".into());
        Ok(Exit::Done)
    }

    /// Enables the keys.
    pub fn run(self, session: &mut Writing<'_>) -> Result<Exit, Error> {
        let ids = self.which.find(session, OnOpenRotation::Newest)?;
        let outcome = bulk::apply(session, &ids, Action::Enable, enabled)?;
        let now = outcome.now;
        let output = &mut session.output;
        output.show(&outcome.view(false))?;
        outcome.tell(output, "enabled", |change| {
            format!("is enabled{}", what_else_decides(&change.after, now))
        });
        Ok(Exit::Done)
    }
}

fn enabled(key: &Key, now: Timestamp) -> Result<Key, Error> {
    state_error::unless_revoked(key, now)?;
    Ok(Key {
        disabled_at: None,
        ..key.clone()
    })
}

/// What else decides whether an enabled key works.
fn what_else_decides(key: &Key, now: Timestamp) -> String {
    match (key.expires_at, key.scheduled_revocation(now)) {
        (Some(end), _) if end <= now => format!(", but it expired at {end}"),
        (_, Some(at)) => format!(", and will be revoked at {}", exact_and_relative(at, now)),
        _ => String::new(),
    }
}
