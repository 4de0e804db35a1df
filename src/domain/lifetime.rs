//! Points in time as people say them: `90d`, `1d12h`, `2026-12-31`, `2026-12-31T09:30:00Z`,
//! `never`.

pub mod span;

use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveTime};

use crate::domain::{Invalid, Timestamp};

pub use crate::domain::lifetime::span::Span;

const HOW: &str = "write a duration (90d, 12h, 2w, 6mo, 1y, 30m, 1d12h), a date (2026-12-31) or an instant (2026-12-31T09:30:00Z)";

/// A point in time, said relative to now, as a day, or exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long from now (or, looking back, before now).
    Span(Span),
    /// A day of the calendar, UTC.
    Day(NaiveDate),
    /// Exactly then.
    At(Timestamp),
}

impl When {
    /// The instant up to which something lasts: a day is meant through its end, a span runs from
    /// now on.
    ///
    /// # Errors
    /// If the instant lies past the year 9999.
    pub fn until(self, now: Timestamp) -> Result<Timestamp, Invalid> {
        match self {
            When::Span(span) => span.after(now),
            When::Day(day) => day.checked_add_days(Days::new(1)).and_then(start_of),
            When::At(instant) => Some(instant),
        }
        .ok_or_else(out_of_range)
    }

    /// The same, if it lies in the future.
    ///
    /// # Errors
    /// If it is `now` or earlier, or past the year 9999.
    pub fn in_the_future(self, now: Timestamp) -> Result<Timestamp, Invalid> {
        let instant = self.until(now)?;
        if instant > now {
            Ok(instant)
        } else {
            Err(self.is_past(now))
        }
    }

    /// Says, in the words that were typed, that this is not in the future.
    pub fn is_past(self, now: Timestamp) -> Invalid {
        let typed = match self {
            When::Span(_) => "a duration of 0 ends now, which".to_owned(),
            When::Day(day) => format!("{day}"),
            When::At(instant) => instant.to_string(),
        };
        Invalid::new(format!("{typed} is not in the future")).hint(format!("it is {now}; {HOW}"))
    }

    /// The instant at which something is looked at: a day is meant from its start, a span runs from
    /// now on.
    ///
    /// # Errors
    /// If the instant lies past the year 9999.
    pub fn as_of(self, now: Timestamp) -> Result<Timestamp, Invalid> {
        match self {
            When::Day(day) => start_of(day).ok_or_else(out_of_range),
            other => other.until(now),
        }
    }

    /// The instant from which on something is meant, looking back: a day from its start, a span
    /// before now.
    ///
    /// # Errors
    /// If the instant lies before 1970.
    pub fn since(self, now: Timestamp) -> Result<Timestamp, Invalid> {
        match self {
            When::Span(span) => span.before(now).ok_or_else(out_of_range),
            other => other.as_of(now),
        }
    }
}

fn start_of(day: NaiveDate) -> Option<Timestamp> {
    Timestamp::from_chrono(day.and_time(NaiveTime::MIN).and_utc())
}

fn out_of_range() -> Invalid {
    Invalid::new("that is outside the years 1970 to 9999").hint(HOW)
}

impl FromStr for When {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if let Ok(span) = text.parse() {
            return Ok(When::Span(span));
        }
        if let Some(day) = parse_day(text) {
            return Ok(When::Day(day));
        }
        if let Ok(instant) = Timestamp::parse(text) {
            return Ok(When::At(instant));
        }
        Err(Invalid::new(format!("'{text}' is not a point in time")).hint(HOW))
    }
}

/// `YYYY-MM-DD`, four, two and two digits: chrono alone would take `2026-1-1`, signs and spaces.
fn parse_day(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        });
    let day = shape.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())??;
    start_of(day).map(|_| day)
}

/// When a key ends: `never`, or a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It does not end by itself.
    Never,
    /// It ends then.
    When(When),
}

