//! `usage report`: who used what, when and how often. The rows are written as they are read.

pub mod bars;
pub mod chart;
pub mod notable;
pub mod page;
pub mod rows;

use serde::Serialize;

use crate::domain::usage::networks::BASELINE;
use crate::domain::usage::notable::Notable;
use crate::domain::usage::{GroupBy, Outcome, UsageRow};
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::view::json::Document;
use crate::view::key::BriefKey;
use crate::view::text::escape::visible;
use crate::view::text::number::{percent, with_thousands};
use crate::view::text::summary::use_counts;
use crate::view::text::theme::Theme;
use crate::view::text::time::exact_and_relative;
use crate::view::text::wrap;
use crate::view::usage_report::notable::{NewNetworkBody, RefusalCountBody};
use crate::view::usage_report::rows::{REPORT_COLUMNS, RowBody, StreamedRows, TotalBody};
use crate::view::{Format, Output};

/// What is known of the uses of a key, or of all keys; all but the rows.
#[derive(Debug)]
pub struct UsageSummary<'s> {
    /// The key; else it is about all keys.
    pub key: Option<Key>,
    /// From when on uses are looked at, if not all are.
    pub since: Option<Timestamp>,
    /// Since when uses have been recorded, if any ever was.
    pub recorded_since: Option<Timestamp>,
    /// What the rows are.
    pub by: GroupBy,
    /// All uses together, if there are any.
    pub all: Option<UsageRow>,
    /// From how many addresses they came.
    pub addresses: u64,
    /// The uses by outcome.
    pub outcomes: Vec<UsageRow>,
    /// What stands out in them.
    pub notable: &'s Notable,
    /// How many rows there are that are not shown.
    pub left_out: u64,
    /// When the report is made.
    pub now: Timestamp,
}

/// Hands the rows that are shown, the uses by what was asked for, to a function. There may be too
/// many to hold them.
pub type EachRow<'r> =
    dyn Fn(&mut dyn FnMut(&UsageRow) -> Result<(), Error>) -> Result<(), Error> + 'r;

#[derive(Serialize)]
struct ReportBody<'a> {
    key: Option<BriefKey<'a>>,
    since: Option<String>,
    recorded_since: Option<String>,
    total: TotalBody,
    addresses: u64,
    refusals: Vec<RefusalCountBody<'a>>,
    new_networks: Vec<NewNetworkBody<'a>>,
    by: &'static str,
    rows: &'a StreamedRows<'a>,
}

impl UsageSummary<'_> {
    /// The refusals by their reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&str, u64)> {
        self.outcomes.iter().filter_map(|row| {
            let word = row.group.as_deref()?;
            word.parse::<Outcome>()
                .is_ok_and(Outcome::is_refusal)
                .then(|| (word, row.totals.count()))
        })
    }

    /// From when on uses of this report would be known: all of what was recorded, or what is looked
    /// at.
    pub fn known_since(&self) -> Option<Timestamp> {
        self.recorded_since
            .map(|recorded| self.since.map_or(recorded, |since| since.max(recorded)))
    }

    /// Whether that is long enough ago to tell what is new in the last week.
    pub fn tells_news(&self) -> bool {
        self.known_since()
            .is_some_and(|since| self.now.seconds_since(since) >= BASELINE)
    }

    /// Whether something was seen for the first time in the last week, after a week or more of
    /// recording.
    pub fn is_new(&self, first_at: Timestamp) -> bool {
        self.now.seconds_since(first_at) <= BASELINE
            && self
                .known_since()
                .is_some_and(|since| first_at.seconds_since(since) >= BASELINE)
    }

    /// Why there are no uses, in words: what was not recorded may have happened.
    pub fn no_use(&self) -> String {
        match self.known_since() {
            Some(since) => format!("no use recorded since {since}"),
            None => {
                "no use has ever been recorded in this store ('check --record' and 'usage import' do)"
                    .into()
            }
        }
    }

    /// Shows the report with these rows.
    pub fn show(&self, each_row: &EachRow<'_>, output: &mut Output<'_>) -> Result<(), Error> {
        match output.format() {
            Format::Human => {
                let mut rows = Vec::new();
                each_row(&mut |row| {
                    rows.push(row.clone());
                    Ok(())
                })?;
                let lines = self.human(&rows, &output.options.out);
                lines.iter().try_for_each(|line| output.line(line))
            }
            Format::Json | Format::Sarif => {
                let rows = StreamedRows::new(each_row);
                let written = output.json(&Document::new(self.body(&rows)));
                rows.failure().map_or(written, Err)
            }
            Format::Jsonl => each_row(&mut |row| output.json(&RowBody::new(row))),
            Format::Csv => {
                output.csv(REPORT_COLUMNS)?;
                each_row(&mut |row| {
                    output.csv(RowBody::new(row).cells().each_ref().map(String::as_str))
                })
            }
        }
    }

    fn body<'a>(&'a self, rows: &'a StreamedRows<'a>) -> ReportBody<'a> {
        ReportBody {
            key: self.key.as_ref().map(|key| BriefKey::new(key, self.now)),
            since: self.since.map(|since| since.to_string()),
            recorded_since: self.recorded_since.map(|since| since.to_string()),
            total: TotalBody::new(self.all.as_ref()),
            addresses: self.addresses,
            refusals: self
                .refusals()
                .map(|(reason, count)| RefusalCountBody { reason, count })
                .collect(),
            new_networks: self
                .notable
                .new_networks
                .shown
                .iter()
                .map(NewNetworkBody::new)
                .collect(),
            by: self.by.as_str(),
            rows,
        }
    }

    /// What there is in all, then a line for each row.
    fn human(&self, rows: &[UsageRow], theme: &Theme) -> Vec<String> {
        let whose = match &self.key {
            Some(key) => {
                let name = theme.strong(&visible(key.name.as_str()));
                format!(
                    "{name} ({}), {}, {}",
                    key.id,
                    key.environment,
                    key.status(self.now).as_str()
                )
            }
            None => theme.strong("All keys"),
        };
        let wrap_hanging = |line: &str, indent| wrap::wrap_hanging(line, indent, theme.width);
        let mut lines = wrap_hanging(&whose, 2);
        let Some(all) = &self.all else {
            lines.extend(wrap_hanging(&format!("  {}", self.no_use()), 2));
            return lines;
        };
        let mut field = |name: &str, value: &str| lines.extend(wrap::field(name, value, theme));
        field(
            "requests",
            &format!(
                "{}: {}",
                with_thousands(all.totals.count()),
                use_counts(all.totals)
            ),
        );
        let refusals: Vec<String> = self
            .refusals()
            .map(|(reason, count)| format!("{reason} {}", with_thousands(count)))
            .collect();
        if !refusals.is_empty() {
            let share = percent(all.totals.refused, all.totals.count());
            field("refusals", &format!("{share}: {}", refusals.join(", ")));
        }
        field("first", &exact_and_relative(all.first_at, self.now));
        field("last", &exact_and_relative(all.last_at, self.now));
        field("addresses", &with_thousands(self.addresses));
        for (name, value) in notable::fields(self) {
            field(name, &value);
        }
        if let Some(since) = self.known_since() {
            field("known since", &exact_and_relative(since, self.now));
        }
        lines.push(String::new());
        lines.extend(bars::rows(self, rows, theme));
        lines
    }
}
