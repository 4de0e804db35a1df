//! The thresholds of the rules: as the options give them, and as of an instant.

use crate::domain::{Invalid, Span, Timestamp, When};

/// The thresholds as the options of `review` give them.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// How far back incidents are looked for.
    pub since: When,
    /// An end nearer than this is near.
    pub expires_within: Span,
    /// A key older than this should be rotated.
    pub older_than: Span,
    /// A use within this time means that a key is in use.
    pub active_within: Span,
    /// Disabled for longer than this is long.
    pub disabled_for: Span,
    /// Without use for this long a key is idle.
    pub unused_for: Span,
    /// Without use for this long a key is abandoned.
    pub abandoned_for: Span,
    /// Without use for this long a scope is not needed.
    pub scopes_unused_for: Span,
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
    /// A day with fewer requests than this has no share.
    pub refusal_floor: u64,
    /// ZenFlow's rate limit: requests in an hour.
    pub per_hour: u64,
    /// ZenFlow's rate limit: requests in a day.
    pub per_day: u64,
    /// A key is probing that was refused at this many endpoints beyond its scopes.
    pub probed_endpoints: u64,
}

/// The thresholds as instants.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub now: Timestamp,
    /// Incidents before this are past.
    pub since: Timestamp,
    pub(crate) expires_by: Timestamp,
    pub(crate) made_by: Timestamp,
    pub(crate) active_since: Timestamp,
    pub(crate) disabled_by: Timestamp,
    pub(crate) idle_since: Timestamp,
    pub(crate) abandoned_since: Timestamp,
    pub(crate) scopes_since: Timestamp,
    pub(crate) counts: CountLimits,
}

impl Thresholds {
    /// The thresholds as of `now`; an error if one reaches back before 1970 or past the year 9999.
    pub fn at(self, now: Timestamp) -> Result<Limits, Invalid> {
        let ago = |span| When::Span(span).since(now);
        Ok(Limits {
            now,
            since: self.since.since(now)?,
            expires_by: When::Span(self.expires_within).until(now)?,
            made_by: ago(self.older_than)?,
            active_since: ago(self.active_within)?,
            disabled_by: ago(self.disabled_for)?,
            idle_since: ago(self.unused_for)?,
            abandoned_since: ago(self.abandoned_for)?,
            scopes_since: ago(self.scopes_unused_for)?,
            counts: self.counts,
        })
    }
}
