//! `suggest`: what would be enough for a key.

use clap::Args;

use crate::cli::args::OneKey;
use crate::cli::completion::values::Completer;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::remedy;
use crate::domain::When;
use crate::domain::suggest::{MOST_NETWORKS, RecordedUse};
use crate::error::Error;
use crate::session::state_error::called;
use crate::session::{Exit, Reading, Session, state_error};
use crate::view::suggest::SuggestReport;
use crate::view::text::summary::recorded_since;

/// Suggest the smallest scopes and allowlist that a key needs
///
/// Looks at the recorded requests that were allowed and that the key may still make. Suggests the
/// smallest scopes, the nearest preset and an allowlist for them, says how many requests each would
/// have refused, and gives the command if that is none. More than 4 addresses of one network (/24,
/// /48) are suggested as the network, and a host over IPv6 as its /64. An allowlist is suggested only
/// if one made a week before the last request would have refused less than 1 % of that week. Nothing
/// is changed.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys suggest "ERP Integration""#,
    "zenflow-keys suggest k3m9x2q7vd --since 90d --json | jq -r .scopes.command",
]))]
#[command(own_options_first())]
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
        state_error::unless_revoked(&key, now)?;
        let Session { store, output, .. } = session;
        let usage_since = store.read(|view| view.usage_since())?;
        let mut recorded = RecordedUse::new(&key);
        store.each_use(key.id, since, now, |uses| recorded.add(uses, &key))?;
        let report = SuggestReport {
            key,
            recorded,
            usage_since,
            command_line: remedy::command_line,
            now,
        };
        output.show(&report)?;
        output.flush()?;
        basis(&report)
            .iter()
            .for_each(|remark| output.remark(remark));
        Ok(Exit::Done)
    }
}

/// What the suggestions rest on, and what they cannot know.
fn basis(report: &SuggestReport) -> Vec<String> {
    let (uses, key) = (&report.recorded, called(&report.key));
    let recorded = recorded_since(report.usage_since);
    let Some((first, last)) = uses.between else {
        return vec![format!(
            "Nothing to suggest for {key}: no allowed request is recorded; {recorded}"
        )];
    };
    let mut remarks = vec![format!(
        "From {} allowed requests of {key}, {first} to {last}; {recorded}",
        uses.requests
    )];
    if uses.unnamed > 0 {
        remarks.push(format!(
            "{} of them do not show which scope they needed",
            uses.unnamed
        ));
    }
    if uses.origins_change(&report.key) {
        remarks.push(format!(
            "Their addresses change: a list would have more than {MOST_NETWORKS} entries, or one made a week \
             before the last request would have refused 1 % or more of that week. No allowlist is suggested."
        ));
    }
    remarks
}
