//! What the rules need to know of the recorded use of one key, summed up as its rows go by.

use std::collections::BTreeMap;

use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{Key, Net, Reason, ScopeSet, Timestamp};
use crate::review::Limits;

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;
/// How long a key must have been used before anything about its use is unusual: a week.
pub(crate) const BASELINE: i64 = 7 * DAY;

/// The recorded use of one key.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Requests of each hour, from a week before the incidents that are looked for.
    pub(crate) hours: BTreeMap<i64, Hour>,
    /// From where requests were allowed, ever.
    pub(crate) networks: BTreeMap<Net, Sight>,
    /// What it was used for while scopes are looked at.
    pub(crate) exercised: ScopeSet,
    /// Allowed requests of that time that did not tell what they needed.
    pub(crate) unnamed: u64,
    /// The first request that was recorded.
    pub(crate) first_at: Option<Timestamp>,
    /// The first one that was allowed.
    pub(crate) first_allowed_at: Option<Timestamp>,
    /// Where it was refused beyond its scopes, and how often: endpoints, or scopes where no
    /// endpoint was named.
    pub(crate) beyond: BTreeMap<String, u64>,
    /// From where it was refused because of the address, and how often; places that are allowed by
    /// now are left out.
    pub(crate) refused_from: BTreeMap<Net, u64>,
    /// Allowed after its end.
    pub(crate) accepted: Trace,
    /// Refused because it is revoked or expired.
    pub(crate) presented: Trace,
    /// Refused because it is disabled.
    pub(crate) disabled: Trace,
    /// Refused because there were too many.
    pub(crate) rate_limited: Trace,
}

/// The requests of an hour.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Hour {
    pub requests: u64,
    /// Those refused, for none of the reasons that have a [`Trace`].
    pub refused: u64,
}

/// When requests came from a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    pub first_at: Timestamp,
    pub requests: u64,
}

/// How often something happened, and when and from where last.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub count: u64,
    pub last: Option<(Timestamp, Option<Net>)>,
}

impl Trace {
    fn add(&mut self, count: u64, uses: &UsageBucket) {
        if count > 0 {
            self.count += count;
            self.last = self.last.max(Some((uses.last_at, uses.ip)));
        }
    }
}

impl Traffic {
    /// Adds recorded uses of the key. It needs all of them, in any order.
    pub fn add(&mut self, uses: &UsageBucket, key: &Key, limits: &Limits) {
        earlier(&mut self.first_at, uses.first_at);
        if uses.hour() >= limits.since.hour() - BASELINE {
            let hour = self.hours.entry(uses.hour()).or_default();
            hour.requests += uses.count;
            hour.refused += if is_plain_refusal(uses.outcome) {
                uses.count
            } else {
                0
            };
        }
        if uses.outcome == Outcome::Allowed {
            self.add_allowed(uses, key, limits);
        } else if uses.last_at >= limits.since {
            self.add_refused(uses, key);
        }
    }

    fn add_allowed(&mut self, uses: &UsageBucket, key: &Key, limits: &Limits) {
        earlier(&mut self.first_allowed_at, uses.first_at);
        if let Some(net) = uses.ip.as_ref().map(Net::neighbourhood) {
            let sight = self.networks.entry(net).or_insert(Sight {
                first_at: uses.first_at,
                requests: 0,
            });
            sight.first_at = sight.first_at.min(uses.first_at);
            sight.requests += uses.count;
        }
        if uses.last_at >= limits.scopes_since {
            self.exercised = self.exercised.with(uses.scopes);
            self.unnamed += if uses.scopes.is_empty() {
                uses.count
            } else {
                0
            };
        }
        if let Some((_, end)) = ended(key, limits.now).filter(|_| uses.last_at >= limits.since) {
            self.accepted.add(uses.count_after(end), uses);
        }
    }

    fn add_refused(&mut self, uses: &UsageBucket, key: &Key) {
        match (uses.outcome, uses.ip) {
            (Outcome::Refused(Reason::Revoked | Reason::Expired), _) => {
                self.presented.add(uses.count, uses)
            }
            (Outcome::Refused(Reason::Disabled), _) => self.disabled.add(uses.count, uses),
            (Outcome::RateLimited, _) => self.rate_limited.add(uses.count, uses),
            (Outcome::Refused(Reason::InsufficientScope), _)
                if !key.scopes.missing(uses.scopes).is_empty() =>
            {
                let what = uses.endpoint.map_or_else(
                    || uses.scopes.to_string(),
                    |endpoint| endpoint.pattern.to_owned(),
                );
                *self.beyond.entry(what).or_default() += uses.count;
            }
            (Outcome::Refused(Reason::IpNotAllowed), Some(net)) if !key.allowlist.covers(&net) => {
                *self.refused_from.entry(net).or_default() += uses.count;
            }
            _ => {}
        }
    }
}

/// Whether it is a refusal that has no [`Trace`] of its own.
fn is_plain_refusal(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Refused(reason) if !matches!(reason, Reason::Revoked | Reason::Expired | Reason::Disabled))
}

fn earlier(first: &mut Option<Timestamp>, at: Timestamp) {
    *first = Some(first.map_or(at, |first| first.min(at)));
}

/// What ended a key first, and when; switching it off counts.
pub(crate) fn ended(key: &Key, now: Timestamp) -> Option<(&'static str, Timestamp)> {
    let revoked = key.revocation.as_ref().map(|revocation| revocation.at);
    [
        ("was revoked", revoked),
        ("expired", key.expires_at),
        ("was disabled", key.disabled_at),
    ]
    .into_iter()
    .filter_map(|(what, at)| Some((what, at.filter(|at| *at <= now)?)))
    .min_by_key(|(_, at)| *at)
}
