//! Rules about use that has not been seen before: from elsewhere, at another time, of another kind,
//! or more of it. They apply only to keys that have been known for a week.

use crate::domain::Net;
use crate::domain::usage::GroupBy;
use crate::review::incidents::{begin, recent_hours, report, traffic_of_usable};
use crate::review::traffic::{BASELINE, DAY, HOUR, MONTH, WEEKS};
use crate::review::{Case, RuleMatch, at_most_three};
use crate::view::text::number::count;

/// An hour with fewer requests than this is not at an odd time.
const ODD_FLOOR: u64 = 10;
/// How far an odd hour is from any usual one, in hours.
const ODD_DISTANCE: i64 = 3;
/// A key has usual hours if it was used in this many different ones.
const USUAL_HOURS: usize = 6;
/// So many days of use show what is usual.
pub(super) const DAYS_OF_USE: usize = 10;

/// A network that the allowlist names, in whole or in part, was expected.
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
    let new = traffic
        .networks
        .new_since(case.limits.since, known_since, is_named);
    let (_, first) = new.iter().min_by_key(|(_, sight)| sight.first_at)?;
    let requests: u64 = new.iter().map(|(_, sight)| sight.requests).sum();
    Some(
        RuleMatch::new(
            format!(
                "was used from {} for the first time in a week or more at {} ({})",
                at_most_three(new.iter().map(|(net, _)| net)),
                first.first_at,
                count(requests, "request")
            ),
            report(case, GroupBy::Address),
        )
        .about(new.iter().map(|(net, _)| net)),
    )
}

/// What is usual is the median of the same hour of the seven days before, however quiet; before
/// there are seven days, nothing is usual. What is done weekly or monthly is not busy. The day
/// before does not count: otherwise each hour of a burst would make the next one usual.
pub(crate) fn busy_hour(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let known_since = traffic.first_at?.unix();
    let counts = &case.limits.counts;
    let usual = |hour: i64| {
        let mut before: [u64; 7] =
            std::array::from_fn(|day| traffic.requests(hour - (day as i64 + 1) * DAY));
        before.sort_unstable();
        before[3]
    };
    let busiest_before = |hour: i64| {
        let before = traffic.hours_with_use(hour - MONTH..hour - DAY);
        before.map(|(_, requests)| requests).max().unwrap_or(0)
    };
    let busy: Vec<_> = recent_hours(case)
        .filter(|(hour, _)| hour - known_since >= BASELINE - HOUR)
        .map(|(hour, of_hour)| (of_hour.requests, usual(hour), hour))
        .filter(|(requests, usual, _)| {
            *requests
                > counts
                    .hour_floor
                    .max(usual.saturating_mul(counts.hour_factor))
        })
        .filter(|(requests, _, hour)| *requests > busiest_before(*hour).saturating_mul(2))
        .collect();
    let (most, usual, hour) = busy.iter().max()?;
    let others = if busy.len() > 1 {
        format!("; so in {}", count(busy.len() as u64, "hour"))
    } else {
        String::new()
    };
    Some(
        RuleMatch::new(
            format!(
                "had {} in the hour from {}, where {usual} are usual{others}",
                count(*most, "request"),
                begin(*hour)
            ),
            report(case, GroupBy::Hour),
        )
        .about(busy.iter().map(|(_, _, hour)| begin(*hour))),
    )
}

/// Records that are fetched one by one, or deleted in bulk, by a key that seldom does so. A key
/// that never did has been given a new task.
pub(crate) fn busy_endpoint(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let known_since = traffic.first_at?.unix();
    let counts = &case.limits.counts;
    let first_day = case.limits.since.day();
    let mut busy = Vec::new();
    for (endpoint, days) in &traffic.endpoints {
        for (day, requests) in days.range(first_day..) {
            let before = days.range(day - MONTH..*day).map(|(_, before)| *before);
            let most = before.max().unwrap_or(0);
            if most > 0
                && day + DAY - known_since > BASELINE
                && *requests
                    > counts
                        .endpoint_floor
                        .max(most.saturating_mul(counts.endpoint_factor))
            {
                busy.push((*requests, most, *endpoint, *day));
            }
        }
    }
    let (requests, most, endpoint, day) = busy.iter().max()?;
    Some(
        RuleMatch::new(
            format!(
                "called {endpoint} {requests} times on the day from {}, and at most {most} times on any of the 35 days before",
                begin(*day)
            ),
            report(case, GroupBy::Endpoint),
        )
        .about(
            busy.iter()
                .map(|(_, _, endpoint, day)| format!("{endpoint} {}", begin(*day))),
        ),
    )
}

/// An office sleeps at night. The day before does not count, so that what begins at night is not
/// usual an hour later.
pub(crate) fn odd_hour(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let is_odd = |hour: i64| {
        let mut days = std::collections::BTreeSet::new();
        let mut hours_of_day = std::collections::BTreeSet::new();
        for (used, _) in traffic.hours_with_use(hour - WEEKS..hour - DAY) {
            let apart = (hour - used).rem_euclid(DAY) / HOUR;
            if apart.min(24 - apart) <= ODD_DISTANCE {
                return false;
            }
            days.insert(used / DAY);
            hours_of_day.insert(used % DAY);
        }
        days.len() >= DAYS_OF_USE && hours_of_day.len() >= USUAL_HOURS
    };
    let odd: Vec<_> = recent_hours(case)
        .filter(|(hour, of_hour)| of_hour.requests >= ODD_FLOOR && is_odd(*hour))
        .map(|(hour, of_hour)| (of_hour.requests, hour))
        .collect();
    let (requests, hour) = odd.iter().max()?;
    Some(
        RuleMatch::new(
            format!(
                "had {} in the hour from {}, a time of day at which it had not been used for four weeks",
                count(*requests, "request"),
                begin(*hour)
            ),
            report(case, GroupBy::Hour),
        )
        .about(odd.iter().map(|(_, hour)| begin(*hour))),
    )
}

/// Used again after being idle; where nothing was recorded, nothing is known.
pub(crate) fn woke(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let limits = case.limits;
    let long = limits.heard().seconds_since(limits.idle_since);
    let mut before = traffic.last_allowed_before.map(|at| at.hour());
    let mut woke = None;
    for (hour, of_hour) in &traffic.hours {
        if of_hour.allowed == 0 {
            continue;
        }
        let slept_since = before.replace(*hour);
        if let Some(slept_since) = slept_since
            .filter(|slept_since| *hour >= limits.since.hour() && hour - slept_since >= long)
            .filter(|slept_since| recorded_mostly(case, *slept_since, *hour))
        {
            woke = Some((slept_since, *hour));
        }
    }
    let (slept_since, hour) = woke?;
    Some(
        RuleMatch::new(
            format!(
                "was used at {} for the first time since {}, {} earlier",
                begin(hour),
                begin(slept_since),
                count(
                    (hour - slept_since).unsigned_abs() / DAY.unsigned_abs(),
                    "day"
                ),
            ),
            report(case, GroupBy::Address),
        )
        .about([begin(hour)]),
    )
}

fn recorded_mostly(case: &Case<'_>, from: i64, until: i64) -> bool {
    let days = from / DAY..until / DAY;
    let recorded = case.recorded_days.range(days.clone()).count() as i64;
    recorded * 2 >= days.end - days.start
}
