//! What is wrong with a key, by rules of one sentence each.
//!
//! [`RULES`] is the one table of them: it decides, and it is what help and README print. A rule is
//! a function from a [`Case`] to what it found; it counts and compares, and knows neither store nor
//! clock. A finding goes away when what it names is mended, or when it lies further back than
//! [`Limits::since`]. An error is a key in use that should be dead; a warning wants to be mended or
//! looked into; a note is for tidying up.

pub mod disuse;
pub mod incidents;
pub mod limits;
pub mod record;
pub mod run;
pub mod traffic;

use std::str::FromStr;

use crate::domain::Severity;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::review::RuleLabel;
use crate::domain::{Invalid, Key, Timestamp};

pub use crate::domain::review::RuleMatch;
pub use crate::review::limits::{CountLimits, Limits, Thresholds};
pub use crate::review::traffic::Traffic;

/// A key, and all that the rules may know of it.
#[derive(Debug)]
pub struct Case<'a> {
    pub key: &'a Key,
    /// The key that replaced it, if one did.
    pub successor: Option<&'a Key>,
    /// The key that it replaced, if it replaced one.
    pub predecessor: Option<&'a Key>,
    /// Since when its scopes are what they are.
    pub scopes_since: Timestamp,
    pub traffic: &'a Traffic,
    /// Since when uses are recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// Where the lines are drawn.
    pub limits: &'a Limits,
}

/// A rule of [`RULES`].
#[derive(Debug)]
pub struct Rule {
    /// Its name: part of the contract with scripts, and never given to another rule.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds; numbers are those of the default thresholds.
    pub meaning: &'static str,
    judge: fn(&Case<'_>) -> Option<RuleMatch>,
}

const fn rule(
    id: &'static str,
    severity: Severity,
    judge: fn(&Case<'_>) -> Option<RuleMatch>,
    meaning: &'static str,
) -> Rule {
    Rule {
        id,
        severity,
        meaning,
        judge,
    }
}

/// All rules, the worst first.
pub static RULES: [Rule; 23] = {
    use Severity::{Error, Note, Warning};
    [
        rule(
            "accepted-after-end",
            Error,
            incidents::accepted_after_end,
            "allowed although revoked, expired or disabled",
        ),
        rule(
            "presented-after-end",
            Error,
            incidents::presented_after_end,
            "still presented after it was revoked or has expired",
        ),
        rule(
            "new-network",
            Warning,
            incidents::new_network,
            "allowed from a network (/24, /48) unseen for a week or more",
        ),
        rule(
            "refused-address",
            Warning,
            incidents::refused_address,
            "refused because of the client's address",
        ),
        rule(
            "probing",
            Warning,
            incidents::probing,
            "refused at 3 or more endpoints beyond its scopes",
        ),
        rule(
            "refusals",
            Warning,
            incidents::refusals,
            "20 refusals in an hour, or 25 % of 20 or more requests of a day",
        ),
        rule(
            "busy-hour",
            Warning,
            incidents::busy_hour,
            "an hour above 20 and 6 times the median of that hour of 7 days",
        ),
        rule(
            "over-limit",
            Warning,
            incidents::over_limit,
            "over 1000 requests in an hour or 10000 in a day, or throttled",
        ),
        rule(
            "disabled-in-use",
            Warning,
            incidents::disabled_in_use,
            "still presented while disabled",
        ),
        rule(
            "revocation-in-use",
            Warning,
            record::revocation_in_use,
            "used within the last day although a revocation is scheduled",
        ),
        rule(
            "rotation-old-in-use",
            Warning,
            record::rotation_old_in_use,
            "replaced by a new key and used within the last day",
        ),
        rule(
            "rotation-new-unused",
            Warning,
            record::rotation_new_unused,
            "made to replace another key and not used for a day since",
        ),
        rule(
            "rotation-endless",
            Warning,
            record::rotation_endless,
            "replaced by a new key and works without end",
        ),
        rule(
            "expires-soon",
            Warning,
            record::expires_soon,
            "expires within 14 days, with no key to replace it",
        ),
        rule(
            "rotation-due",
            Warning,
            record::rotation_due,
            "older than 90 days",
        ),
        rule("admin", Warning, record::admin, "may do everything"),
        rule(
            "no-allowlist",
            Warning,
            record::no_allowlist,
            "may write, and can be used from anywhere",
        ),
        rule(
            "open-allowlist",
            Warning,
            record::open_allowlist,
            "has an allowlist that lets everyone in",
        ),
        rule(
            "abandoned",
            Warning,
            disuse::abandoned,
            "no use recorded for 90 days",
        ),
        rule("idle", Note, disuse::idle, "no use recorded for 45 days"),
        rule(
            "unused-scopes",
            Note,
            disuse::unused_scopes,
            "used, but holds scopes that it did not use for 30 days",
        ),
        rule("no-expiry", Note, record::no_expiry, "never expires"),
        rule(
            "disabled-long",
            Note,
            record::disabled_long,
            "disabled for more than 30 days",
        ),
    ]
};

/// A rule that was named on the command line.
impl FromStr for &'static Rule {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        RULES.iter().find(|rule| rule.id == text).ok_or_else(|| {
            Invalid::unknown("rule", text, RULES.iter().map(|rule| rule.id)).hint(
                Hint::from("'")
                    .then(Remedy::Help(vec!["review".into()]))
                    .then("' lists them"),
            )
        })
    }
}

impl Rule {
    /// What the findings say of it.
    pub fn label(&self) -> RuleLabel {
        RuleLabel {
            id: self.id,
            severity: self.severity,
        }
    }

    /// What it finds, if it finds anything.
    pub fn judge(&self, case: &Case<'_>) -> Option<RuleMatch> {
        (self.judge)(case)
    }
}

/// `1 request`, `2 requests`.
fn plural(count: u64, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// At most three of several things, and how many more there are.
fn at_most_three<T: std::fmt::Display>(things: impl ExactSizeIterator<Item = T>) -> String {
    let more = things.len().saturating_sub(3);
    let mut listed: Vec<String> = things.take(3).map(|thing| thing.to_string()).collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
