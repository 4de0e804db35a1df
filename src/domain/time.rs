//! An instant, to the second.

use chrono::{DateTime, Datelike, FixedOffset, Timelike, Utc};

use crate::domain::Invalid;

/// An instant in whole seconds, UTC, between 1970 and 9999.
///
/// As text it is RFC 3339 with `Z`: `2026-12-31T09:30:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last instant that RFC 3339 can write: `9999-12-31T23:59:59Z`.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// The instant `seconds` after 1970-01-01T00:00:00Z, or `None` outside the years 1970 to 9999.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (0..=Self::MAX.0)
            .contains(&seconds)
            .then_some(Timestamp(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 instant; a fraction of a second is dropped, and a leap second
    /// (`23:59:60`, UTC) is the first second of the next day.
    ///
    /// # Errors
    /// If it is not RFC 3339, or outside the years 1970 to 9999.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let whole_seconds = |instant: DateTime<FixedOffset>| {
            let seconds = instant.timestamp();
            // chrono takes a second 60 for a long second 59, in any minute.
            match instant.timestamp_subsec_nanos() {
                0..1_000_000_000 => Some(seconds),
                _ => (seconds % 86_400 == 86_399).then_some(seconds + 1),
            }
        };
        DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(whole_seconds)
            .and_then(Timestamp::from_unix)
            .ok_or_else(|| Invalid::new(format!("'{text}' is not an RFC 3339 instant")))
    }

    /// The start of its hour (UTC), in seconds since 1970.
    pub fn hour(self) -> i64 {
        self.0 - self.0 % 3600
    }

    /// The start of its day (UTC), in seconds since 1970.
    pub fn day(self) -> i64 {
        self.0 - self.0 % 86_400
    }

    /// Seconds from `earlier` to `self`; negative if `self` comes first.
    pub fn seconds_since(self, earlier: Timestamp) -> i64 {
        self.0 - earlier.0
    }

    /// The instant as text, in ASCII. A list of many keys would mostly be busy with a more general
    /// way.
    pub fn to_text(self) -> [u8; 20] {
        let at = self.to_chrono().naive_utc();
        let (year, month, day) = (at.year().unsigned_abs(), at.month(), at.day());
        let mut text = *b"0000-00-00T00:00:00Z";
        let pairs = [
            (0, year / 100),
            (2, year % 100),
            (5, month),
            (8, day),
            (11, at.hour()),
            (14, at.minute()),
            (17, at.second()),
        ];
        for (place, number) in pairs {
            text[place] += (number / 10) as u8;
            text[place + 1] += (number % 10) as u8;
        }
        text
    }

    pub(crate) fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(self.0).expect("chrono knows the years 1970 to 9999")
    }

    pub(crate) fn from_chrono(instant: DateTime<Utc>) -> Option<Self> {
        Timestamp::from_unix(instant.timestamp())
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_text()).expect("digits and separators"))
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::time::Timestamp;

    #[test]
    fn text_and_instant_are_the_same_thing() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-12-31T09:30:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn offsets_are_converted_and_fractions_dropped() {
        let instant = Timestamp::parse("2026-12-31T09:30:00.999-03:00").unwrap();
        assert_eq!(instant.to_string(), "2026-12-31T12:30:00Z");
    }

    #[test]
    fn a_leap_second_is_the_first_of_the_next_day() {
        let leap = Timestamp::parse("2017-01-01T05:29:60.5+05:30").unwrap();
        assert_eq!(leap.to_string(), "2017-01-01T00:00:00Z");
    }

    #[test]
    fn what_rfc_3339_cannot_say_is_refused() {
        for text in [
            "",
            "2026-12-31",
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01T00:00:00",
            "9999-12-31T23:59:60Z",
            "2026-12-31T12:30:60Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        assert!(Timestamp::from_unix(-1).is_none());
        assert!(Timestamp::from_unix(Timestamp::MAX.unix() + 1).is_none());
    }
}
