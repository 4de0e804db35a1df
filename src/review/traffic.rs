//! What the rules need to know about the recorded use of one key, summed up row by row.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::impact::serves;
use crate::domain::suggest::Origins;
use crate::domain::usage::networks::Networks;
use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{Key, Net, Reason, ScopeSet, Timestamp};
use crate::review::ReviewLimits;

pub(crate) use crate::domain::usage::networks::BASELINE;

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The four weeks before an hour or a day, with which it is compared.
pub(crate) const WEEKS: i64 = 28 * DAY;
/// Something that is done once a month has been done within this time.
pub(crate) const MONTH: i64 = 35 * DAY;
/// Clocks differ, and a request can be under way while its key ends, in seconds.
const GRACE: i64 = 60;

/// The recorded use of one key.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Its requests in each hour, from [`ReviewLimits::kept_since`] on.
    pub(crate) hours: BTreeMap<i64, Hour>,
    /// The requests of these hours with the keys that it replaced.
    inherited_hours: BTreeMap<i64, u64>,
    /// The last allowed request before these hours.
    pub(crate) last_allowed_before: Option<Timestamp>,
    /// Requests for each endpoint, by the day, with those of the keys that it replaced.
    pub(crate) endpoints: BTreeMap<&'static str, BTreeMap<i64, u64>>,
    /// From where requests were allowed, ever, with those of the keys that it replaced.
    pub(crate) networks: Networks,
    /// What it was used for while scopes are looked at.
    pub(crate) exercised: ScopeSet,
    /// The addresses that an allowlist would have to admit.
    pub(crate) origins: Origins,
    /// The first request that was recorded of it or of the keys that it replaced.
    pub(crate) first_at: Option<Timestamp>,
    /// The first one that was allowed.
    pub(crate) first_allowed_at: Option<Timestamp>,
    /// Where it was refused beyond its scopes: endpoints, or scopes where no endpoint was named.
    pub(crate) beyond: BTreeMap<String, Refusals>,
    /// From where it was refused because of the address, and how often; without the places that are
    /// allowed by now.
    pub(crate) refused_from: BTreeMap<Net, u64>,
    /// Allowed after its end.
    pub(crate) accepted: Trace,
    /// Refused because it is revoked or expired.
    pub(crate) presented: Trace,
    /// From where that was.
    pub(crate) presented_from: BTreeSet<Option<Net>>,
    /// Refused because it is disabled.
    pub(crate) disabled: Trace,
}

/// The requests of an hour.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Hour {
    pub requests: u64,
    pub allowed: u64,
    /// Those refused, for none of the reasons that have a [`Trace`].
    pub refused: u64,
    /// Those refused because there were too many.
    pub rate_limited: u64,
    /// Those whose answer says nothing about the key: errors, mostly.
    pub other: u64,
}

