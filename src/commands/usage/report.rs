//! `usage report`: who used what, when, from where.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::{Completer, MoreFormats};
use crate::cli::help::Examples;
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::domain::path::shown;
use crate::domain::usage::{CredibleTimes, GroupBy, UsageFilter};
use crate::domain::{Environment, Timestamp, When};
use crate::error::{Code, Error};
use crate::session::{Exit, Reading, Session};
use crate::store::Store;
use crate::store::files::{Destination, Kind};
use crate::usage::sums::UsageSums;
use crate::view::Format;
use crate::view::text::escape::visible;
use crate::view::usage_report::page::{FIRST_LINE, PageTable, ReportPage, TABLE_ROWS};
use crate::view::usage_report::{EachRow, UsageSummary};

/// It tells of addresses and names: for this user alone.
const PAGE: Kind = Kind {
    name: "a usage report of this program",
    first_line: FIRST_LINE,
    mode: 0o600,
};

/// Report the recorded uses of a key, or of all keys
///
/// Shows totals, first and last use, refusals by reason, and one line for each day, hour, key,
/// address, endpoint or outcome. Only recorded uses are known ('check --record', 'usage import'),
/// and the report says since when they are recorded. Times are in UTC.
#[derive(Debug, Args)]
#[command(add = MoreFormats::Lists)]
#[command(add = Examples(&[
    r#"zenflow-keys usage report "ERP Integration" --since 30d"#,
    "zenflow-keys usage report --by key --since 2026-11-01",
    "zenflow-keys usage report ERP --by address --format csv > addresses.csv",
    "zenflow-keys usage report --since 90d --html usage.html",
]))]
pub struct UsageReport {
    /// Only this key; - to read the key itself from standard input
    #[arg(add = Completer::Key(Keys::Any))]
    key: Option<KeyRef>,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment, requires = "key")]
    env: Option<Environment>,
    /// Only uses since this time, in whole hours: 30d (ago), 2026-11-01
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    since: Option<When>,
    /// Group by: day, hour, key, address, endpoint, outcome
    #[arg(long, value_name = "GROUP", add = Completer::GroupBy, default_value = GroupBy::Day.as_str())]
    by: GroupBy,
    /// Show at most N lines: the latest days or hours, otherwise those with the most requests
    ///
    /// Without it, a person sees at most 30 keys, addresses, endpoints or outcomes; JSON and CSV are
    /// complete.
    #[arg(short = 'L', long, value_name = "N")]
    limit: Option<u64>,
    /// Write the report to this file as a self-contained web page
    ///
    /// Only a page that this command wrote before is replaced. With - the page is printed instead
    /// of the report.
    #[arg(long, value_name = "FILE", add = Completer::File)]
    html: Option<PathBuf>,
}

/// How many lines people see of what has no end.
const SCREENFUL: u64 = 30;

impl UsageReport {
    /// Reports.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let Session {
            store,
            input,
            output,
            ..
        } = session;
        match &self.html {
            Some(path) if path.as_os_str() != "-" => {
                // Refused before the work is done.
                place_of(path, store)?.must_be_free_or(PAGE)?;
            }
            Some(_) if output.format() != Format::Human => {
                return Err(Error::usage(
                    "--html - and --format would both write to standard output",
                )
                .hint("name a file: --html FILE"));
            }
            _ => {}
        }
        // Uses are counted by the hour, so that is where a report can begin.
        let since = self
            .since
            .map(|since| since.since(now))
            .transpose()?
            .and_then(|since| Timestamp::from_unix(since.hour()));
        let wanted = self.key.map(|key| key.read(input)).transpose()?;
        let (key, recorded_since) = store.read(|view| {
            let key = wanted
                .as_ref()
                .map(|wanted| key_ref::find(view, wanted, self.env, OnOpenRotation::Newest, now))
                .transpose()?;
            Ok((key, view.usage_since()?))
        })?;
        let filter = UsageFilter {
            key: key.as_ref().map(|key| key.id),
            since,
            times: Some(CredibleTimes::at(now)),
        };
        let sums = UsageSums::read(store, filter, now)?;
        let is_long = output.format() == Format::Human && self.by.seconds().is_none();
        let limit = self.limit.or(is_long.then_some(SCREENFUL));
        let groups = sums.count(self.by)?;
        let report = UsageSummary {
            key,
            since,
            recorded_since,
            by: self.by,
            all: sums.all()?,
            addresses: sums.addresses()?,
            outcomes: sums.rows(GroupBy::Outcome, None)?,
            notable: sums.notable(),
            left_out: groups.saturating_sub(limit.unwrap_or(groups)),
            now,
        };
        let each_row: &EachRow<'_> = &|each| sums.each_row(self.by, limit, each);
        let Some(path) = self.html else {
            report.show(each_row, output)?;
            return Ok(Exit::Done);
        };
        let tables = tables(&sums)?;
        let page = ReportPage {
            report: &report,
            tables: &tables,
        };
        if path.as_os_str() == "-" {
            output.text(&page.html())?;
            return Ok(Exit::Done);
        }
        place_of(&path, store)?.replace(PAGE, page.html().as_bytes())?;
        output.remark(&format!("Written to {}", visible(&shown(&path))));
        if output.format() != Format::Human {
            report.show(each_row, output)?;
        }
        Ok(Exit::Done)
    }
}

fn place_of(path: &Path, store: &Store) -> Result<Destination, Error> {
    Destination::new(path, Some(store.path()), Code::OutFile)
}

/// The uses in every arrangement, as much of each as a page shows.
fn tables(sums: &UsageSums) -> Result<Vec<PageTable>, Error> {
    GroupBy::ALL
        .into_iter()
        .map(|by| {
            let limit = by.seconds().is_none().then_some(TABLE_ROWS);
            let rows = sums.rows(by, limit)?;
            let left_out = sums.count(by)?.saturating_sub(rows.len() as u64);
            Ok(PageTable { by, rows, left_out })
        })
        .collect()
}
