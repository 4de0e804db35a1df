//! `usage report`: who used what, when, from where.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::input::Input;
use crate::commands::target::{self, Meaning, Target};
use crate::domain::usage::{By, Window};
use crate::domain::{Environment, Timestamp, When};
use crate::error::{Code, Error};
use crate::output::report::{Page, Report};
use crate::output::{Format, Output};
use crate::store::{Store, View};

/// Report the recorded uses of a key, or of all keys
///
/// Totals, first and last use, refusals by reason, and one line for each day, hour, key, address,
/// endpoint or outcome. Only what was recorded is known ('check --record', 'usage import'), and the
/// report says since when anything was. Times are UTC.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  zenflow-keys usage report \"ERP Integration\" --since 30d
  zenflow-keys usage report --by key --since 2026-11-01
  zenflow-keys usage report ERP --by address --format csv > addresses.csv
  zenflow-keys usage report --since 90d --html usage.html")]
pub struct UsageReport {
    /// Only this key; - for the key itself on standard input
    key: Option<Target>,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", requires = "key")]
    env: Option<Environment>,
    /// Only from then on, in whole hours: 30d (ago), 2026-11-01
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// A line for each: day, hour, key, address, endpoint, outcome
    #[arg(long, value_name = "GROUP", default_value = By::Day.word())]
    by: By,
    /// Write a page for a browser to this new file: everything in it, no script, nothing from the
    /// network
    #[arg(long, value_name = "FILE")]
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
                .map(|wanted| target::find(view, wanted, self.env, Meaning::Newest, now))
                .transpose()?;
            let window = Window {
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
                outcomes: view.shares(window, By::Outcome)?,
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
        write_new(
            &path,
            Page {
                report: &report,
                shares: &shares,
                now,
            }
            .html()
            .as_bytes(),
        )?;
        output.remark(&format!("Written to {}", path.display()));
        if output.format() == Format::Human {
            Ok(())
        } else {
            output.usage_report(&report, now)
        }
    }
}

/// The uses in every arrangement that a page shows.
fn arrangements(
    view: View<'_>,
    window: Window,
) -> Result<Vec<(By, Vec<crate::domain::usage::Share>)>, Error> {
    By::ALL
        .into_iter()
        .map(|by| Ok((by, view.shares(window, by)?)))
        .collect()
}

/// Writes a new file for this user alone.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => {
                Error::new(Code::OutFile, format!("{} exists already", path.display()))
                    .hint("name a new file, or move that one away")
            }
            _ => unwritable(path, e),
        })?;
    file.write_all(bytes).map_err(|e| {
        // Half a page is none.
        let _ = fs::remove_file(path);
        unwritable(path, e)
    })
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(
        Code::OutFile,
        format!("{} could not be written", path.display()),
    )
    .because(cause)
    .hint("check the directory and the disk")
}
