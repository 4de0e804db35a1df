//! How many requests a key may make a minute, an hour and a day.
//!
//! Windows follow the clock (UTC): the minute that begins at 10:07:00 is the same for all keys.

use std::str::FromStr;

use crate::domain::{Invalid, Timestamp};

const HOW: &str = "write numbers a minute, an hour and a day: 60/m,1000/h,10000/d";
/// The seconds of a minute, of an hour and of a day. Each window consists of whole ones of the
/// window before it.
const SECONDS: [i64; 3] = [60, 3_600, 86_400];
const LETTERS: [&str; 3] = ["m", "h", "d"];

/// The most requests of a window, for each window that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits([Option<u32>; 3]);

/// How often one key was allowed in the windows of its last request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// The minute of the last request, counted since 1970; it names the hour and the day too.
    minute: u32,
    /// In that minute, in its hour, and in its day.
    counts: [u32; 3],
}

/// What a key has left, in the window that leaves it the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The most requests of this window.
    pub limit: u32,
    /// How many more there may be in it.
    pub remaining: u32,
    /// When it ends, in seconds since 1970.
    pub reset: i64,
}

impl RateLimits {
    /// Counts one more request, if there may be one; and what is left then. A request that is too
    /// many is not counted.
    pub fn take(self, spent: &mut Spent, now: Timestamp) -> Result<Quota, Quota> {
        spent.go_on(now);
        let quota = self.quota(spent);
        if quota.remaining == 0 {
            return Err(quota);
        }
        for count in &mut spent.counts {
            *count = count.saturating_add(1);
        }
        Ok(self.quota(spent))
    }

    /// What would be left now.
    pub fn left(self, mut spent: Spent, now: Timestamp) -> Quota {
        spent.go_on(now);
        self.quota(&spent)
    }

    fn quota(self, spent: &Spent) -> Quota {
        let start = i64::from(spent.minute) * SECONDS[0];
        std::iter::zip(self.0, spent.counts)
            .zip(SECONDS)
            .filter_map(|((limit, count), seconds)| {
                Some(Quota {
                    limit: limit?,
                    remaining: limit?.saturating_sub(count),
                    reset: start - start % seconds + seconds,
                })
            })
            // Of two that are used up it is the later end that has to be waited for.
            .min_by_key(|quota| (quota.remaining, std::cmp::Reverse(quota.reset)))
            .expect("at least one window is limited")
    }
}

impl Spent {
    /// What was counted before, in the present hour and in the present day.
    pub fn since_before(hour: u64, day: u64, now: Timestamp) -> Self {
        let count = |uses: u64| u32::try_from(uses).unwrap_or(u32::MAX);
        Spent {
            minute: minute(now),
            counts: [0, count(hour), count(day)],
        }
    }

    /// Forgets the windows that are over. A clock that was set back begins none anew.
    fn go_on(&mut self, now: Timestamp) {
        let minute = minute(now);
        if minute <= self.minute {
            return;
        }
        for (count, seconds) in std::iter::zip(&mut self.counts, SECONDS) {
            let minutes = u32::try_from(seconds / SECONDS[0]).expect("a day has 1,440");
            if minute / minutes != self.minute / minutes {
                *count = 0;
            }
        }
        self.minute = minute;
    }

    /// Whether its day is over: then nothing is lost if it is forgotten.
    pub fn is_over(&self, now: Timestamp) -> bool {
        minute(now) / 1_440 > self.minute / 1_440
    }
}

impl Quota {
    /// How many seconds to wait until the window ends; at least one.
    pub fn retry_after(&self, now: Timestamp) -> i64 {
        (self.reset - now.unix()).max(1)
    }
}

/// The minute of an instant, counted since 1970.
fn minute(now: Timestamp) -> u32 {
    u32::try_from(now.unix() / SECONDS[0]).expect("the year 9999 is not that far")
}

impl FromStr for RateLimits {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fault = |part: &str| Invalid::new(format!("'{part}' is not a rate limit")).hint(HOW);
        let mut limits = [None; 3];
        for part in text.split(',') {
            let (count, letter) = part.split_once('/').ok_or_else(|| fault(part))?;
            let window = LETTERS
                .iter()
                .position(|known| *known == letter)
                .ok_or_else(|| fault(part))?;
            let count = count.parse().ok().filter(|count| *count > 0);
            if limits[window].is_some() {
                return Err(Invalid::new(format!("'{text}' limits a window twice")).hint(HOW));
            }
            limits[window] = Some(count.ok_or_else(|| fault(part))?);
        }
        Ok(RateLimits(limits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn limits(text: &str) -> RateLimits {
        text.parse().unwrap()
    }

    #[test]
    fn windows_follow_the_clock() {
        let limits = limits("2/m,3/h");
        let mut spent = Spent::default();
        let mut take = |text| limits.take(&mut spent, at(text));
        let minute = |remaining, reset| Quota {
            limit: 2,
            remaining,
            reset: at(reset).unix(),
        };
        let hour = |remaining| Quota {
            limit: 3,
            remaining,
            reset: at("2026-01-01T11:00:00Z").unix(),
        };
        assert_eq!(
            take("2026-01-01T10:07:58Z"),
            Ok(minute(1, "2026-01-01T10:08:00Z"))
        );
        assert_eq!(
            take("2026-01-01T10:07:59Z"),
            Ok(minute(0, "2026-01-01T10:08:00Z"))
        );
        assert_eq!(
            take("2026-01-01T10:07:59Z"),
            Err(minute(0, "2026-01-01T10:08:00Z"))
        );
        assert_eq!(take("2026-01-01T10:08:00Z"), Ok(hour(0)));
        assert_eq!(take("2026-01-01T10:59:59Z"), Err(hour(0)));
        assert_eq!(
            take("2026-01-01T11:00:00Z"),
            Ok(minute(1, "2026-01-01T11:01:00Z"))
        );
    }

    #[test]
    fn hour_and_day_go_on_from_what_was_counted() {
        let now = at("2026-01-01T10:07:30Z");
        let limits = limits("60/m,1000/h,10000/d");
        let mut spent = Spent::since_before(999, 4_000, now);
        assert_eq!(limits.left(spent, now).remaining, 1);
        assert_eq!(limits.take(&mut spent, now).map(|q| q.limit), Ok(1_000));
        let quota = limits.take(&mut spent, now).unwrap_err();
        assert_eq!((quota.limit, quota.retry_after(now)), (1_000, 52 * 60 + 30));
        let mut spent = Spent::since_before(0, u64::MAX, now);
        assert_eq!(
            limits.take(&mut spent, now).map_err(|q| q.limit),
            Err(10_000)
        );
    }

    #[test]
    fn a_clock_that_was_set_back_gives_nobody_more() {
        let limits = limits("1/d");
        let mut spent = Spent::default();
        assert!(limits.take(&mut spent, at("2026-01-02T00:00:00Z")).is_ok());
        assert!(limits.take(&mut spent, at("2026-01-01T23:59:59Z")).is_err());
        assert!(!spent.is_over(at("2026-01-02T23:59:59Z")));
        assert!(spent.is_over(at("2026-01-03T00:00:00Z")));
    }

    #[test]
    fn a_rate_limit_is_a_number_a_window() {
        assert!("10000/d,60/m".parse::<RateLimits>().is_ok());
        for text in [
            "",
            "60",
            "60/",
            "/m",
            "0/m",
            "-1/m",
            "60/s",
            "60/m,",
            "60/m,61/m",
            "60/m, 1/h",
            "1.5/m",
            "4294967296/m",
        ] {
            assert!(text.parse::<RateLimits>().is_err(), "{text}");
        }
    }
}
