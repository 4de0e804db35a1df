//! Rules about recorded use that should not have happened, and about refusals.

use crate::domain::remedy::Remedy;
use crate::domain::usage::GroupBy;
use crate::domain::{Severity, Timestamp};
use crate::review::traffic::{DAY, Hour, Trace, Traffic, ended};
use crate::review::{Case, CountLimits, RuleMatch, at_most_three};
use crate::view::text::number::count;

/// The report that shows the details.
pub(super) fn report(case: &Case<'_>, by: GroupBy) -> Remedy {
    Remedy::ReportUsage {
        key: case.key.id,
        by,
    }
}

/// When and from where it happened last.
fn last(trace: &Trace) -> String {
    match trace.last {
        Some((at, Some(net))) => format!("last at {at} from {net}"),
        Some((at, None)) => format!("last at {at}"),
        None => String::new(),
    }
}

/// The instant at which an hour of the table begins; the table has no finer times.
pub(super) fn begin(hour: i64) -> String {
    Timestamp::from_unix(hour).map_or_else(String::new, |at| at.to_string())
}

/// The use of a key that is neither revoked nor expired. Revoking a key deals with its findings.
pub(super) fn traffic_of_usable<'c>(case: &'c Case<'_>) -> Option<&'c Traffic> {
    case.key.is_usable(case.limits.now).then_some(case.traffic)
}

pub(crate) fn accepted_after_end(case: &Case<'_>) -> Option<RuleMatch> {
    let trace = &case.traffic.accepted;
    let (what, end) = ended(case.key, case.limits.now).filter(|_| trace.count > 0)?;
    Some(
        RuleMatch::new(
            format!(
                "{what} at {end} and has been allowed {} since, {}: the gateway does not ask this store",
                times(trace.count),
                last(trace)
            ),
            report(case, GroupBy::Address),
        )
        .about([end.to_string(), last(trace)]),
    )
}

/// The id of a key is public, and a log tells no more than the id: from where the key never was
/// used, it may be a stranger's.
pub(crate) fn presented_after_end(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = case.traffic;
    let trace = &traffic.presented;
    // An expired key that was extended is not over.
    let (what, end) = ended(case.key, case.limits.now)
        .filter(|_| !case.key.is_usable(case.limits.now) && trace.count > 0)?;
    let is_known = traffic
        .presented_from
        .iter()
        .any(|from| traffic.networks.was_used_by(*from, end));
    let (who, severity) = if is_known {
        ("somebody still uses it", Severity::Error)
    } else {
        (
            "from a network from which it was never used while it worked",
            Severity::Warning,
        )
    };
    Some(
        RuleMatch::new(
            format!(
                "{what} at {end}; it, or its id, has been presented and refused {} since, {}: {who}",
                times(trace.count),
                last(trace)
            ),
            report(case, GroupBy::Address),
        )
        .about(traffic.presented_from.iter().map(|from| {
            from.map_or_else(|| "an unknown address".to_owned(), |from| from.to_string())
        }))
        .at_most(severity),
    )
}

pub(crate) fn disabled_in_use(case: &Case<'_>) -> Option<RuleMatch> {
    let trace = &case.traffic.disabled;
    let disabled_at = case
        .key
        .disabled_at
        .filter(|_| case.key.is_usable(case.limits.now) && trace.count > 0)?;
    Some(
        RuleMatch::new(
            format!(
                "has been disabled since {disabled_at} and has been refused {}, {}: something needs it",
                times(trace.count),
                last(trace)
            ),
            report(case, GroupBy::Address),
        )
        .about([disabled_at]),
    )
}

pub(crate) fn refused_address(case: &Case<'_>) -> Option<RuleMatch> {
    let from = &traffic_of_usable(case)?.refused_from;
    (!from.is_empty()).then(|| {
        RuleMatch::new(
            format!(
                "was refused {} from outside its allowlist: from {}",
                times(from.values().sum()),
                at_most_three(from.keys())
            ),
            report(case, GroupBy::Address),
        )
        .about(from.keys())
    })
}

