//! The rows of a report, each with a bar, as wide as the terminal.

use textwrap::core::display_width;

use crate::domain::Timestamp;
use crate::domain::usage::UsageRow;
use crate::view::text::escape::visible;
use crate::view::text::number::{percent, with_thousands};
use crate::view::text::theme::Theme;
use crate::view::usage_report::UsageSummary;

/// The width where that of the terminal is not known.
const WIDTH: usize = 80;
/// A bar shorter than this says nothing.
const SHORTEST: usize = 8;
/// A label is not cut below this: a date.
const SHORTEST_LABEL: usize = 10;
/// So many parts of time without use are shown one by one; more become one line.
const GAP: i64 = 3;

/// From this width on there are columns besides the numbers and the bars.
const WIDE: usize = 64;
/// The width of a share: `100%`, `<0.1%`.
const SHARE: usize = 5;
/// What stands behind the first use of what is new.
const NEW: &str = " new";
/// The width of a date.
const DATE: usize = 10;

/// One line of the table.
enum BarRow<'r> {
    /// Uses, under this label.
    UsageBucket(String, &'r UsageRow),
    /// A part of time without any.
    Empty(String),
    /// Several of them.
    Gap(String),
}

/// All rows under a header.
pub fn rows(report: &UsageSummary<'_>, uses: &[UsageRow], theme: &Theme) -> Vec<String> {
    let rows = arranged(report, uses);
    let most = uses.iter().map(|row| row.totals.count()).max().unwrap_or(0);
    let has_refusals = uses.iter().any(|row| row.totals.refused > 0);
    let label = |row: &BarRow<'_>| match row {
        BarRow::UsageBucket(label, _) | BarRow::Empty(label) => display_width(label),
        BarRow::Gap(_) => 0,
    };
    let numbers = with_thousands(most).len().max("REQUESTS".len());
    let width = theme.width.map_or(WIDTH, usize::from);
    // Where there is little room, bars come first.
    let has_share = has_refusals && width >= WIDE;
    let refusals = 2 + numbers + if has_share { 2 + SHARE } else { 0 };
    let columns = 2 + numbers + if has_refusals { refusals } else { 0 };
    // Since when something is known is worth more than a bar.
    let has_first = report.by.seconds().is_none() && width >= WIDE;
    let is_new = |row: &UsageRow| has_first && report.is_new(row.first_at);
    let has_new = uses.iter().any(is_new);
    let new = if has_new { NEW.len() } else { 0 };
    let columns = columns + if has_first { 2 + DATE + new } else { 0 };
    let labels = rows
        .iter()
        .map(label)
        .max()
        .unwrap_or(0)
        .max(report.by.as_str().len());
    let labels = if theme.width.is_some() {
        labels.min(width.saturating_sub(columns).max(SHORTEST_LABEL))
    } else {
        labels
    };
    let room = Some(width.saturating_sub(labels + columns + 2))
        .filter(|room| *room >= SHORTEST)
        .unwrap_or(0);
    let padded = |text: &str| {
        let text = shortened(text, labels, theme);
        format!(
            "{text}{}",
            " ".repeat(labels.saturating_sub(display_width(&text)))
        )
    };
    let share = |text: &str| {
        if has_share {
            format!("  {text:>SHARE$}")
        } else {
            String::new()
        }
    };
    let refused_header = if has_refusals {
        format!("  {:>numbers$}{}", "REFUSED", share("%"))
    } else {
        String::new()
    };
    let mut lines = vec![theme.label(&format!(
        "{}  {:>numbers$}{refused_header}{}",
        padded(&report.by.as_str().to_uppercase()),
        "REQUESTS",
        if has_first { "  FIRST USE" } else { "" }
    ))];
    for row in &rows {
        lines.push(match row {
            BarRow::UsageBucket(label, uses) => {
                let totals = uses.totals;
                let refused = match (has_refusals, totals.refused) {
                    (false, _) => String::new(),
                    (true, 0) => format!("  {:>numbers$}{}", "-", share("-")),
                    (true, refused) => format!(
                        "  {:>numbers$}{}",
                        with_thousands(refused),
                        share(&percent(refused, totals.count()))
                    ),
                };
                let first = if has_first {
                    let mark = if is_new(uses) {
                        theme.caution(NEW)
                    } else {
                        " ".repeat(new)
                    };
                    format!("  {}{mark}", label_of(uses.first_at.unix(), true))
                } else {
                    String::new()
                };
                let bar = bar(totals.count(), totals.refused, most, room, theme);
                format!(
                    "{}  {:>numbers$}{refused}{first}  {bar}",
                    padded(label),
                    with_thousands(totals.count())
                )
            }
            BarRow::Empty(label) => format!(
                "{}  {}",
                padded(label),
                theme.label(&format!("{:>numbers$}", "-"))
            ),
            BarRow::Gap(text) => theme.label(&format!("{}  {text}", theme.pick("⋮", ":"))),
        });
    }
    if report.left_out > 0 {
        let word = match report.by.seconds() {
            Some(_) => "earlier",
            None => "more",
        };
        let text = format!(
            "and {} {word}: see --limit",
            with_thousands(report.left_out)
        );
        lines.push(theme.label(&text));
    }
    if has_refusals && room > 0 {
        let legend = format!(
            "{} answered  {} refused",
            theme.pick("█", "#"),
            theme.pick("░", "!")
        );
        lines.push(theme.label(&legend));
    }
    lines
}

