//! `show`: everything about one key.

use std::collections::VecDeque;

use clap::Args;

use crate::cli::args::OneKey;
use crate::cli::help::{Examples, OwnOptionsFirst};
use crate::cli::key_ref;
use crate::cli::key_ref::KeyOrTombstone;
use crate::domain::event::Event;
use crate::domain::usage::Totals;
use crate::domain::{Key, Timestamp};
use crate::error::Error;
use crate::session::{Exit, Reading, Session};
use crate::store::{EventFilter, ReadTx};
use crate::view::show::KeyReport;
use crate::view::tombstone::TombstoneReport;

/// How many events are recent.
const RECENT: u64 = 10;

/// Show everything about one key
///
/// Shows its settings and state, the rotation chain with the use of each key, the endpoints it may
/// call, and its latest events. With - it reads the key itself from standard input and shows which
/// key that is.
#[derive(Debug, Args)]
#[command(add = Examples(&[
    r#"zenflow-keys show "ERP Integration""#,
    "pbpaste | zenflow-keys show -",
]))]
#[command(own_options_first())]
pub struct Show {
    #[command(flatten)]
    which: OneKey,
}

impl Show {
    /// Shows the key.
    pub fn run(self, session: &mut Reading<'_>) -> Result<Exit, Error> {
        let now = session.now();
        let OneKey { key, env } = self.which;
        let wanted = key.read(&mut session.input)?;
        let Session { store, output, .. } = session;
        let seen = store.read(|view| {
            let found = key_ref::find_or_remember(view, &wanted, env, now)?;
            let events = view.events(
                EventFilter {
                    key: Some(found.id()),
                    since: None,
                },
                i64::MAX,
                RECENT,
            )?;
            Ok(match found {
                KeyOrTombstone::Key(key) => Ok(report(view, key, events, now)?),
                KeyOrTombstone::Tombstone(stone) => Err((stone, events)),
            })
        })?;
        match seen {
            Ok(mut report) => {
                // There may be very many uses, so they are read when that transaction is over.
                for (link, uses) in &mut report.chain {
                    *uses = store.use_totals(link.id, now)?;
                }
                output.show(&report)?;
            }
            Err((stone, events)) => output.show(&TombstoneReport {
                tombstone: &stone,
                events: &events,
                now,
            })?,
        }
        Ok(Exit::Done)
    }
}

fn report(
    view: ReadTx<'_>,
    key: Key,
    events: Vec<Event>,
    now: Timestamp,
) -> Result<KeyReport, Error> {
    let key = view.with_credible_use(key, now)?;
    let chain = chain_of(view, &key)?
        .into_iter()
        .map(|link| Ok((view.with_credible_use(link, now)?, Totals::default())))
        .collect::<Result<_, Error>>()?;
    Ok(KeyReport {
        chain,
        key,
        events,
        usage_since: view.usage_since()?,
        now,
    })
}

/// The keys that replaced one another, oldest first. A damaged store could link them in a circle.
fn chain_of(view: ReadTx<'_>, key: &Key) -> Result<VecDeque<Key>, Error> {
    let mut chain = VecDeque::from([key.clone()]);
    let is_new = |chain: &VecDeque<Key>, id| chain.iter().all(|link: &Key| link.id != id);
    while let Some(oldest) = chain
        .front()
        .map(|oldest| view.predecessor(oldest))
        .transpose()?
        .flatten()
    {
        if !is_new(&chain, oldest.id) {
            break;
        }
        chain.push_front(oldest);
    }
    while let Some(id) = chain
        .back()
        .and_then(|newest| newest.rotated_to)
        .filter(|id| is_new(&chain, *id))
    {
        chain.push_back(view.known_key(id)?);
    }
    Ok(chain)
}