impl Expiry {
    /// The instant from which on the key is expired; `None` for `never`.
    ///
    /// # Errors
    /// If that instant is not in the future: a key that is made or set to be expired already is a
    /// mistake.
    pub fn expires_at(self, now: Timestamp) -> Result<Option<Timestamp>, Invalid> {
        let Expiry::When(when) = self else {
            return Ok(None);
        };
        when.in_the_future(now).map(Some)
    }
}

impl FromStr for Expiry {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "never" {
            Ok(Expiry::Never)
        } else {
            text.parse().map(Expiry::When)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn until(text: &str) -> String {
        text.parse::<When>()
            .unwrap()
            .until(at("2026-01-31T10:00:00Z"))
            .unwrap()
            .to_string()
    }

    #[test]
    fn durations_count_from_now_and_add_up() {
        assert_eq!(until("90d"), "2026-05-01T10:00:00Z");
        assert_eq!(until("12h"), "2026-01-31T22:00:00Z");
        assert_eq!(until("2w"), "2026-02-14T10:00:00Z");
        assert_eq!(until("30m"), "2026-01-31T10:30:00Z");
        assert_eq!(until("45s"), "2026-01-31T10:00:45Z");
        assert_eq!(until("1d12h"), "2026-02-01T22:00:00Z");
        assert_eq!(until("0"), "2026-01-31T10:00:00Z");
    }

    #[test]
    fn a_date_lasts_through_its_day_and_begins_with_it() {
        let now = at("2026-01-01T00:00:00Z");
        let day: When = "2026-12-31".parse().unwrap();
        assert_eq!(day.until(now).unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(day.as_of(now).unwrap().to_string(), "2026-12-31T00:00:00Z");
        assert_eq!(day.since(now).unwrap().to_string(), "2026-12-31T00:00:00Z");
    }

    #[test]
    fn looking_back_a_span_lies_before_now() {
        let week: When = "1w".parse().unwrap();
        assert_eq!(
            week.since(at("2026-01-08T00:00:00Z")).unwrap().to_string(),
            "2026-01-01T00:00:00Z"
        );
        let ages: When = "100y".parse().unwrap();
        assert!(ages.since(at("2026-01-08T00:00:00Z")).is_err());
    }

    #[test]
    fn malformed_times_are_refused() {
        for text in [
            "",
            " ",
            "d",
            "90",
            "90 d",
            "-1d",
            "+1d",
            "1.5d",
            "90D",
            "1d ",
            "1dd",
            "1x",
            "1month",
            "00",
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "31-12-2026",
            "+2026-1-12",
            "2026- 1-12",
            "2026-12-31T",
            "2026-12-31T25:00:00Z",
            "99999999999d",
            "4294967295y",
            "9999-12-32",
            "١d",
            "1969-01-01",
            "never",
        ] {
            assert!(text.parse::<When>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_time_past_the_year_9999_is_refused_and_not_wrapped() {
        let now = at("2026-01-01T00:00:00Z");
        for text in ["8000y", "4000000000s4000000000d", "9999-12-31"] {
            assert!(text.parse::<When>().unwrap().until(now).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_that_is_past_is_named_as_it_was_typed() {
        let day: When = "2020-01-01".parse().unwrap();
        let fault = day.in_the_future(at("2026-01-01T00:00:00Z")).unwrap_err();
        assert_eq!(fault.message, "2020-01-01 is not in the future");
    }

    #[test]
    fn the_past_and_this_very_second_are_no_expiry() {
        let now = at("2026-01-01T00:00:00Z");
        for text in ["0", "0d", "2025-12-31", "2026-01-01T00:00:00Z"] {
            assert!(
                text.parse::<Expiry>().unwrap().expires_at(now).is_err(),
                "{text}"
            );
        }
        assert_eq!(
            "2026-01-01"
                .parse::<Expiry>()
                .unwrap()
                .expires_at(now)
                .unwrap()
                .unwrap()
                .to_string(),
            "2026-01-02T00:00:00Z"
        );
        assert_eq!("never".parse::<Expiry>().unwrap().expires_at(now), Ok(None));
    }
}