/// How often something was refused, and when last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusals {
    pub count: u64,
    pub last_at: Timestamp,
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
    /// Nothing recorded of this key so far.
    pub fn new(key: &Key) -> Self {
        Traffic {
            origins: Origins::holding_out_the_last_week(key),
            ..Traffic::default()
        }
    }

    /// Adds recorded uses of the key. It needs all of them, the oldest first.
    pub fn add(&mut self, uses: &UsageBucket, key: &Key, limits: &ReviewLimits) {
        self.add_known(uses, limits, uses.count);
        if uses.hour() >= limits.kept_since() {
            self.hours.entry(uses.hour()).or_default().add(uses);
        } else if uses.outcome == Outcome::Allowed {
            self.last_allowed_before = self.last_allowed_before.max(Some(uses.last_at));
        }
        if uses.outcome == Outcome::Allowed {
            self.add_allowed(uses, key, limits);
        } else {
            self.add_refused(uses, key, limits);
        }
    }

    /// Adds recorded uses of a key that this one replaced: what is usual for the one is usual for
    /// the other.
    pub fn inherit(&mut self, uses: &UsageBucket, limits: &ReviewLimits) {
        self.add_known(uses, limits, 0);
        if uses.hour() >= limits.kept_since() {
            *self.inherited_hours.entry(uses.hour()).or_default() += uses.count;
        }
    }

    fn add_known(&mut self, uses: &UsageBucket, limits: &ReviewLimits, own: u64) {
        earlier(&mut self.first_at, uses.first_at);
        if uses.outcome == Outcome::Allowed {
            earlier(&mut self.first_allowed_at, uses.first_at);
            self.networks.add(uses.ip.as_ref(), uses.first_at, own);
        }
        if let Some(endpoint) = uses.endpoint.filter(|_| uses.hour() >= limits.kept_since()) {
            let days = self.endpoints.entry(endpoint.pattern).or_default();
            *days.entry(uses.hour() - uses.hour() % DAY).or_default() += uses.count;
        }
    }

    /// How many requests this hour had, with those of the keys that it replaced.
    pub(crate) fn requests(&self, hour: i64) -> u64 {
        self.hours.get(&hour).map_or(0, |own| own.requests)
            + self.inherited_hours.get(&hour).copied().unwrap_or(0)
    }

    /// The hours of a span of time in which there were requests, those of the keys that it replaced
    /// among them, and how many.
    pub(crate) fn hours_with_use(
        &self,
        span: std::ops::Range<i64>,
    ) -> impl DoubleEndedIterator<Item = (i64, u64)> {
        let own = self.hours.range(span.clone()).map(|(hour, _)| *hour);
        let inherited = self.inherited_hours.range(span).map(|(hour, _)| *hour);
        let hours: BTreeSet<i64> = own.chain(inherited).collect();
        hours.into_iter().map(|hour| (hour, self.requests(hour)))
    }

    fn add_allowed(&mut self, uses: &UsageBucket, key: &Key, limits: &ReviewLimits) {
        if serves(key, uses) {
            self.origins.add(uses, key);
        }
        if uses.last_at >= limits.scopes_since {
            self.exercised = self.exercised.with(uses.scopes);
        }
        if let Some((_, end)) = ended(key, limits.now).filter(|_| uses.last_at >= limits.since) {
            let end = Timestamp::from_unix(end.unix() + GRACE).unwrap_or(end);
            self.accepted.add(uses.count_after(end), uses);
        }
    }

    fn add_refused(&mut self, uses: &UsageBucket, key: &Key, limits: &ReviewLimits) {
        let is_recent = uses.last_at >= limits.since;
        match (uses.outcome, uses.ip) {
            (Outcome::Refused(Reason::InsufficientScope), _)
                if uses.last_at >= limits.probing_since() =>
            {
                self.add_beyond(uses, key);
            }
            (Outcome::Refused(Reason::Revoked | Reason::Expired), _) if is_recent => {
                self.presented.add(uses.count, uses);
                let from = uses.ip.as_ref().map(Net::neighbourhood);
                self.presented_from.insert(from);
            }
            (Outcome::Refused(Reason::Disabled), _) if is_recent => {
                self.disabled.add(uses.count, uses);
            }
            (Outcome::Refused(Reason::IpNotAllowed), Some(net))
                if is_recent && !key.allowlist.covers(&net) =>
            {
                *self.refused_from.entry(net).or_default() += uses.count;
            }
            _ => {}
        }
    }

    /// All paths outside the map count as one endpoint, however many were tried.
    fn add_beyond(&mut self, uses: &UsageBucket, key: &Key) {
        let what = match uses.endpoint {
            None if uses.scopes.is_empty() => OUTSIDE.to_owned(),
            _ if key.scopes.missing(uses.scopes).is_empty() => return,
            None => uses.scopes.to_string(),
            Some(endpoint) => endpoint.pattern.to_owned(),
        };
        let refusals = self.beyond.entry(what).or_insert(Refusals {
            count: 0,
            last_at: uses.last_at,
        });
        refusals.count += uses.count;
        refusals.last_at = refusals.last_at.max(uses.last_at);
    }
}

/// Stands for all requests outside the map of endpoints.
const OUTSIDE: &str = "outside of the API";

impl Hour {
    fn add(&mut self, uses: &UsageBucket) {
        self.requests += uses.count;
        match uses.outcome {
            Outcome::Allowed => self.allowed += uses.count,
            Outcome::RateLimited => self.rate_limited += uses.count,
            Outcome::Other => self.other += uses.count,
            Outcome::Refused(Reason::Revoked | Reason::Expired | Reason::Disabled) => {}
            Outcome::Refused(_) => self.refused += uses.count,
        }
    }

    pub(crate) fn plus(self, other: Hour) -> Hour {
        Hour {
            requests: self.requests + other.requests,
            allowed: self.allowed + other.allowed,
            refused: self.refused + other.refused,
            rate_limited: self.rate_limited + other.rate_limited,
            other: self.other + other.other,
        }
    }
}

fn earlier(first: &mut Option<Timestamp>, at: Timestamp) {
    *first = Some(first.map_or(at, |first| first.min(at)));
}

/// What ended a key first, and when; disabling it counts.
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
