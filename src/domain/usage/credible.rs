//! Which times of uses are believed.

use crate::domain::Timestamp;

/// How far the clock of a gateway may be ahead, in seconds.
const AHEAD: i64 = 86_400;

/// The span of time in which a use can have happened, as far as the clock can tell. One use of the
/// year 1971 or 9999 would otherwise decide what was used first or last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredibleTimes {
    latest: Timestamp,
}

impl CredibleTimes {
    /// The first second, whatever the clock says: 2020-01-01T00:00:00Z. No log from before is worth
    /// importing, and a clock that says so is not set.
    pub const EARLIEST: i64 = 1_577_836_800;

    /// The span, at this instant.
    pub fn at(now: Timestamp) -> Self {
        let latest = Timestamp::from_unix(now.unix() + AHEAD).unwrap_or(Timestamp::MAX);
        CredibleTimes { latest }
    }

    /// Its last second.
    pub fn latest(self) -> Timestamp {
        self.latest
    }

    /// Whether a use can have happened then.
    pub fn contains(self, at: Timestamp) -> bool {
        at.unix() >= Self::EARLIEST && at <= self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_believed_from_2020_until_a_day_from_now() {
        let at = |text| Timestamp::parse(text).unwrap();
        let times = CredibleTimes::at(at("2026-11-24T07:00:00Z"));
        for (text, is_believed) in [
            ("1970-01-01T00:00:00Z", false),
            ("2019-12-31T23:59:59Z", false),
            ("2020-01-01T00:00:00Z", true),
            ("2026-11-25T07:00:00Z", true),
            ("2026-11-25T07:00:01Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            assert_eq!(times.contains(at(text)), is_believed, "{text}");
        }
        assert_eq!(CredibleTimes::at(Timestamp::MAX).latest(), Timestamp::MAX);
    }
}
