//! `list`: which keys there are.

use clap::Args;

use crate::cli::completion::values::{Completer, MoreFormats};
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::domain::selection::{Filter, Selection, Sort};
use crate::domain::{Environment, Preset, Scope, Status, Text, Timestamp, When, name};
use crate::error::Error;
use crate::session::{Exit, Reading, Session};
use crate::store::Store;
use crate::view::list::KeyList;
use crate::view::text::number::with_thousands;
use crate::view::{Format, Output};

/// List keys, oldest first
///
/// Lists the usable keys (active or disabled) whose name contains TEXT; --all adds revoked and
/// expired ones. A key must meet all conditions. A table repeats its titles every 5,000 rows; in
/// scripts, use --ids, --json, or --format jsonl or csv.
#[derive(Debug, Args)]
#[command(add = MoreFormats::Lists)]
#[command(add = Examples(&[
    "zenflow-keys list",
    "zenflow-keys list erp",
    "zenflow-keys list --expires-within 14d --sort expires",
    "zenflow-keys list --status active --older-than 90d --ids | xargs -n1 zenflow-keys rotate",
    "zenflow-keys list --all --format csv > keys.csv",
]))]
#[command(own_options_first())]
pub struct List {
    /// Part of the name (case-insensitive)
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Include revoked and expired keys
    #[arg(short, long)]
    all: bool,
    /// Only keys in this state: active, disabled, expired, revoked (implies --all)
    #[arg(long, value_name = "STATUS", add = Completer::Status, value_delimiter = ',')]
    status: Vec<Status>,
    /// Only keys for this environment: live, test
    #[arg(long, value_name = "ENV", add = Completer::Environment)]
    env: Option<Environment>,
    /// Only keys that have this scope, or admin
    #[arg(short, long, value_name = "SCOPE", add = Completer::Scope, value_delimiter = ',')]
    scope: Vec<Scope>,
    /// Only keys with exactly the scopes of this preset
    #[arg(short, long, value_name = "PRESET", add = Completer::Preset)]
    preset: Option<&'static Preset>,
    /// Only keys whose name matches this pattern: * ? [abc] (case-insensitive)
    #[arg(short, long, value_name = "GLOB")]
    name: Option<String>,
    /// Only keys of this owner
    #[arg(long, value_name = "TEXT", add = Completer::Owner)]
    owner: Option<Text>,
    /// Only keys that expire within this time: 14d
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    expires_within: Option<When>,
    /// Only keys created longer ago than this: 90d
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    older_than: Option<When>,
    /// Only keys with no allowed use recorded for this long: 45d
    #[arg(long, value_name = "WHEN", add = Completer::Duration)]
    unused_for: Option<When>,
    /// Only keys that never expire
    #[arg(long)]
    no_expiry: bool,
    /// Only keys that can be used from anywhere
    #[arg(long)]
    no_allowlist: bool,
    /// Sort order: created, name, expires, used
    #[arg(long, value_name = "ORDER", add = Completer::Order, default_value = Sort::Created.as_str())]
    sort: Sort,
    /// Reverse the order
    #[arg(short, long)]
    reverse: bool,
    /// Show at most N keys
    #[arg(short = 'L', long, value_name = "N")]
    limit: Option<u64>,
    /// Print only the ids, one per line
    #[arg(long)]
    ids: bool,
}

impl List {
    /// Lists the keys.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let Session { store, output, .. } = session;
        if self.ids && output.format() != Format::Human {
            return Err(
                Error::usage("--ids cannot be combined with --json or --format")
                    .hint("leave out one of them"),
            );
        }
        let ids = self.ids;
        let selection = self.selection(now)?;
        let mut list = KeyList::new(ids, output, now);
        store.each_page(&selection, now, |page| {
            list.add(output, page)?;
            Ok(!output.reader_is_gone())
        })?;
        let count = list.end(output)?;
        if count > 0 && output.is_at_terminal() && !ids {
            output.remark(&match count {
                1 => "1 key".into(),
                count => format!("{} keys", with_thousands(count)),
            });
        }
        if selection.filter.unused_since.is_some() && !ids {
            output.remark(&match store.read(|view| view.usage_since())? {
                Some(since) => format!("Uses have been recorded since {since}; earlier uses are unknown"),
                None => "No use has ever been recorded in this store ('check --record' and 'usage import' do)".into(),
            });
        }
        if count == 0 && output.format() == Format::Human && !ids {
            explain_emptiness(store, &selection, now, output)?;
        }
        Ok(Exit::Done)
    }

    fn selection(self, now: Timestamp) -> Result<Selection, Error> {
        let filter = Filter {
            all: self.all,
            statuses: self.status,
            environment: self.env,
            scopes: self.scope.into_iter().collect(),
            preset: self.preset,
            text: self.text.map(|text| name::fold(&text)),
            name: self.name.map(|glob| name::fold(&glob)),
            owner: self.owner,
            expires_by: self
                .expires_within
                .map(|when| when.until(now))
                .transpose()?,
            created_by: self.older_than.map(|when| when.since(now)).transpose()?,
            unused_since: self.unused_for.map(|when| when.since(now)).transpose()?,
            no_expiry: self.no_expiry,
            no_allowlist: self.no_allowlist,
            ..Filter::default()
        };
        Ok(Selection {
            filter,
            sort: self.sort,
            reverse: self.reverse,
            limit: self.limit,
        })
    }
}

/// Says why nothing was listed, and what to do.
fn explain_emptiness(
    store: &Store,
    selection: &Selection,
    now: Timestamp,
    output: &mut Output<'_>,
) -> Result<(), Error> {
    let mut any = false;
    let everything = Selection {
        filter: Filter {
            all: true,
            ..Filter::default()
        },
        limit: Some(1),
        ..Selection::default()
    };
    store.each_key(&everything, now, |_| {
        any = true;
        Ok(false)
    })?;
    if !any {
        output.command("No keys yet. Create the first one: zenflow-keys create \"ERP Integration\" --preset erp-sync --expires 90d");
    } else if selection.filter.all || !selection.filter.statuses.is_empty() {
        output.remark("No key matches");
    } else {
        output.remark("No usable key matches; --all looks at revoked and expired keys too");
    }
    Ok(())
}
