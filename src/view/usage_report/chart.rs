//! Charts as SVG inside a page. Only shapes are drawn here, stretched to the width of the page;
//! words stay HTML, so that they keep their size on every screen.

use std::fmt::Write;

use crate::domain::Timestamp;
use crate::domain::usage::{Totals, UsageRow};
use crate::view::text::number::with_thousands;

const DAY: i64 = 86_400;
const HEIGHT: u64 = 160;

/// How high a number is drawn where `most` reaches the top. What is there at all is seen.
fn height(number: u64, most: u64) -> u64 {
    let height = u128::from(number) * u128::from(HEIGHT) / u128::from(most.max(1));
    u64::try_from(height)
        .unwrap_or(HEIGHT)
        .max(2 * u64::from(number > 0))
}

/// A column for each day from the first to the last, those without use too: a mark on the ground
/// shows that they were looked at.
pub fn days(rows: &[UsageRow], first: i64, last: i64) -> String {
    let most = rows.iter().map(|row| row.totals.count()).max().unwrap_or(0);
    let count = (last - first) / DAY + 1;
    let mut svg = format!(
        "<svg class=\"days\" role=\"img\" aria-label=\"Requests a day\" viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\">",
        count * 10
    );
    let mut rows = rows.iter().peekable();
    for day in 0..count {
        let start = first + day * DAY;
        let x = day * 10 + 1;
        let date = Timestamp::from_unix(start)
            .map(|instant| instant.to_string())
            .unwrap_or_default();
        let date = date.get(..10).unwrap_or_default();
        match rows.next_if(|row| row.first_at.day() == start) {
            Some(row) => column(&mut svg, x, date, row.totals, most),
            None => {
                // Writing to a string cannot fail.
                let _ = write!(
                    svg,
                    "<rect class=\"none\" x=\"{x}\" y=\"{}\" width=\"8\" height=\"2\"><title>{date}: no recorded use</title></rect>",
                    HEIGHT - 2
                );
            }
        }
    }
    svg + "</svg>"
}

/// Allowed uses at the bottom, then the others, refusals on top.
fn column(svg: &mut String, x: i64, date: &str, totals: Totals, most: u64) {
    let Totals {
        allowed,
        refused,
        other,
    } = totals;
    let _ = write!(
        svg,
        "<g><title>{date}: {} allowed, {} refused, {} other</title>",
        with_thousands(allowed),
        with_thousands(refused),
        with_thousands(other)
    );
    let mut ground = HEIGHT;
    for (class, number) in [("allowed", allowed), ("other", other), ("refused", refused)] {
        let height = height(number, most).min(ground);
        ground -= height;
        if number > 0 {
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{ground}\" width=\"8\" height=\"{height}\"/>"
            );
        }
    }
    svg.push_str("</g>");
}

/// Days of the week, Monday first.
pub const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The uses on an hour of a day of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekHour {
    /// How many there were in all.
    pub uses: u64,
    /// How often the period has that hour.
    pub times: u64,
}

impl WeekHour {
    /// The mean, in tenths.
    fn tenths(self) -> u64 {
        (self.uses.saturating_mul(10) + self.times / 2) / self.times.max(1)
    }
}

/// The uses on each hour of each day of the week, from the hour of `first` to that of `last`.
pub fn week(hours: &[UsageRow], first: i64, last: i64) -> [[WeekHour; 24]; 7] {
    const HOUR: i64 = 3_600;
    let mut week = [[WeekHour::default(); 24]; 7];
    // 1970 began on a Thursday.
    let place = |at: i64| {
        let (weekday, hour) = (
            (at.div_euclid(DAY) + 3).rem_euclid(7),
            at.rem_euclid(DAY) / HOUR,
        );
        usize::try_from(weekday)
            .ok()
            .zip(usize::try_from(hour).ok())
    };
    let (first, last) = (first.div_euclid(HOUR), last.div_euclid(HOUR));
    let count = u64::try_from(last - first + 1).unwrap_or(0);
    for nth in 0..7 * 24 {
        if let Some((weekday, hour)) = place((first + nth) * HOUR) {
            let nth = nth.unsigned_abs();
            week[weekday][hour].times = (count + 7 * 24 - 1 - nth) / (7 * 24);
        }
    }
    for row in hours {
        if let Some((weekday, hour)) = place(row.first_at.unix()) {
            week[weekday][hour].uses += row.totals.count();
        }
    }
    week
}

