//! Points in time, held against a calendar that counts days one at a time in its head.

use zenflow_keys::domain::{Expiry, Span, Timestamp, When};
use zenflow_keys::internals::exact_and_relative;

use super::Choices;

pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let choices = &mut Choices(bytes);
    let now = instant(choices);
    any_text_is_read_or_refused(&text, now);
    a_span_is_counted_by_the_calendar(choices, now);
    a_day_lasts_through_its_end(choices, now);
    let other = instant(choices);
    assert!(exact_and_relative(other, now).starts_with(&other.to_string()));
}

fn instant(choices: &mut Choices<'_>) -> Timestamp {
    let seconds = choices.number(5) as i64 % (Timestamp::MAX.unix() + 1);
    Timestamp::from_unix(seconds).unwrap()
}

fn any_text_is_read_or_refused(text: &str, now: Timestamp) {
    if let Ok(instant) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
    }
    let Ok(when) = text.parse::<When>() else {
        return;
    };
    assert!(text.is_ascii());
    assert!(text.parse::<Span>().is_err() || matches!(when, When::Span(_)));
    let (until, as_of, since) = (when.until(now), when.as_of(now), when.since(now));
    match when {
        When::Span(_) => {
            assert_eq!(until, as_of);
            assert!(until.is_ok_and(|until| until >= now) || when.until(now).is_err());
            assert!(since.is_ok_and(|since| since <= now) || when.since(now).is_err());
        }
        When::Day(_) => {
            assert_eq!(as_of, since);
            assert!(
                until.is_err() || until.unwrap().seconds_since(as_of.clone().unwrap()) == 86_400
            );
            assert!(as_of.unwrap().to_string().starts_with(text));
        }
        When::At(instant) => assert_eq!(
            (until, as_of, since),
            (Ok(instant), Ok(instant), Ok(instant))
        ),
    }
    if let Ok(end) = text.parse::<Expiry>().unwrap().expires_at(now) {
        assert!(end.is_some_and(|end| end > now));
    }
}

/// A year, a month and a day, and the second of that day.
#[derive(Debug, Clone, Copy)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    second: i64,
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn to_seconds(civil: Civil) -> i64 {
    let leap_years = |before: i64| (before - 1) / 4 - (before - 1) / 100 + (before - 1) / 400;
    let years = 365 * (civil.year - 1970) + leap_years(civil.year) - leap_years(1970);
    let months: i64 = (1..civil.month)
        .map(|month| days_in(civil.year, month))
        .sum();
    (years + months + civil.day - 1) * 86_400 + civil.second
}

fn to_civil(instant: Timestamp) -> Civil {
    let mut civil = Civil {
        year: 1970,
        month: 1,
        day: 1,
        second: instant.unix() % 86_400,
    };
    let mut days = instant.unix() / 86_400;
    for step in [400, 100, 4, 1] {
        loop {
            let next = Civil {
                year: civil.year + step,
                second: 0,
                ..civil
            };
            let length = (to_seconds(next) - to_seconds(Civil { second: 0, ..civil })) / 86_400;
            if days < length {
                break;
            }
            days -= length;
            civil.year = next.year;
        }
    }
    while days >= days_in(civil.year, civil.month) {
        days -= days_in(civil.year, civil.month);
        civil.month += 1;
    }
    Civil {
        day: days + 1,
        ..civil
    }
}

fn add_months(civil: Civil, months: i64) -> Civil {
    let month = civil.year * 12 + civil.month - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    Civil {
        year,
        month,
        day: civil.day.min(days_in(year, month)),
        second: civil.second,
    }
}

fn a_span_is_counted_by_the_calendar(choices: &mut Choices<'_>, now: Timestamp) {
    let (mut text, mut months, mut seconds) = (String::new(), 0_i64, 0_i64);
    for _ in 0..=choices.below(4) {
        let size = choices.below(4) as u32;
        let count = choices.number(size) as i64;
        let (unit, its_months, its_seconds) = choices.one(&[
            ("y", 12, 0),
            ("mo", 1, 0),
            ("w", 0, 604_800),
            ("d", 0, 86_400),
            ("h", 0, 3_600),
            ("m", 0, 60),
            ("s", 0, 1),
        ]);
        text += &format!("{count}{unit}");
        months += count * its_months;
        seconds += count * its_seconds;
    }
    let span: Span = text.parse().unwrap();
    assert_eq!(to_seconds(to_civil(now)), now.unix());
    let counted = |months: i64, seconds: i64| {
        // Beyond the calendar anyway: the model need not go there.
        let moved = (months.abs() <= 120_000).then(|| add_months(to_civil(now), months))?;
        (moved.year >= 1)
            .then(|| to_seconds(moved) + seconds)
            .and_then(Timestamp::from_unix)
    };
    assert_eq!(span.after(now), counted(months, seconds), "{now} + {text}");
    assert_eq!(
        span.before(now),
        counted(-months, -seconds),
        "{now} - {text}"
    );
}

fn a_day_lasts_through_its_end(choices: &mut Choices<'_>, now: Timestamp) {
    let (year, month, day) = (
        1960 + choices.number(2) as i64 % 8100,
        choices.below(14) as i64,
        choices.below(33) as i64,
    );
    let text = format!("{year:04}-{month:02}-{day:02}");
    let exists = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && (1970..=9999).contains(&year);
    let read = text.parse::<When>();
    assert_eq!(read.is_ok(), exists, "{text}");
    let Ok(when) = read else { return };
    let start = to_seconds(Civil {
        year,
        month,
        day,
        second: 0,
    });
    assert_eq!(when.as_of(now).unwrap().unix(), start);
    assert_eq!(when.until(now).ok(), Timestamp::from_unix(start + 86_400));
}
