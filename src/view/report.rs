//! Reports of recorded uses.

pub mod bars;
pub mod chart;
pub mod page;

pub use crate::view::report::page::{FIRST_LINE, Page, TABLE_ROWS, Table};

use crate::domain::usage::{GroupBy, Outcome, UsageRow};
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::human::told;
use crate::view::json::usage::{REPORT_COLUMNS, ReportBody, RowsBody, ShareBody};
use crate::view::text::escape::visible;
use crate::view::text::time::{counted, exact_and_relative, percent};
use crate::view::text::wrap;
use crate::view::{Format, Output, OutputOptions};

/// What is known of the uses of a key, or of all keys.
#[derive(Debug)]
pub struct Report {
    /// The key; else it is about all keys.
    pub key: Option<Key>,
    /// From when on uses are looked at, if not all are.
    pub since: Option<Timestamp>,
    /// Since when uses are recorded, if any ever was.
    pub recorded_since: Option<Timestamp>,
    /// What the rows are.
    pub by: GroupBy,
    /// All uses together, if there are any.
    pub all: Option<UsageRow>,
    /// From how many addresses they came.
    pub addresses: u64,
    /// The uses by outcome.
    pub outcomes: Vec<UsageRow>,
    /// How many rows there are that are not shown.
    pub left_out: u64,
}

/// Hands the rows that are shown, the uses by what was asked for, to a function. There may be too
/// many to hold them.
pub type EachRow<'r> =
    dyn Fn(&mut dyn FnMut(&UsageRow) -> Result<(), Error>) -> Result<(), Error> + 'r;

impl Report {
    /// The refusals by their reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, u64)> {
        self.outcomes.iter().filter_map(|share| {
            let word = share.group.as_deref()?;
            word.parse::<Outcome>()
                .is_ok_and(Outcome::is_refusal)
                .then(|| (word, share.totals.count()))
        })
    }

    /// From when on uses of this report would be known: all of what was recorded, or what is looked
    /// at.
    pub fn known_since(&self) -> Option<Timestamp> {
        self.recorded_since
            .map(|recorded| self.since.map_or(recorded, |since| since.max(recorded)))
    }

    /// What is missing, in words: what was not recorded may have happened.
    pub fn silence(&self) -> String {
        match self.known_since() {
            Some(since) => format!("no use recorded since {since}"),
            None => {
                "no use was ever recorded in this store ('check --record' and 'usage import' do)"
                    .into()
            }
        }
    }
}

impl Output<'_> {
    /// A report of uses.
    pub fn usage_report(
        &mut self,
        report: &Report,
        each_row: &EachRow<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        match self.format() {
            Format::Human => {
                let mut rows = Vec::new();
                each_row(&mut |row| {
                    rows.push(row.clone());
                    Ok(())
                })?;
                human(report, &rows, now, self.options)
                    .iter()
                    .try_for_each(|line| self.line(line))
            }
            Format::Json | Format::Sarif => {
                let rows = RowsBody::new(each_row);
                let written = self.document(ReportBody::of(report, &rows, now), |_| Ok(()));
                rows.failure().map_or(written, Err)
            }
            Format::Jsonl => each_row(&mut |row| self.json(&ShareBody::of(row))),
            Format::Csv => {
                self.csv(REPORT_COLUMNS)?;
                each_row(&mut |row| {
                    self.csv(ShareBody::of(row).cells().each_ref().map(String::as_str))
                })
            }
        }
    }
}

/// The report for people: what there is in all, then a line for each row.
fn human(
    report: &Report,
    rows: &[UsageRow],
    now: Timestamp,
    options: OutputOptions,
) -> Vec<String> {
    let look = options.out;
    let whose = match &report.key {
        Some(key) => {
            let name = look.strong(&visible(key.name.as_str()));
            format!(
                "{name} ({}), {}, {}",
                key.id,
                key.environment,
                key.status(now).as_str()
            )
        }
        None => look.strong("All keys"),
    };
    let wrap_hanging = |line: &str, indent| wrap::wrap_hanging(line, indent, options.width);
    let mut lines = wrap_hanging(&whose, 2);
    let Some(all) = &report.all else {
        lines.extend(wrap_hanging(&format!("  {}", report.silence()), 2));
        return lines;
    };
    let mut field =
        |name: &str, value: &str| lines.extend(wrap::field(name, value, look, options.width));
    field(
        "requests",
        &format!("{}: {}", counted(all.totals.count()), told(all.totals)),
    );
    let refusals: Vec<String> = report
        .refusals()
        .map(|(reason, count)| format!("{reason} {}", counted(count)))
        .collect();
    if !refusals.is_empty() {
        let share = percent(all.totals.refused, all.totals.count());
        field("refusals", &format!("{share}: {}", refusals.join(", ")));
    }
    field("first", &exact_and_relative(all.first_at, now));
    field("last", &exact_and_relative(all.last_at, now));
    field("addresses", &counted(report.addresses));
    if let Some(since) = report.known_since() {
        field("known since", &exact_and_relative(since, now));
    }
    lines.push(String::new());
    lines.extend(bars::rows(report, rows, now, options));
    lines
}