/// A label in so many columns, with a mark where it was cut.
fn shortened(label: &str, columns: usize, theme: &Theme) -> String {
    if display_width(label) <= columns {
        return label.into();
    }
    let mut short = String::new();
    for c in label.chars() {
        if display_width(&short) + display_width(c.encode_utf8(&mut [0; 4])) + 1 > columns {
            break;
        }
        short.push(c);
    }
    short + theme.pick("…", "~")
}

/// The bar of a number among others of which the largest is `most`: what was refused is its end.
/// What is there at all is seen, as far as there is room: one cell shows what there is more of.
fn bar(count: u64, refused: u64, most: u64, room: usize, theme: &Theme) -> String {
    let all = share_of(room, count, most)
        .max(usize::from(count > 0))
        .min(room);
    let refused = match all {
        1 => usize::from(refused * 2 > count),
        _ if refused == 0 => 0,
        _ if refused == count => all,
        _ => share_of(all, refused, count)
            .max(1)
            .min(all.saturating_sub(1)),
    };
    let (full, hollow) = (theme.pick("█", "#"), theme.pick("░", "!"));
    format!(
        "{}{}",
        full.repeat(all - refused),
        if refused > 0 {
            theme.bad(&hollow.repeat(refused))
        } else {
            String::new()
        }
    )
}

/// So much of `room` as `number` is of `most`.
fn share_of(room: usize, number: u64, most: u64) -> usize {
    let length = u128::from(number) * room as u128 / u128::from(most.max(1));
    usize::try_from(length).unwrap_or(room).min(room)
}

/// The rows with their labels. Where they are parts of time, those without use stand between them,
/// up to now.
fn arranged<'r>(report: &UsageSummary<'_>, uses: &'r [UsageRow]) -> Vec<BarRow<'r>> {
    let label = |row: &UsageRow| {
        let group = row.group.as_deref().map_or("-".into(), visible);
        row.name.as_deref().map_or_else(
            || group.clone().into_owned(),
            |name| format!("{} ({group})", visible(name)),
        )
    };
    let Some(length) = report.by.seconds() else {
        return uses
            .iter()
            .map(|row| BarRow::UsageBucket(label(row), row))
            .collect();
    };
    let start = |instant: Timestamp| instant.unix() - instant.unix() % length;
    let (word, is_day) = (report.by.as_str(), length == 86_400);
    let mut rows = Vec::new();
    // Before the first row there is no gap if there are rows that are not shown.
    let known_since = report.known_since().filter(|_| report.left_out == 0);
    let mut next = known_since.map(start);
    let fill = |rows: &mut Vec<BarRow<'r>>, from: Option<i64>, to: i64| {
        let from = from.unwrap_or(to);
        match (to - from) / length {
            missing @ 1..=GAP => rows
                .extend((0..missing).map(|n| BarRow::Empty(label_of(from + n * length, is_day)))),
            missing if missing > GAP => rows.push(BarRow::Gap(format!(
                "{missing} {word}s without recorded use"
            ))),
            _ => {}
        }
    };
    for row in uses {
        let at = start(row.first_at);
        fill(&mut rows, next, at);
        rows.push(BarRow::UsageBucket(label_of(at, is_day), row));
        next = Some(at + length);
    }
    // The present part of time is not over, and is no gap.
    fill(&mut rows, next, start(report.now));
    rows
}

/// A part of time: `2026-11-01`, `2026-11-01 07:00`.
fn label_of(start: i64, is_day: bool) -> String {
    let text = Timestamp::from_unix(start)
        .map(|instant| instant.to_string())
        .unwrap_or_default();
    if is_day {
        text.get(..10).unwrap_or_default().into()
    } else {
        text.get(..16).unwrap_or_default().replace('T', " ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_never_shows_few_refusals_as_all() {
        let plain = Theme::default();
        let drawn = |count, refused, most, room| bar(count, refused, most, room, &plain);
        assert_eq!(drawn(3_661, 9, 10_000_000, 20), "#");
        assert_eq!(drawn(3_661, 3_000, 10_000_000, 20), "!");
        assert_eq!(drawn(3_661, 9, 3_661, 4), "###!");
        assert_eq!(drawn(10, 9, 10, 4), "#!!!");
        assert_eq!(
            (drawn(4, 4, 4, 4), drawn(4, 0, 4, 4)),
            ("!!!!".into(), "####".into())
        );
        assert_eq!(
            (drawn(4, 1, 4, 0), drawn(0, 0, 4, 4)),
            (String::new(), String::new())
        );
    }
}