/// A prober can be slow: the endpoints of 30 days count, and the last refusal must be recent.
pub(crate) fn probing(case: &Case<'_>) -> Option<RuleMatch> {
    let beyond = &traffic_of_usable(case)?.beyond;
    let enough = beyond.len() as u64 >= case.limits.counts.probed_endpoints;
    let is_recent = beyond
        .values()
        .any(|refusals| refusals.last_at >= case.limits.since);
    (enough && is_recent).then(|| {
        RuleMatch::new(
            format!(
                "was refused {} at {} beyond its scopes: {}",
                times(beyond.values().map(|refusals| refusals.count).sum()),
                count(beyond.len() as u64, "endpoint"),
                at_most_three(beyond.keys())
            ),
            report(case, GroupBy::Endpoint),
        )
        .about(beyond.keys())
    })
}

/// A burst within an hour, or a high share of a day's requests.
pub(crate) fn refusals(case: &Case<'_>) -> Option<RuleMatch> {
    traffic_of_usable(case)?;
    let counts = &case.limits.counts;
    let matched =
        |message, when| Some(RuleMatch::new(message, report(case, GroupBy::Outcome)).about([when]));
    let burst = recent_hours(case)
        .map(|(hour, of_hour)| (of_hour.refused, hour))
        .max()?;
    if burst.0 >= counts.refusals_per_hour.max(1) {
        return matched(
            format!(
                "was refused {} in the hour from {}",
                times(burst.0),
                begin(burst.1)
            ),
            begin(burst.1),
        );
    }
    let share = recent_days(case)
        .filter(|(_, sum)| is_share(sum.refused, sum.requests, counts))
        .max_by_key(|(_, sum)| sum.refused)?;
    let (day, sum) = share;
    matched(
        format!(
            "had {} of {} refused on the day from {}",
            sum.refused,
            count(sum.requests, "request"),
            begin(day)
        ),
        begin(day),
    )
}

/// The limit per minute cannot be seen in a table of hours, except where the gateway refused
/// requests because of it; a few such refusals are how a limit works.
pub(crate) fn over_limit(case: &Case<'_>) -> Option<RuleMatch> {
    traffic_of_usable(case)?;
    let counts = &case.limits.counts;
    let matched =
        |message, when| Some(RuleMatch::new(message, report(case, GroupBy::Hour)).about([when]));
    let (requests, hour) = recent_hours(case)
        .map(|(hour, of_hour)| (of_hour.requests, hour))
        .max()?;
    if requests > counts.per_hour {
        return matched(
            format!(
                "had {} in the hour from {}; the limit is {}",
                count(requests, "request"),
                begin(hour),
                counts.per_hour
            ),
            begin(hour),
        );
    }
    let (requests, day) = recent_days(case)
        .map(|(day, sum)| (sum.requests, day))
        .max()?;
    if requests > counts.per_day {
        return matched(
            format!(
                "had {} on the day from {}; the limit is {}",
                count(requests, "request"),
                begin(day),
                counts.per_day
            ),
            begin(day),
        );
    }
    let (day, sum) = recent_days(case)
        .filter(|(_, sum)| {
            sum.rate_limited >= counts.throttled_per_day.max(1)
                || is_share(sum.rate_limited, sum.requests, counts)
        })
        .max_by_key(|(_, sum)| sum.rate_limited)?;
    matched(
        format!(
            "was rate-limited {} (HTTP 429) on the day from {}, of {}",
            times(sum.rate_limited),
            begin(day),
            count(sum.requests, "request")
        ),
        begin(day),
    )
}

/// Whether this part of a day's requests is large enough to mean something.
fn is_share(part: u64, requests: u64, counts: &CountLimits) -> bool {
    part > 0
        && requests >= counts.refusal_floor.max(1)
        && part * 100 >= requests * counts.refusal_share
}

fn times(count: u64) -> String {
    if count == 1 {
        "once".into()
    } else {
        format!("{count} times")
    }
}

/// The hours that are looked at; the one in which `since` lies is one of them.
pub(super) fn recent_hours<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (i64, Hour)> + use<'c> {
    case.traffic
        .hours
        .range(case.limits.since.hour()..)
        .map(|(hour, of_hour)| (*hour, *of_hour))
}

/// The days (UTC) of these hours: when each begins, and its sums.
pub(super) fn recent_days(case: &Case<'_>) -> impl Iterator<Item = (i64, Hour)> {
    let mut days = std::collections::BTreeMap::new();
    for (hour, of_hour) in recent_hours(case) {
        let sum: &mut Hour = days.entry(hour - hour % DAY).or_default();
        *sum = sum.plus(of_hour);
    }
    days.into_iter()
}
