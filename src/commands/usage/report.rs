//! `usage report`: who used what, when, from where.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::{Completer, ListOutput};
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyRef, OnOpenRotation};
use crate::domain::path::shown;
use crate::domain::usage::{GroupBy, UsageFilter};
use crate::domain::{Environment, Timestamp, When};
use crate::error::{Code, Error};
use crate::session::input::Input;
use crate::store::files::{Destination, Kind};
use crate::store::{ReadTx, Store};
use crate::view::report::{FIRST_LINE, Page, Report};
use crate::view::text::escape::visible;
use crate::view::{Format, Output};

/// It tells of addresses and names: for this user alone.
const PAGE: Kind = Kind {
    name: "a usage report of this program",
    first_line: FIRST_LINE,
    mode: 0o600,
};

/// Report the recorded uses of a key, or of all keys
///
/// Totals, first and last use, refusals by reason, and one line for each day, hour, key, address,
/// endpoint or outcome. Only what was recorded is known ('check --record', 'usage import'), and the
/// report says since when anything was. Times are UTC.
#[derive(Debug, Args)]
#[command(add = ListOutput)]
#[command(after_long_help = "Examples:
  zenflow-keys usage report \"ERP Integration\" --since 30d
  zenflow-keys usage report --by key --since 2026-11-01
  zenflow-keys usage report ERP --by address --format csv > addresses.csv
  zenflow-keys usage report --since 90d --html usage.html")]
pub struct UsageReport {
    /// Only this key; - for the key itself on standard input
    #[arg(add = Completer::Key(Keys::Any))]
    key: Option<KeyRef>,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment, requires = "key")]
    env: Option<Environment>,
    /// Only since this time, in whole hours: 30d (ago), 2026-11-01
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    since: Option<When>,
    /// A line for each: day, hour, key, address, endpoint, outcome
    #[arg(long, value_name = "GROUP", add = Completer::GroupBy, default_value = GroupBy::Day.as_str())]
    by: GroupBy,
    /// Write a page for a browser to this file: everything in it, no script, nothing from the
    /// network
    ///
    /// A page that this command wrote before is replaced; any other file is refused. With -
    /// the page is printed instead of the report.
    #[arg(long, value_name = "FILE", add = Completer::File)]
    html: Option<PathBuf>,
}

impl UsageReport {
    /// Reports.
    ///
    /// # Errors
    /// If the key is unknown, the store cannot be read, or the file cannot be made.
    pub fn run(
        self,
        store: &Store,
        now: Timestamp,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        match &self.html {
            Some(path) if path.as_os_str() != "-" => {
                // Refused before the work is done.
                place_of(path, store)?.must_be_free_or(PAGE)?;
            }
            Some(_) if output.format() != Format::Human => {
                return Err(
                    Error::usage("--html - and --format both want standard output")
                        .hint("name a file: --html FILE"),
                );
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
        let (report, shares) = store.read(|view| {
            let key = wanted
                .as_ref()
                .map(|wanted| key_ref::find(view, wanted, self.env, OnOpenRotation::Newest, now))
                .transpose()?;
            let window = UsageFilter {
                key: key.as_ref().map(|key| key.id),
                since,
            };
            let report = Report {
                key,
                since,
                recorded_since: view.usage_since()?,
                by: self.by,
                all: view.all_uses(window)?,
                addresses: view.address_count(window)?,
                outcomes: view.shares(window, GroupBy::Outcome)?,
                rows: view.shares(window, self.by)?,
            };
            let shares = if self.html.is_some() {
                arrangements(view, window)?
            } else {
                Vec::new()
            };
            Ok((report, shares))
        })?;
        let Some(path) = self.html else {
            return output.usage_report(&report, now);
        };
        let page = Page {
            report: &report,
            shares: &shares,
            now,
        };
        if path.as_os_str() == "-" {
            return output.text(&page.html());
        }
        place_of(&path, store)?.replace(PAGE, page.html().as_bytes())?;
        output.remark(&format!("Written to {}", visible(&shown(&path))));
        if output.format() == Format::Human {
            Ok(())
        } else {
            output.usage_report(&report, now)
        }
    }
}

fn place_of(path: &Path, store: &Store) -> Result<Destination, Error> {
    Destination::new(path, Some(store.path()), Code::OutFile)
}

/// The uses in every arrangement that a page shows.
fn arrangements(
    view: ReadTx<'_>,
    window: UsageFilter,
) -> Result<Vec<(GroupBy, Vec<crate::domain::usage::UsageRow>)>, Error> {
    GroupBy::ALL
        .into_iter()
        .map(|by| Ok((by, view.shares(window, by)?)))
        .collect()
}
