//! Lengths of time: `90d`, `6mo`, `1d12h`.

use std::str::FromStr;

use chrono::Months;

use crate::domain::lifetime::HOW;
use crate::domain::{Invalid, Timestamp};

/// A length of time: months by the calendar, then seconds.
///
/// `y` is 12 months, `mo` a month, `w` 7 days, `d` 24 hours, `h`, `m` (minutes) and `s` as usual;
/// parts add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    months: u32,
    seconds: i64,
}

impl Span {
    /// A span of whole seconds, for lifetimes that are measured and not typed. One that does not fit
    /// becomes the longest there is, which reaches past the year 9999 just as well.
    pub fn from_seconds(seconds: u64) -> Self {
        Span {
            months: 0,
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        }
    }

    /// The instant this long after `start`; `None` past the year 9999.
    ///
    /// Months come first; the 31st becomes the last day of a shorter month.
    pub fn after(self, start: Timestamp) -> Option<Timestamp> {
        let moved = start
            .to_chrono()
            .checked_add_months(Months::new(self.months))?;
        Timestamp::from_unix(moved.timestamp().checked_add(self.seconds)?)
    }

    /// The instant this long before `end`; `None` before 1970.
    pub fn before(self, end: Timestamp) -> Option<Timestamp> {
        let moved = end
            .to_chrono()
            .checked_sub_months(Months::new(self.months))?;
        Timestamp::from_unix(moved.timestamp().checked_sub(self.seconds)?)
    }
}

impl FromStr for Span {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fault = || Invalid::new(format!("'{text}' is not a duration")).hint(HOW);
        if text == "0" {
            return Ok(Span::default());
        }
        let mut span = Span::default();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
            let count: u32 = rest[..digits].parse().map_err(|_| fault())?;
            rest = &rest[digits..];
            let letters = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let (months, seconds) = match &rest[..letters] {
                "y" => (12, 0),
                "mo" => (1, 0),
                "w" => (0, 7 * 86_400),
                "d" => (0, 86_400),
                "h" => (0, 3_600),
                "m" => (0, 60),
                "s" => (0, 1),
                _ => return Err(fault()),
            };
            span.months = count
                .checked_mul(months)
                .and_then(|m| span.months.checked_add(m))
                .ok_or_else(fault)?;
            span.seconds = span
                .seconds
                .checked_add(i64::from(count) * seconds)
                .ok_or_else(fault)?;
            rest = &rest[letters..];
        }
        if text.is_empty() {
            Err(fault())
        } else {
            Ok(span)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(span: &str, start: &str) -> String {
        let start = Timestamp::parse(start).unwrap();
        let span = span.parse::<Span>().unwrap();
        span.after(start).unwrap().to_string()
    }

    #[test]
    fn months_and_years_follow_the_calendar() {
        for (span, end) in [
            ("1mo", "2026-02-28T10:00:00Z"),
            ("6mo", "2026-07-31T10:00:00Z"),
            ("1y", "2027-01-31T10:00:00Z"),
            ("1y1mo1d", "2027-03-01T10:00:00Z"),
        ] {
            assert_eq!(after(span, "2026-01-31T10:00:00Z"), end, "{span}");
        }
        assert_eq!(after("1y", "2024-02-29T00:00:00Z"), "2025-02-28T00:00:00Z");
    }

    #[test]
    fn a_sum_of_parts_that_is_too_long_is_refused_and_not_wrapped() {
        assert!("4294967295w".repeat(3600).parse::<Span>().is_err());
        assert!("4294967295mo1mo".parse::<Span>().is_err());
    }
}
