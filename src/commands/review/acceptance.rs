//! `review --accept`: a finding that is known and shall not be shown for a while.

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::review::{Acceptance, RuleMatch};
use crate::domain::{Key, KeyId, Text, Timestamp, When};
use crate::error::{Code, Error};
use crate::review::Rule;
use crate::review::run::Reviewer;
use crate::session::state_error::called;
use crate::session::{Exit, Session, Writing};
use crate::store::{Lock, Store};

/// What is accepted, for how long, and why.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accepting a finding")]
pub struct Accepting {
    /// Accept what this rule finds about the keys: it is counted and not shown, and fails nothing
    ///
    /// It comes back at its end, or as soon as it rests on something that was not accepted: another
    /// network, another hour, other scopes.
    #[arg(
        long,
        value_name = "RULE", add = Completer::Rule,
        requires = "keys",
        requires = "reason",
        conflicts_with_all = ["only", "except", "fail_on", "prometheus"]
    )]
    pub accept: Option<&'static Rule>,
    /// End of the acceptance
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN", add = Completer::Duration,
        requires = "accept",
        default_value = "90d"
    )]
    until: When,
    /// Reason for the acceptance, for the audit log
    #[arg(long, hide_short_help = true, value_name = "TEXT", requires = "accept")]
    reason: Option<Text>,
}

impl Accepting {
    /// Accepts what the rule finds about each of these keys; about each it must find something.
    pub fn run(
        &self,
        rule: &'static Rule,
        ids: &[KeyId],
        session: &mut Writing<'_>,
        review: impl Fn(&Store, &[KeyId]) -> Result<Vec<(Key, RuleMatch)>, Error>,
    ) -> Result<Exit, Error> {
        let Session {
            store,
            author,
            output,
            ..
        } = session;
        let found = review(store, ids)?;
        for id in ids {
            if found.iter().all(|(key, _)| key.id != *id) {
                let key = store.read(|view| view.known_key(*id))?;
                return Err(nothing_to_accept(rule, &key));
            }
        }
        let reason = self.reason.clone().expect("clap requires it");
        let mut write = author.write(store, Lock::Immediate)?;
        let until = self.until.in_the_future(write.now())?;
        for (key, found) in &found {
            let acceptance = Acceptance {
                rule: rule.id.into(),
                until,
                facts: found.facts.clone(),
                reason: reason.clone(),
            };
            write.accept(key, &acceptance)?;
        }
        write.commit()?;
        for (key, found) in &found {
            output.remark(&accepted(rule, key, found, until));
        }
        Ok(Exit::Done)
    }
}

fn accepted(rule: &Rule, key: &Key, found: &RuleMatch, until: Timestamp) -> String {
    format!(
        "accepted {} of {} until {until}: {}",
        rule.id,
        called(key),
        found.message
    )
}

fn nothing_to_accept(rule: &Rule, key: &Key) -> Error {
    Error::new(
        Code::NotThere,
        format!("'{}' finds nothing about {}", rule.id, called(key)),
    )
    .hint("only what is found can be accepted, and what is accepted already is not found")
}

/// What a rule finds about these keys.
pub fn found(reviewer: Reviewer<'_>) -> Vec<(Key, RuleMatch)> {
    let findings = reviewer.done().findings.into_iter();
    findings
        .filter_map(|finding| Some((Key::clone(finding.key.as_deref()?), finding.found)))
        .collect()
}
