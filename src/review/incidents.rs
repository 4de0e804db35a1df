//! Rules on recorded use: what should not have been, and what was never so before.

use crate::domain::remedy::Remedy;
use crate::domain::usage::GroupBy;
use crate::domain::{Net, Timestamp};
use crate::review::traffic::{BASELINE, DAY, HOUR, Trace, Traffic, ended};
use crate::review::{Case, RuleMatch, at_most_three, plural};

/// The report that shows what there is to know.
fn report(case: &Case<'_>, by: GroupBy) -> Remedy {
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

/// The instant in which an hour of the table begins; the table has no other.
fn begin(hour: i64) -> String {
    Timestamp::from_unix(hour).map_or_else(String::new, |at| at.to_string())
}

/// The use of a key that is not over. To revoke a key is to deal with what was found.
fn traffic_of_usable<'c>(case: &'c Case<'_>) -> Option<&'c Traffic> {
    case.key.is_usable(case.limits.now).then_some(case.traffic)
}

pub(crate) fn accepted_after_end(case: &Case<'_>) -> Option<RuleMatch> {
    let trace = &case.traffic.accepted;
    let (what, end) = ended(case.key, case.limits.now).filter(|_| trace.count > 0)?;
    Some(RuleMatch {
        message: format!(
            "{what} at {end} and was allowed {} since, {}: the gateway does not ask this store",
            times(trace.count),
            last(trace)
        ),
        remedy: report(case, GroupBy::Address),
    })
}

pub(crate) fn presented_after_end(case: &Case<'_>) -> Option<RuleMatch> {
    let trace = &case.traffic.presented;
    // An expired key that was extended is not over.
    let (what, end) = ended(case.key, case.limits.now)
        .filter(|_| !case.key.is_usable(case.limits.now) && trace.count > 0)?;
    Some(RuleMatch {
        message: format!(
            "{what} at {end} and was refused {} since, {}: somebody still uses it",
            times(trace.count),
            last(trace)
        ),
        remedy: report(case, GroupBy::Address),
    })
}

pub(crate) fn disabled_in_use(case: &Case<'_>) -> Option<RuleMatch> {
    let trace = &case.traffic.disabled;
    let disabled_at = case
        .key
        .disabled_at
        .filter(|_| case.key.is_usable(case.limits.now) && trace.count > 0)?;
    Some(RuleMatch {
        message: format!(
            "has been disabled since {disabled_at} and was refused {}, {}: something needs it",
            times(trace.count),
            last(trace)
        ),
        remedy: report(case, GroupBy::Address),
    })
}

/// A network that the allowlist names, or a part of which it names, was expected.
pub(crate) fn new_network(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let known_since = traffic.first_allowed_at?;
    let is_named = |net: &Net| {
        case.key
            .allowlist
            .entries()
            .iter()
            .any(|entry| net.covers(entry))
    };
    let new: Vec<_> = traffic
        .networks
        .iter()
        .filter(|(net, sight)| {
            sight.first_at >= case.limits.since
                && sight.first_at.seconds_since(known_since) >= BASELINE
                && !is_named(net)
        })
        .collect();
    let (_, first) = new.iter().min_by_key(|(_, sight)| sight.first_at)?;
    let requests = new.iter().map(|(_, sight)| sight.requests).sum();
    Some(RuleMatch {
        message: format!(
            "was used from {} for the first time at {} ({}), after a week or more without",
            at_most_three(new.iter().map(|(net, _)| net)),
            first.first_at,
            plural(requests, "request")
        ),
        remedy: report(case, GroupBy::Address),
    })
}

pub(crate) fn refused_address(case: &Case<'_>) -> Option<RuleMatch> {
    let from = &traffic_of_usable(case)?.refused_from;
    (!from.is_empty()).then(|| RuleMatch {
        message: format!(
            "was refused {} from outside its allowlist: from {}",
            times(from.values().sum()),
            at_most_three(from.keys())
        ),
        remedy: report(case, GroupBy::Address),
    })
}

pub(crate) fn probing(case: &Case<'_>) -> Option<RuleMatch> {
    let beyond = &traffic_of_usable(case)?.beyond;
    let enough = beyond.len() as u64 >= case.limits.counts.probed_endpoints;
    (enough && !beyond.is_empty()).then(|| RuleMatch {
        message: format!(
            "was refused {} at {} beyond its scopes: {}",
            times(beyond.values().sum()),
            plural(beyond.len() as u64, "endpoint"),
            at_most_three(beyond.keys())
        ),
        remedy: report(case, GroupBy::Endpoint),
    })
}

/// A burst, or else a high share of a day.
pub(crate) fn refusals(case: &Case<'_>) -> Option<RuleMatch> {
    traffic_of_usable(case)?;
    let counts = &case.limits.counts;
    let matched = |message| {
        Some(RuleMatch {
            message,
            remedy: report(case, GroupBy::Outcome),
        })
    };
    let burst = recent_hours(case)
        .map(|(hour, hour_traffic)| (hour_traffic.refused, hour))
        .max()?;
    if burst.0 >= counts.refusals_per_hour.max(1) {
        return matched(format!(
            "was refused {} within an hour, from {} on",
            times(burst.0),
            begin(burst.1)
        ));
    }
    let share = recent_days(case)
        .filter(|(_, requests, refused)| {
            *requests >= counts.refusal_floor.max(1)
                && *refused * 100 >= *requests * counts.refusal_share
        })
        .max_by_key(|(_, _, refused)| *refused)
        .filter(|(_, _, refused)| *refused > 0)?;
    matched(format!(
        "was refused {} of {} on the day from {} on",
        share.2,
        plural(share.1, "request"),
        begin(share.0)
    ))
}

/// What is usual is the median of the same hour of the seven days before, however quiet; before
/// there are seven days nothing is.
pub(crate) fn busy_hour(case: &Case<'_>) -> Option<RuleMatch> {
    let known_since = traffic_of_usable(case)?.first_at?.unix();
    let counts = &case.limits.counts;
    let requests = |hour: i64| {
        case.traffic
            .hours
            .get(&hour)
            .map_or(0, |hour_traffic| hour_traffic.requests)
    };
    let usual = |hour: i64| {
        let mut before: [u64; 7] =
            std::array::from_fn(|day| requests(hour - (day as i64 + 1) * DAY));
        before.sort_unstable();
        before[3]
    };
    let busy: Vec<_> = recent_hours(case)
        .filter(|(hour, _)| hour - known_since >= BASELINE - HOUR)
        .map(|(hour, hour_traffic)| (hour_traffic.requests, usual(hour), hour))
        .filter(|(requests, usual, _)| {
            *requests
                > counts
                    .hour_floor
                    .max(usual.saturating_mul(counts.hour_factor))
        })
        .collect();
    let (most, usual, hour) = busy.iter().max()?;
    let others = if busy.len() > 1 {
        format!("; so in {}", plural(busy.len() as u64, "hour"))
    } else {
        String::new()
    };
    Some(RuleMatch {
        message: format!(
            "had {} in the hour from {}, where {usual} are usual{others}",
            plural(*most, "request"),
            begin(*hour)
        ),
        remedy: report(case, GroupBy::Hour),
    })
}

/// The limit of a minute cannot be seen in a table of hours, except where the gateway refused for
/// it.
pub(crate) fn over_limit(case: &Case<'_>) -> Option<RuleMatch> {
    let limited = &traffic_of_usable(case)?.rate_limited;
    let counts = &case.limits.counts;
    let matched = |message| {
        Some(RuleMatch {
            message,
            remedy: report(case, GroupBy::Hour),
        })
    };
    let hour = recent_hours(case)
        .map(|(hour, hour_traffic)| (hour_traffic.requests, hour))
        .max()?;
    if hour.0 > counts.per_hour {
        return matched(format!(
            "had {} in the hour from {}; the limit is {}",
            plural(hour.0, "request"),
            begin(hour.1),
            counts.per_hour
        ));
    }
    let day = recent_days(case)
        .map(|(day, requests, _)| (requests, day))
        .max()?;
    if day.0 > counts.per_day {
        return matched(format!(
            "had {} on the day from {}; the limit is {}",
            plural(day.0, "request"),
            begin(day.1),
            counts.per_day
        ));
    }
    if limited.count > 0 {
        matched(format!(
            "was refused {} because there were too many, {}",
            times(limited.count),
            last(limited)
        ))
    } else {
        None
    }
}

fn times(count: u64) -> String {
    if count == 1 {
        "once".into()
    } else {
        format!("{count} times")
    }
}

/// The hours that are looked at; the one in which `since` lies is one of them.
fn recent_hours<'c>(
    case: &'c Case<'_>,
) -> impl Iterator<Item = (i64, crate::review::traffic::Hour)> + use<'c> {
    case.traffic
        .hours
        .range(case.limits.since.hour()..)
        .map(|(hour, hour_traffic)| (*hour, *hour_traffic))
}

/// The days, by UTC, of these hours: when they begin, their requests and their refusals.
fn recent_days(case: &Case<'_>) -> impl Iterator<Item = (i64, u64, u64)> {
    let mut days = std::collections::BTreeMap::new();
    for (hour, hour_traffic) in recent_hours(case) {
        let (requests, refused) = days.entry(hour - hour % DAY).or_insert((0, 0));
        *requests += hour_traffic.requests;
        *refused += hour_traffic.refused;
    }
    days.into_iter()
        .map(|(day, (requests, refused))| (day, requests, refused))
}
