//! What a review comes to: the engine finds it, and the view shows it.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::domain::remedy::Remedy;
use crate::domain::{Key, Severity, Text, Timestamp};

/// What a rule is called, and how bad what it finds is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleLabel {
    /// The name of the rule.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
}

/// What a rule found: one sentence, and what mends it or, where that depends, shows what it
/// is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMatch {
    /// The sentence, without the name of the key, lower case, without a full stop.
    pub message: String,
    /// What to do, or where to look.
    pub remedy: Remedy,
    /// What it rests on, a word or two each: the networks, the hours, the endpoints. Empty where it
    /// rests on the settings of the key as the message tells them.
    pub facts: BTreeSet<String>,
    /// How bad it is, if that is less than the rule says.
    pub at_most: Severity,
}

impl RuleMatch {
    /// A match that is as bad as its rule.
    pub fn new(message: String, remedy: Remedy) -> Self {
        RuleMatch {
            message,
            remedy,
            facts: BTreeSet::new(),
            at_most: Severity::Error,
        }
    }

    /// Names what it rests on.
    #[must_use]
    pub fn about(mut self, facts: impl IntoIterator<Item = impl ToString>) -> Self {
        self.facts = facts.into_iter().map(|fact| fact.to_string()).collect();
        self
    }

    /// Says how bad it is, where that is less than its rule says.
    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.at_most = severity;
        self
    }
}

/// A finding about a key that somebody knows of and does not want to see for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The name of the rule that finds it.
    pub rule: String,
    /// The instant from which on it is shown again.
    pub until: Timestamp,
    /// What it rested on.
    pub facts: BTreeSet<String>,
    /// Why it was accepted.
    pub reason: Text,
}

impl Acceptance {
    /// Whether it is one of what this rule finds, and has not ended.
    pub fn is_in_force(&self, rule: RuleLabel, now: Timestamp) -> bool {
        self.rule == rule.id && now < self.until
    }

    /// Whether the finding is accepted at this instant: it rests on nothing else.
    pub fn covers(&self, rule: RuleLabel, found: &RuleMatch, now: Timestamp) -> bool {
        self.is_in_force(rule, now) && found.facts.is_subset(&self.facts)
    }
}

/// Something that is wrong with a key, or with what is recorded of all.
#[derive(Debug)]
pub struct ReviewFinding {
    /// The rule that found it.
    pub rule: RuleLabel,
    /// The key, which several findings share; `None` for what is recorded.
    pub key: Option<Rc<Key>>,
    /// What was found.
    pub found: RuleMatch,
}

impl ReviewFinding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity.min(self.found.at_most)
    }
}

/// What a review found.
#[derive(Debug)]
pub struct ReviewOutcome {
    /// The findings, the worst first.
    pub findings: Vec<ReviewFinding>,
    /// How many more there are that somebody accepted.
    pub accepted: u64,
    /// The rules that were applied.
    pub rules: Vec<RuleLabel>,
    /// How many keys were looked at in each state, in the order of [`crate::domain::Status::ALL`].
    pub keys: [u64; 4],
    /// Since when uses have been recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// The newest use that is recorded of any key, if one is.
    pub usage_until: Option<Timestamp>,
}