/// A cell for each hour of each day of the week; the more uses on the mean, the more of the colour.
pub fn heat(week: &[[WeekHour; 24]; 7]) -> String {
    let tenths = week.iter().flatten().map(|cell| cell.tenths());
    let most = tenths.max().unwrap_or(0).max(1);
    let mut svg =
        "<svg class=\"heat\" role=\"img\" aria-label=\"Mean requests by weekday and hour\" viewBox=\"0 0 240 70\" preserveAspectRatio=\"none\">"
            .to_owned();
    for (weekday, hours) in week.iter().enumerate() {
        for (hour, cell) in hours.iter().enumerate() {
            let strength = u128::from(cell.tenths()) * 100 / u128::from(most);
            let opacity = if cell.uses == 0 { 0 } else { strength.max(8) };
            let mean = cell.tenths();
            let text = match (cell.times, mean % 10) {
                (0, _) => "not in this period".to_owned(),
                (_, 0) => format!("{} requests on average", with_thousands(mean / 10)),
                (_, tenth) => format!("{}.{tenth} requests on average", with_thousands(mean / 10)),
            };
            let _ = write!(
                svg,
                "<g><title>{} {hour:02}:00: {text}</title><rect class=\"none\" x=\"{x}\" y=\"{y}\" width=\"9\" height=\"9\"/>\
                 <rect class=\"allowed\" x=\"{x}\" y=\"{y}\" width=\"9\" height=\"9\" opacity=\"{}.{:02}\"/></g>",
                WEEKDAYS[weekday],
                opacity / 100,
                opacity % 100,
                x = hour * 10,
                y = weekday * 10,
            );
        }
    }
    svg + "</svg>"
}

/// A bar inside a table: what was allowed, what says nothing about the key, and at its end what was
/// refused.
pub fn bar(totals: Totals, most: u64) -> String {
    let part = |number: u64| {
        u64::try_from(u128::from(number) * 1000 / u128::from(most.max(1))).unwrap_or(1000)
    };
    let mut svg = "<svg class=\"bar\" aria-hidden=\"true\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\">".to_owned();
    let mut x = 0;
    for (class, number) in [
        ("allowed", totals.allowed),
        ("other", totals.other),
        ("refused", totals.refused),
    ] {
        if number > 0 {
            let width = part(number).max(4);
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" width=\"{width}\" height=\"10\"/>"
            );
            x += width;
        }
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: i64, allowed: u64, refused: u64) -> UsageRow {
        let at = Timestamp::from_unix(at).unwrap();
        UsageRow {
            group: None,
            name: None,
            totals: Totals {
                allowed,
                refused,
                other: 0,
            },
            first_at: at,
            last_at: at,
        }
    }

    #[test]
    fn every_day_has_a_column_or_a_mark_that_it_had_none() {
        let svg = days(&[row(5, 10, 0), row(3 * DAY + 7, 1, 1)], 0, 4 * DAY);
        assert_eq!(svg.matches("no recorded use").count(), 3);
        assert!(
            svg.contains("1970-01-01: 10 allowed, 0 refused")
                && svg.contains("1970-01-04: 1 allowed, 1 refused")
        );
        assert_eq!(svg.matches("class=\"refused\"").count(), 1);
    }

    #[test]
    fn hours_fall_on_their_day_of_the_week() {
        // 2026-11-24 is a Tuesday.
        let first = 1_795_503_600;
        let rows = [row(first, 3, 1), row(first + 7 * DAY, 1, 0)];
        let week = week(&rows, first, first + 7 * DAY);
        assert_eq!(week[1][7], WeekHour { uses: 5, times: 2 });
        assert_eq!(week[1][8], WeekHour { uses: 0, times: 1 });
        let times: u64 = week.iter().flatten().map(|cell| cell.times).sum();
        assert_eq!(times, 7 * 24 + 1);
        let heat = heat(&week);
        assert!(heat.contains("Tue 07:00: 2.5 requests on average"));
        assert_eq!(heat.matches("opacity=\"1.00\"").count(), 1);
    }

    #[test]
    fn the_smallest_number_is_seen() {
        assert_eq!(
            (height(0, 1_000_000), height(1, 1_000_000), height(7, 7)),
            (0, 2, HEIGHT)
        );
    }
}
