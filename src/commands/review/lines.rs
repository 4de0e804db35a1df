//! The options of `review` that say where its rules draw their lines.

use clap::Args;

use crate::cli::completion::values::Completer;
use crate::domain::{Span, Timestamp, When};
use crate::error::Error;
use crate::review::{CountLimits, ReviewLimits, Thresholds};

/// Where the rules draw their lines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Thresholds")]
pub struct Lines {
    /// Look for incidents since this time
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN", add = Completer::Duration,
        default_value = "30d"
    )]
    since: When,
    /// expires-soon: expires within this time
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "14d"
    )]
    expires_within: Span,
    /// rotation-due: older than this
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "90d"
    )]
    older_than: Span,
    /// revocation-in-use, rotation-*: used within this time
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "1d"
    )]
    active_within: Span,
    /// disabled-long: disabled for longer than this
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "30d"
    )]
    disabled_for: Span,
    /// idle, woke: without use for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "45d"
    )]
    unused_for: Span,
    /// abandoned: without use for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "90d"
    )]
    abandoned_for: Span,
    /// unused-scopes: without use of a scope for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "30d"
    )]
    scopes_unused_for: Span,
    /// recording-stopped: no use of any key for this long
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SPAN", add = Completer::Duration,
        default_value = "3d"
    )]
    recorded_within: Span,
    /// busy-hour: more than N requests
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    hour_floor: u64,
    /// busy-hour: more than N times the median
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 6)]
    hour_factor: u64,
    /// refusals: N within an hour
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    refusals_per_hour: u64,
    /// refusals, over-limit: N percent of a day's requests
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 25)]
    refusal_share: u64,
    /// refusals, over-limit: no percentage of fewer than N requests
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 20)]
    refusal_floor: u64,
    /// busy-endpoint: more than N requests in a day
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 50)]
    endpoint_floor: u64,
    /// busy-endpoint: more than N times the requests of any day before
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 10)]
    endpoint_factor: u64,
    /// over-limit: rate-limited N times in a day
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 100)]
    throttled_per_day: u64,
    /// over-limit: more than N requests in an hour
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value_t = 1_000
    )]
    limit_per_hour: u64,
    /// over-limit: more than N requests in a day
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value_t = 10_000
    )]
    limit_per_day: u64,
    /// probing: refused at N endpoints
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = 3)]
    probed_endpoints: u64,
}

impl Lines {
    /// The thresholds as of an instant.
    pub fn at(
        &self,
        now: Timestamp,
        recorded_until: Option<Timestamp>,
    ) -> Result<ReviewLimits, Error> {
        let counts = CountLimits {
            hour_floor: self.hour_floor,
            hour_factor: self.hour_factor,
            refusals_per_hour: self.refusals_per_hour,
            refusal_share: self.refusal_share,
            refusal_floor: self.refusal_floor,
            throttled_per_day: self.throttled_per_day,
            endpoint_floor: self.endpoint_floor,
            endpoint_factor: self.endpoint_factor,
            per_hour: self.limit_per_hour,
            per_day: self.limit_per_day,
            probed_endpoints: self.probed_endpoints,
        };
        let thresholds = Thresholds {
            since: self.since,
            expires_within: self.expires_within,
            older_than: self.older_than,
            active_within: self.active_within,
            disabled_for: self.disabled_for,
            unused_for: self.unused_for,
            abandoned_for: self.abandoned_for,
            scopes_unused_for: self.scopes_unused_for,
            recorded_within: self.recorded_within,
            counts,
        };
        Ok(thresholds.at(now, recorded_until)?)
    }
}
