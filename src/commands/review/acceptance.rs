//! `review --accept`: a finding that is known and shall not be shown for a while; and `--reopen`,
//! which shows it again.

use std::rc::Rc;

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::review::{Acceptance, ReviewOutcome, RuleMatch};
use crate::domain::{Key, KeyId, Text, Timestamp, When};
use crate::error::{Code, Error};
use crate::review::Rule;
use crate::session::state_error::called;
use crate::session::{Session, Writing};
use crate::store::Lock;
use crate::view::text::escape::visible;

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
        group = "acceptance",
        value_name = "RULE", add = Completer::Rule,
        requires = "keys",
        requires = "reason",
        conflicts_with_all = ["only", "except", "fail_on", "prometheus"]
    )]
    accept: Option<&'static Rule>,
    /// Show what was accepted of this rule and the keys again
    #[arg(
        long,
        group = "acceptance",
        value_name = "RULE", add = Completer::Rule,
        requires = "keys",
        conflicts_with_all = ["only", "except", "fail_on", "prometheus"]
    )]
    reopen: Option<&'static Rule>,
    /// End of the acceptance
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN", add = Completer::Duration,
        requires = "accept",
        default_value = "90d"
    )]
    until: When,
    /// Reason, for the audit log
    #[arg(
        long,
        hide_short_help = true,
        value_name = "TEXT",
        requires = "acceptance"
    )]
    reason: Option<Text>,
}

/// What is to be done to findings, and of which rule.
#[derive(Debug, Clone, Copy)]
pub enum Decision {
    /// They are accepted.
    Accept(&'static Rule),
    /// They are shown again.
    Reopen(&'static Rule),
}

impl Decision {
    /// The rule that finds them.
    pub fn rule(self) -> &'static Rule {
        match self {
            Decision::Accept(rule) | Decision::Reopen(rule) => rule,
        }
    }
}

impl Accepting {
    /// What is to be done, if anything is.
    pub fn decision(&self) -> Option<Decision> {
        let accept = self.accept.map(Decision::Accept);
        accept.or(self.reopen.map(Decision::Reopen))
    }

    /// Accepts what the rule found about each of these keys; about each it must have found something.
    /// What is left is an outcome without findings.
    pub fn accept(
        &self,
        rule: &'static Rule,
        ids: &[KeyId],
        session: &mut Writing<'_>,
        outcome: &mut ReviewOutcome,
    ) -> Result<(), Error> {
        let Session {
            store,
            author,
            output,
            ..
        } = session;
        let found: Vec<(Rc<Key>, RuleMatch)> = std::mem::take(&mut outcome.findings)
            .into_iter()
            .filter_map(|finding| Some((finding.key?, finding.found)))
            .collect();
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
        output.done();
        outcome.accepted += found.len() as u64;
        for (key, found) in &found {
            output.remark(&accepted(rule, key, found, until));
        }
        Ok(())
    }

    /// Takes back what was accepted of the rule and each of these keys; of each there must be
    /// something.
    pub fn reopen(
        &self,
        rule: &'static Rule,
        ids: &[KeyId],
        session: &mut Writing<'_>,
    ) -> Result<(), Error> {
        let Session {
            store,
            author,
            output,
            ..
        } = session;
        let mut write = author.write(store, Lock::Immediate)?;
        let mut reopened = Vec::new();
        for id in ids {
            let key = write.view().known_key(*id)?;
            let acceptances = write.view().acceptances(*id)?;
            let now = write.now();
            let acceptance = acceptances
                .into_iter()
                .find(|acceptance| acceptance.is_in_force(rule.label(), now))
                .ok_or_else(|| nothing_to_reopen(rule, &key))?;
            write.reopen(&key, &acceptance, self.reason.as_ref())?;
            reopened.push((key, acceptance));
        }
        write.commit()?;
        output.done();
        for (key, acceptance) in &reopened {
            output.remark(&format!(
                "reopened {} for {}, which was accepted until {}: {}",
                rule.id,
                called(key),
                acceptance.until,
                visible(acceptance.reason.as_str())
            ));
        }
        Ok(())
    }
}

fn accepted(rule: &Rule, key: &Key, found: &RuleMatch, until: Timestamp) -> String {
    format!(
        "accepted {} for {} until {until}: {}",
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
    .hint("only a finding can be accepted; one that was accepted before is no longer found")
}

fn nothing_to_reopen(rule: &Rule, key: &Key) -> Error {
    Error::new(
        Code::NotThere,
        format!("'{}' is not accepted for {}", rule.id, called(key)),
    )
    .hint("an acceptance that has ended or was reopened hides nothing")
}
