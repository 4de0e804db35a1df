//! Rules about integrations that no longer work, and about a recording that has stopped.

use std::collections::BTreeSet;

use crate::domain::Status;
use crate::domain::remedy::Remedy;
use crate::domain::usage::GroupBy;
use crate::review::incidents::{begin, recent_days, report, traffic_of_usable};
use crate::review::novelty::DAYS_OF_USE;
use crate::review::traffic::{BASELINE, DAY, HOUR, Hour, WEEKS};
use crate::review::{Case, ReviewLimits, RuleMatch};
use crate::view::text::number::count;

/// A key is silent after at least this many seconds without use: two days.
const SILENCE: i64 = 2 * DAY;
/// A day with fewer requests than this does not show whether they fail.
const FAILING_FLOOR: u64 = 20;

/// Measured up to the newest use of any key: when nothing was recorded, nothing is known.
pub(crate) fn silent(case: &Case<'_>) -> Option<RuleMatch> {
    let key = case.key;
    if key.status(case.limits.now) != Status::Active || key.rotated_to.is_some() {
        return None;
    }
    let until = case.limits.recorded_until?.hour();
    let traffic = case.traffic;
    // Another rule reports that a key has not been used since it replaced another.
    traffic.hours.last_key_value()?;
    let (last, _) = traffic
        .hours_with_use(case.limits.idle_since.hour()..until + HOUR)
        .next_back()?;
    let used: Vec<i64> = traffic
        .hours_with_use(last - WEEKS + HOUR..last + HOUR)
        .map(|(hour, _)| hour)
        .collect();
    let days: BTreeSet<i64> = used.iter().map(|hour| (last - hour) / DAY).collect();
    let longest = used.windows(2).map(|pair| pair[1] - pair[0]).max()?;
    let quiet = until - last;
    if quiet < SILENCE.max(2 * longest) || days.len() < DAYS_OF_USE {
        return None;
    }
    let recorded = case.recorded_days.range(last / DAY + 1..=until / DAY);
    if recorded.count() < 2 {
        return None;
    }
    Some(
        RuleMatch::new(
            format!(
                "was used on {} of 28 days, but not for {}, since {}",
                days.len(),
                count(quiet.unsigned_abs() / HOUR.unsigned_abs(), "hour"),
                begin(last)
            ),
            report(case, GroupBy::Day),
        )
        .about([begin(last)]),
    )
}

/// A key whose requests have always failed is not an incident.
pub(crate) fn failing(case: &Case<'_>) -> Option<RuleMatch> {
    let traffic = traffic_of_usable(case)?;
    let known_since = traffic.first_at?.unix();
    let worked_before = |day: i64| {
        let before = traffic.hours.range(day - WEEKS..day);
        let sum = before.fold(Hour::default(), |sum, (_, of_hour)| sum.plus(*of_hour));
        day + DAY - known_since > BASELINE
            && sum.requests >= FAILING_FLOOR
            && sum.other * 10 < sum.requests
    };
    let failing: Vec<_> = recent_days(case)
        .filter(|(day, sum)| {
            sum.requests >= FAILING_FLOOR && sum.other * 2 >= sum.requests && worked_before(*day)
        })
        .collect();
    let (day, sum) = failing.iter().max_by_key(|(day, sum)| (sum.other, *day))?;
    Some(
        RuleMatch::new(
            format!(
                "had {} of {} answered with an error on the day from {}; under a tenth is usual",
                sum.other,
                count(sum.requests, "request"),
                begin(*day)
            ),
            report(case, GroupBy::Outcome),
        )
        .about(failing.iter().map(|(day, _)| begin(*day))),
    )
}

/// About the store, not about a key: as long as nothing is recorded, no other rule about use can be
/// trusted.
pub(crate) fn recording_stopped(limits: &ReviewLimits) -> Option<RuleMatch> {
    let until = limits
        .recorded_until
        .filter(|until| *until <= limits.recorded_since)?;
    Some(
        RuleMatch::new(
            format!(
                "the newest recorded use of any key was at {until}, {} ago: what has happened since is not known",
                crate::review::record::days(until, limits.now)
            ),
            Remedy::Help(vec!["usage".into(), "import".into()]),
        )
        .about([until.to_string()]),
    )
}
