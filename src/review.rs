//! What is wrong with a key, by rules of one sentence each.
//!
//! [`RULES`] is the one table of them: it decides, and help and README print it. A rule is a
//! function from a [`Case`] to what it found; it counts and compares, and knows neither store nor
//! clock. A finding goes away when what it names is fixed, or when it is older than
//! [`ReviewLimits::since`]. An error is a key in use that should be dead; a warning should be fixed
//! or looked into; a note is for tidying up.

pub mod disuse;
pub mod incidents;
pub mod lapses;
pub mod limits;
pub mod novelty;
pub mod record;
pub mod run;
pub mod traffic;

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::domain::Severity;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::review::RuleLabel;
use crate::domain::{Invalid, Key, Timestamp};

pub use crate::domain::review::RuleMatch;
pub use crate::review::limits::{CountLimits, ReviewLimits, Thresholds};
pub use crate::review::traffic::Traffic;

/// A key, and all that the rules may know of it.
#[derive(Debug)]
pub struct Case<'a> {
    /// The key.
    pub key: &'a Key,
    /// The key that replaced it, if one did.
    pub successor: Option<&'a Key>,
    /// The key that it replaced, if it replaced one.
    pub predecessor: Option<&'a Key>,
    /// Since when its scopes are what they are.
    pub scopes_since: Timestamp,
    /// Its recorded use.
    pub traffic: &'a Traffic,
    /// Since when uses have been recorded, if any ever was.
    pub usage_since: Option<Timestamp>,
    /// The days, counted from 1970, on which a use of any key was recorded, as far back as silence
    /// is looked at.
    pub recorded_days: &'a BTreeSet<i64>,
    /// Where the lines are drawn.
    pub limits: &'a ReviewLimits,
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
    judge: Judge,
}

/// What a rule looks at.
#[derive(Debug)]
enum Judge {
    /// A key.
    Key(fn(&Case<'_>) -> Option<RuleMatch>),
    /// The recording as a whole.
    Recording(fn(&ReviewLimits) -> Option<RuleMatch>),
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
        judge: Judge::Key(judge),
    }
}

/// All rules, the worst first.
pub static RULES: [Rule; 29] = {
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
            "it, or its id, still presented after its end; a warning if from elsewhere than before",
        ),
        rule(
            "new-network",
            Warning,
            novelty::new_network,
            "allowed from a network unseen for a week: /24 or /48; if these are often new, /16 or /32",
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
            "refused at 3 or more endpoints beyond its scopes within 30 days",
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
            novelty::busy_hour,
            "an hour above 20, 6 times the median of that hour of 7 days, and twice any hour of 35 days",
        ),
        rule(
            "busy-endpoint",
            Warning,
            novelty::busy_endpoint,
            "an endpoint called over 50 times in a day and 10 times as often as on any of 35 days before",
        ),
        rule(
            "odd-hour",
            Warning,
            novelty::odd_hour,
            "10 requests in an hour at a time of day, give or take 3 hours, without any for four weeks",
        ),
        rule(
            "over-limit",
            Warning,
            incidents::over_limit,
            "over 1000 requests an hour or 10000 a day, or 100 or 25 % of a day rate-limited",
        ),
        rule(
            "failing",
            Warning,
            lapses::failing,
            "half of 20 or more requests of a day answered with an error, where under a tenth is usual",
        ),
        rule(
            "silent",
            Warning,
            lapses::silent,
            "no use for two days and twice the longest gap of four weeks, if used on 10 of their days",
        ),
        rule(
            "woke",
            Warning,
            novelty::woke,
            "used again after 45 days without",
        ),
        Rule {
            id: "recording-stopped",
            severity: Warning,
            meaning: "no use of any key recorded for 3 days",
            judge: Judge::Recording(lapses::recording_stopped),
        },
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

    /// What it finds about a key, if it finds anything.
    pub fn judge(&self, case: &Case<'_>) -> Option<RuleMatch> {
        match self.judge {
            Judge::Key(judge) => judge(case),
            Judge::Recording(_) => None,
        }
    }

    /// What it finds about the recording as a whole, if it finds anything.
    pub fn judge_recording(&self, limits: &ReviewLimits) -> Option<RuleMatch> {
        match self.judge {
            Judge::Recording(judge) => judge(limits),
            Judge::Key(_) => None,
        }
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
