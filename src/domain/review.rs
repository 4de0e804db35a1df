//! What a review comes to: the engine finds it, and the view shows it.

use std::rc::Rc;

use crate::domain::remedy::Remedy;
use crate::domain::{Key, Severity, Timestamp};

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
}

/// Something that is wrong with a key.
#[derive(Debug)]
pub struct ReviewFinding {
    /// The rule that found it.
    pub rule: RuleLabel,
    /// The key; several findings share it.
    pub key: Rc<Key>,
    /// What was found.
    pub found: RuleMatch,
}

/// What a review found.
#[derive(Debug)]
pub struct ReviewOutcome {
    /// The findings, the worst first.
    pub findings: Vec<ReviewFinding>,
    /// The rules that were applied.
    pub rules: Vec<RuleLabel>,
    /// How many keys were looked at in each state, in the order of [`crate::domain::Status::ALL`].
    pub keys: [u64; 4],
    /// Since when uses are recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
}
