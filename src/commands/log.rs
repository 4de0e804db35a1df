//! `log`: what was done, by whom, and whether the record of it is whole.

use clap::Args;

use crate::cli::completion::keys::Keys;
use crate::cli::completion::values::{Completer, MoreFormats};
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::key_ref;
use crate::cli::key_ref::{KeyOrTombstone, KeyRef};
use crate::domain::event::ChainHead;
use crate::domain::{Environment, When};
use crate::error::Error;
use crate::session::{Exit, Reading, Session};
use crate::store::{EventFilter, Store};
use crate::view::log::{AuditReport, BadEvent, EventList};
use crate::view::text::time::exact_and_relative;
use crate::view::{Format, Output};

/// Show the audit log, newest first, or verify it
///
/// Each change to a key is an entry: what was done, to which key, by whom and when, with the values
/// before and after. The entries are chained by their hashes, and --verify recomputes the chain.
/// Keep the head that it prints somewhere else: with --expect, it also finds that the end of the
/// log was cut off or that the whole log was rewritten.
#[derive(Debug, Args)]
#[command(add = MoreFormats::Lists)]
#[command(add = Examples(&[
    r#"zenflow-keys log "ERP Integration" --since 7d"#,
    "zenflow-keys log --verify",
    r#"zenflow-keys log --verify --expect "$(cat /var/lib/audit/zenflow-keys.head)""#,
]))]
#[command(own_options_first())]
pub struct Log {
    /// Only entries about this key; - to read the key itself from standard input
    #[arg(conflicts_with = "verify", add = Completer::Key(Keys::Any))]
    key: Option<KeyRef>,
    /// Narrow a name to live or test
    #[arg(long, value_name = "ENV", add = Completer::Environment, requires = "key")]
    env: Option<Environment>,
    /// Only entries since this time: 7d (ago), 2026-12-31
    #[arg(long, value_name = "WHEN", add = Completer::Duration, conflicts_with = "verify")]
    since: Option<When>,
    /// Show at most N entries
    #[arg(short = 'L', long, value_name = "N", conflicts_with = "verify")]
    limit: Option<u64>,
    /// Recompute the chain; exit with 7 if it is broken
    #[arg(long)]
    verify: bool,
    /// Earlier head, whose entry must still be in the log
    #[arg(long, value_name = "SEQ:HASH", requires = "verify")]
    expect: Option<ChainHead>,
}

impl Log {
    /// Shows or verifies the log.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let Session {
            store,
            input,
            output,
            ..
        } = session;
        if self.verify {
            return verify(store, self.expect, output);
        }
        let since = self.since.map(|since| since.since(now)).transpose()?;
        let wanted = self.key.map(|key| key.read(input)).transpose()?;
        let found = wanted
            .map(|wanted| {
                store.read(|view| key_ref::find_or_remember(view, &wanted, self.env, now))
            })
            .transpose()?;
        if let Some(KeyOrTombstone::Tombstone(stone)) = &found {
            output.remark(&format!(
                "'{}' ({}) was pruned at {}",
                stone.name,
                stone.id,
                exact_and_relative(stone.pruned_at, now)
            ));
        }
        let which = EventFilter {
            key: found.map(|found| found.id()),
            since,
        };
        let mut list = EventList::new(now);
        store.each_event(which, self.limit, |event| {
            list.add(output, &event)?;
            Ok(!output.reader_is_gone())
        })?;
        if list.end(output)? == 0 && output.format() == Format::Human {
            output.remark("No such events");
        }
        Ok(Exit::Done)
    }
}

fn verify(
    store: &Store,
    expected: Option<ChainHead>,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    if output.format().is_for_lists() {
        return Err(Error::usage("jsonl and csv are for lists").hint("use --json"));
    }
    let audit = store.audit(expected)?;
    let first_bad = match audit.first_bad {
        Some((seq, problem)) => Some(BadEvent {
            seq,
            problem: problem.sentence(),
        }),
        None => (!audit.rows_fit).then_some(BadEvent {
            seq: audit.head.seq,
            problem: "the store does not hold as many keys as the log up to this entry says; 'zenflow-keys doctor --deep' names them",
        }),
    };
    let ok = first_bad.is_none();
    output.show(&AuditReport {
        ok,
        events: audit.events,
        head: audit.head.to_string(),
        first_bad,
    })?;
    Ok(Exit::findings_if(!ok))
}
