//! The end of the keys that a scan found.

use std::path::Path;

use clap::Args;

use crate::cli::args::Confirmation;
use crate::cli::key_ref::all_called;
use crate::domain::event::Action;
use crate::domain::leak::LeakFinding;
use crate::domain::secret_text::masked;
use crate::domain::text::LONGEST;
use crate::domain::{Key, KeyId, Revocation, Text};
use crate::error::Error;
use crate::session::{Setup, bulk, impact};
use crate::store::Store;
use crate::view::scan::place_name;
use crate::view::text::escape::visible;

/// How the keys that were found are revoked.
#[derive(Debug, Args)]
pub struct Revocations {
    #[command(flatten)]
    confirmation: Confirmation,
    /// Reason to record in the audit log instead of 'leaked: PATH'
    #[arg(long, value_name = "TEXT", requires = "revoke")]
    reason: Option<String>,
}

/// A usable key that was found.
pub struct Leaked {
    key: Key,
    reason: Text,
}

impl Revocations {
    /// The usable keys that were found, each with the reason for which it would be revoked.
    pub fn of(&self, findings: &[LeakFinding]) -> Result<Vec<Leaked>, Error> {
        findings
            .iter()
            .filter_map(|finding| {
                let key = finding.usable_key()?;
                let path = &finding.places.first()?.path;
                Some(self.reason(path).map(|reason| Leaked {
                    key: key.clone(),
                    reason,
                }))
            })
            .collect()
    }

    /// What the store takes of a reason: what it holds of a key is masked, then it is cut.
    fn reason(&self, path: &Path) -> Result<Text, Error> {
        let whole = match &self.reason {
            Some(reason) => reason.clone(),
            None => format!("leaked: {}", place_name(path)),
        };
        let masked = masked(&visible(&whole));
        Ok(masked.chars().take(LONGEST).collect::<String>().parse()?)
    }

    /// Passes if there is nothing to agree to, or somebody can.
    pub fn unless_nobody_can_agree(
        &self,
        leaked: &[Leaked],
        setup: &Setup<'_>,
    ) -> Result<(), Error> {
        if leaked.is_empty() {
            return Ok(());
        }
        self.confirmation
            .unless_nobody_can_agree(&setup.input, &question(leaked))
    }

    /// Revokes the keys, all in one change, if that is agreed to.
    pub fn revoke(
        &self,
        leaked: &[Leaked],
        store: Store,
        mut setup: Setup<'_>,
    ) -> Result<(), Error> {
        if leaked.is_empty() {
            setup
                .output
                .remark("No usable key was found, so nothing was revoked");
            return Ok(());
        }
        let now = setup.now();
        for one in leaked {
            let told = impact::of_revocation(&store, &one.key, now)?;
            setup.output.remark(&told);
        }
        drop(store);
        self.confirmation.ask(&mut setup.input, &question(leaked))?;
        let mut session = setup.writing()?;
        let ids: Vec<KeyId> = leaked.iter().map(|one| one.key.id).collect();
        let reason = |key: &Key| {
            let found = leaked.iter().find(|one| one.key.id == key.id);
            found.map(|one| one.reason.clone())
        };
        let outcome = bulk::apply(&mut session, &ids, Action::Revoke, |key, now| {
            if key.is_revoked(now) {
                return Ok(key.clone());
            }
            Ok(Key {
                revocation: Some(Revocation {
                    at: now,
                    reason: reason(key),
                }),
                ..key.clone()
            })
        })?;
        outcome.tell(&mut session.output, "revoked", |_| "is revoked".into());
        Ok(())
    }
}

fn question(leaked: &[Leaked]) -> String {
    let keys: Vec<Key> = leaked.iter().map(|one| one.key.clone()).collect();
    format!("Revoke {} for good?", all_called(&keys))
}
