//! `suggest`: what would be enough for a key.

use clap::Args;

use crate::cli::args::OneKey;
use crate::cli::completion::values::Completer;
use crate::cli::remedy;
use crate::domain::When;
use crate::domain::suggest::{MOST_NETWORKS, RecordedUse};
use crate::error::Error;
use crate::session::state_error::called;
use crate::session::{Exit, Reading, Session, state_error};
use crate::view::advice::Advice;

/// Suggest the smallest scopes and allowlist that a key needs
///
/// From the recorded requests that were allowed, and that the key may still make: the smallest
/// scopes, the nearest preset, and an allowlist that would have served them; what each would have
/// refused; and, where that is nothing, the command. More than 4 addresses of a network (/24, /48) are suggested as the
/// network. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys suggest \"ERP Integration\"
  zenflow-keys suggest k3m9x2q7vd --since 90d --json | jq -r .scopes.command")]
pub struct Suggest {
    #[command(flatten)]
    which: OneKey,
    /// Only requests since this time: 90d (ago), 2026-12-31
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    since: Option<When>,
}

impl Suggest {
    /// Suggests.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let since = self.since.map(|since| since.since(now)).transpose()?;
        let key = self.which.find(session)?;
        let Session { store, output, .. } = session;
        let usage_since = store.read(|view| view.usage_since())?;
        let mut habits = RecordedUse::default();
        store.each_use(key.id, since, now, |uses| habits.add(uses, &key))?;
        let advice = Advice {
            key,
            habits,
            usage_since,
            command_line: remedy::command_line,
        };
        if advice.key.is_revoked(now) {
            return Err(state_error::revoked(&advice.key));
        }
        output.advice(&advice, now)?;
        output.flush()?;
        basis(&advice)
            .iter()
            .for_each(|remark| output.remark(remark));
        Ok(Exit::Done)
    }
}

/// What the suggestions rest on, and what they cannot know.
fn basis(advice: &Advice) -> Vec<String> {
    let (habits, key) = (&advice.habits, called(&advice.key));
    let recorded = match advice.usage_since {
        Some(since) => format!("uses are recorded since {since}"),
        None => "no use is recorded in this store ('check --record' and 'usage import' do)".into(),
    };
    let Some((first, last)) = habits.between else {
        return vec![format!(
            "Nothing to suggest for {key}: no allowed request of it is known; {recorded}"
        )];
    };
    let mut remarks = vec![format!(
        "From {} allowed requests of {key}, {first} to {last}; {recorded}",
        habits.requests
    )];
    if habits.unnamed > 0 {
        remarks.push(format!(
            "{} of them did not tell which scope they needed",
            habits.unnamed
        ));
    }
    if habits.is_everywhere() {
        remarks.push(format!(
            "They came from more than {MOST_NETWORKS} networks: no allowlist is suggested"
        ));
    }
    remarks
}
