//! Instants as people read them: how long until then, or since.

use crate::domain::Timestamp;

const UNITS: [(i64, &str); 5] = [
    (365 * 86_400, "y"),
    (30 * 86_400, "mo"),
    (86_400, "d"),
    (3_600, "h"),
    (60, "m"),
];

/// A length of time in its largest unit: `90d`, `2h`, `5s`. Days up to 120 of them, since that is
/// how lifetimes are said.
fn length(seconds: i64) -> String {
    let seconds = seconds.abs();
    let days_suffice = seconds <= 120 * 86_400;
    UNITS
        .iter()
        .filter(|(size, _)| !(days_suffice && *size > 86_400))
        .find(|(size, _)| seconds >= *size)
        .map_or_else(
            || format!("{seconds}s"),
            |(size, unit)| format!("{}{unit}", seconds / size),
        )
}

/// The same, counted up to a whole day, hour or minute.
fn length_at_most(seconds: i64) -> String {
    let unit = [86_400, 3_600, 60, 1]
        .into_iter()
        .find(|size| seconds >= *size)
        .unwrap_or(1);
    let whole = seconds + (unit - seconds % unit) % unit;
    // Half a day more or less is nothing in months.
    length(if whole <= 120 * 86_400 {
        whole
    } else {
        seconds
    })
}

/// `in 90d`, `2h ago`, `now`. What was longer ago than 90 days is `90d ago`; what is to come within
/// 90 days is `in 90d`: so it agrees with `--older-than 90d` and `--expires-within 90d`, and a key
/// that was made a moment ago for 90 days ends `in 90d`.
pub fn relative(instant: Timestamp, now: Timestamp) -> String {
    match instant.seconds_since(now) {
        0 => "now".into(),
        ahead @ 1.. => format!("in {}", length_at_most(ahead)),
        past => format!("{} ago", length(past)),
    }
}

/// What happens at an instant, or happened: `ends in 90d`, `ended 2h ago`.
pub fn event(ahead: &str, over: &str, instant: Timestamp, now: Timestamp) -> String {
    match instant.seconds_since(now) {
        0 => format!("{over} just now"),
        1.. => format!("{ahead} {}", relative(instant, now)),
        _ => format!("{over} {}", relative(instant, now)),
    }
}

/// Both: `2026-12-31T09:30:00Z (in 90d)`.
pub fn exact_and_relative(instant: Timestamp, now: Timestamp) -> String {
    format!("{instant} ({})", relative(instant, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_given_in_its_largest_unit() {
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        for (seconds, text) in [
            (0, "now"),
            (1, "in 1s"),
            (-59, "59s ago"),
            (60, "in 1m"),
            (61, "in 2m"),
            (3_599, "in 1h"),
            (-3_599, "59m ago"),
            (86_399, "in 1d"),
            (90 * 86_400 - 1, "in 90d"),
            (1 - 90 * 86_400, "89d ago"),
            (-7_200, "2h ago"),
            (86_400, "in 1d"),
            (90 * 86_400, "in 90d"),
            (121 * 86_400, "in 4mo"),
            (-800 * 86_400, "2y ago"),
        ] {
            assert_eq!(
                relative(Timestamp::from_unix(now.unix() + seconds).unwrap(), now),
                text
            );
        }
    }
}
