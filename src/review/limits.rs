//! The thresholds of the rules: as the options give them, and as instants.

use crate::domain::{Invalid, Span, Timestamp, When};
use crate::review::traffic::{DAY, MONTH};

/// How far apart the refusals of one probe may be, in seconds: 30 days.
const PROBE: i64 = 30 * DAY;

/// The thresholds as the options of `review` give them.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// How far back incidents are looked for.
    pub since: When,
    /// A key that expires within this time expires soon.
    pub expires_within: Span,
    /// A key older than this should be rotated.
    pub older_than: Span,
    /// A use within this time means that a key is in use.
    pub active_within: Span,
    /// A key that has been disabled for longer than this has been disabled for long.
    pub disabled_for: Span,
    /// Without use for this long a key is idle.
    pub unused_for: Span,
    /// Without use for this long a key is abandoned.
    pub abandoned_for: Span,
    /// Without use for this long a scope is not needed.
    pub scopes_unused_for: Span,
    /// Without use of any key for this long, the recording has stopped.
    pub recorded_within: Span,
    /// The thresholds that are counts.
    pub counts: CountLimits,
}

/// The thresholds that are counts.
#[derive(Debug, Clone, Copy)]
pub struct CountLimits {
    /// An hour with no more requests than this is never busy.
    pub hour_floor: u64,
    /// An hour is busy with more than this many times its usual requests.
    pub hour_factor: u64,
    /// This many refusals in an hour are a finding.
    pub refusals_per_hour: u64,
    /// A day is a finding if this percentage of its requests or more was refused.
    pub refusal_share: u64,
    /// A percentage of fewer requests than this in a day means nothing.
    pub refusal_floor: u64,
    /// A day on which this many requests were rate-limited is a finding.
    pub throttled_per_day: u64,
    /// A day with no more requests for an endpoint than this is never a busy one of the endpoint.
    pub endpoint_floor: u64,
    /// A day of an endpoint is busy with more than this many times the requests of any day before.
    pub endpoint_factor: u64,
    /// ZenFlow's rate limit: requests in an hour.
    pub per_hour: u64,
    /// ZenFlow's rate limit: requests in a day.
    pub per_day: u64,
    /// A key that was refused at this many endpoints beyond its scopes is probing.
    pub probed_endpoints: u64,
}

/// The thresholds as instants.
#[derive(Debug, Clone, Copy)]
pub struct ReviewLimits {
    /// When the review is made.
    pub now: Timestamp,
    /// Incidents before this are past.
    pub since: Timestamp,
    /// The newest use recorded of any key, if there is one: what happened later is not known, and
    /// silence is measured up to here.
    pub recorded_until: Option<Timestamp>,
    pub(crate) expires_by: Timestamp,
    pub(crate) made_by: Timestamp,
    pub(crate) active_since: Timestamp,
    pub(crate) disabled_by: Timestamp,
    pub(crate) idle_since: Timestamp,
    pub(crate) abandoned_since: Timestamp,
    pub(crate) scopes_since: Timestamp,
    pub(crate) recorded_since: Timestamp,
    pub(crate) counts: CountLimits,
}

impl Thresholds {
    /// The thresholds as of `now`; an error if one reaches back before 1970 or past the year 9999.
    pub fn at(
        self,
        now: Timestamp,
        recorded_until: Option<Timestamp>,
    ) -> Result<ReviewLimits, Invalid> {
        let heard = recorded_until.map_or(now, |until| until.min(now));
        let before = |span, instant| When::Span(span).since(instant);
        Ok(ReviewLimits {
            now,
            since: self.since.since(now)?,
            recorded_until: recorded_until.map(|_| heard),
            expires_by: When::Span(self.expires_within).until(now)?,
            made_by: before(self.older_than, now)?,
            active_since: before(self.active_within, now)?,
            disabled_by: before(self.disabled_for, now)?,
            idle_since: before(self.unused_for, heard)?,
            abandoned_since: before(self.abandoned_for, heard)?,
            scopes_since: before(self.scopes_unused_for, heard)?,
            recorded_since: before(self.recorded_within, now)?,
            counts: self.counts,
        })
    }
}

impl ReviewLimits {
    /// The instant up to which uses are known, which is now for a store that has none.
    pub(crate) fn heard(&self) -> Timestamp {
        self.recorded_until.unwrap_or(self.now)
    }

    /// The first hour whose requests are kept: incidents are compared with the time before them.
    pub(crate) fn kept_since(&self) -> i64 {
        self.since.min(self.idle_since).hour() - MONTH
    }

    /// Refusals before this are not part of a probe: it can be slow, but not slower than this.
    pub(crate) fn probing_since(&self) -> Timestamp {
        let slowest = Timestamp::from_unix(self.now.unix() - PROBE);
        slowest.map_or(self.since, |slowest| slowest.min(self.since))
    }
}
