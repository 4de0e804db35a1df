//! The keys that a command can be about: by name where the name means that key, else by id.

use std::path::Path;

use clap_complete::CompletionCandidate;

use crate::cli::key_ref;
use crate::cli::key_ref::{OnOpenRotation, ResolvedRef};
use crate::domain::selection::{Filter, Selection, Sort};
use crate::domain::{Environment, Key, Status, Timestamp, name};
use crate::error::Error;
use crate::store::{Access, ReadTx, Store};
use crate::view::text::summary;

/// How many keys are offered; nobody reads more.
const MOST: u32 = 100;

/// Keys that make sense for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    Any,
    /// Those that can be enabled.
    Disabled,
    /// Those that can be disabled.
    Active,
    /// Those that can be changed.
    NotRevoked,
    /// Those that can be revoked; with `--cancel`, those whose revocation is scheduled.
    Revocable,
    /// Those that can be rotated; with `--finish`, those that are being replaced.
    Rotatable,
}

/// Which keys are offered.
#[derive(Debug, Clone, Copy)]
pub struct KeyFilter {
    statuses: &'static [Status],
    only_scheduled: bool,
    only_rotating: bool,
    on_open_rotation: OnOpenRotation,
}

const ANY: KeyFilter = KeyFilter {
    statuses: &Status::ALL,
    only_scheduled: false,
    only_rotating: false,
    on_open_rotation: OnOpenRotation::Newest,
};
const NOT_REVOKED: &[Status] = &[Status::Active, Status::Disabled, Status::Expired];

impl Keys {
    /// Which keys these are on a line with these flags.
    pub fn filter(self, has: impl Fn(&str) -> bool) -> KeyFilter {
        match self {
            Keys::Any => ANY,
            Keys::Disabled => KeyFilter {
                statuses: &[Status::Disabled],
                ..ANY
            },
            Keys::Active => KeyFilter {
                statuses: &[Status::Active],
                on_open_rotation: OnOpenRotation::Ambiguous,
                ..ANY
            },
            Keys::NotRevoked => KeyFilter {
                statuses: NOT_REVOKED,
                ..ANY
            },
            Keys::Revocable => KeyFilter {
                statuses: NOT_REVOKED,
                only_scheduled: has("--cancel"),
                on_open_rotation: OnOpenRotation::Ambiguous,
                ..ANY
            },
            Keys::Rotatable if has("--finish") => KeyFilter {
                statuses: NOT_REVOKED,
                only_rotating: true,
                ..ANY
            },
            Keys::Rotatable => KeyFilter {
                statuses: &[Status::Active, Status::Disabled],
                ..ANY
            },
        }
    }
}

impl KeyFilter {
    fn fits(self, key: &Key, environment: Option<Environment>, now: Timestamp) -> bool {
        self.statuses.contains(&key.status(now))
            && environment.is_none_or(|environment| environment == key.environment)
            && (!self.only_scheduled || key.scheduled_revocation(now).is_some())
            && (!self.only_rotating || key.is_being_replaced(now))
    }

    fn for_store(self, beginning: &str, environment: Option<Environment>) -> Filter {
        let statuses = if self.statuses.len() == Status::ALL.len() {
            Vec::new()
        } else {
            self.statuses.to_vec()
        };
        Filter {
            all: true,
            statuses,
            environment,
            name: (!beginning.is_empty()).then(|| format!("{}*", name::fold(beginning))),
            revocation_scheduled: self.only_scheduled,
            being_replaced: self.only_rotating,
            ..Filter::default()
        }
    }
}

/// The keys of the store whose name begins so; if there are none, those whose id does.
pub fn offer(
    path: &Path,
    filter: KeyFilter,
    environment: Option<Environment>,
    beginning: &str,
    now: Timestamp,
) -> Result<Vec<CompletionCandidate>, Error> {
    if beginning.contains(['*', '?', '[']) {
        return Ok(Vec::new());
    }
    let store = Store::open(path, Access::NoWait)?;
    let mut offered = named(&store, filter, environment, beginning, now)?;
    // Not beside names: nobody begins a name and means an id.
    if offered.is_empty() && !beginning.is_empty() {
        let begun = store.read(|view| view.keys_with_id_prefix(beginning, MOST))?;
        offered.extend(
            begun
                .iter()
                .filter(|key| filter.fits(key, environment, now))
                .map(|key| by_id(key, now)),
        );
    }
    Ok(offered)
}

fn named(
    store: &Store,
    filter: KeyFilter,
    environment: Option<Environment>,
    beginning: &str,
    now: Timestamp,
) -> Result<Vec<CompletionCandidate>, Error> {
    let mut keys = Vec::new();
    let mut take = |reverse, limit| {
        let selection = Selection {
            filter: filter.for_store(beginning, environment),
            sort: Sort::Name,
            reverse,
            limit: Some(limit),
        };
        store.each_key(&selection, now, |key| {
            keys.push(key);
            Ok(true)
        })
    };
    take(false, MOST.into())?;
    // Shells insert what all candidates have in common. With the last of them, what the first ones
    // have in common is not taken for that.
    take(true, 1)?;
    keys.dedup_by(|one, other| one.id == other.id);

    let candidate = |view: ReadTx<'_>, key: &Key| {
        let reference = ResolvedRef::Named(key.name.as_str().into());
        match key_ref::find(view, &reference, environment, filter.on_open_rotation, now) {
            Ok(meant) if meant.id == key.id => CompletionCandidate::new(key.name.as_str())
                .help(Some(summary::key(key, now).into())),
            _ => by_id(key, now),
        }
    };
    let mut offered: Vec<_> =
        store.read(|view| Ok(keys.iter().map(|key| candidate(view, key)).collect()))?;
    // As it was typed, if there is such a name; else whatever the case.
    if offered.iter().any(|candidate| begins(candidate, beginning)) {
        offered.retain(|candidate| begins(candidate, beginning));
    }
    Ok(offered)
}

fn begins(candidate: &CompletionCandidate, beginning: &str) -> bool {
    candidate
        .get_value()
        .to_string_lossy()
        .starts_with(beginning)
}

fn by_id(key: &Key, now: Timestamp) -> CompletionCandidate {
    CompletionCandidate::new(key.id.as_str()).help(Some(
        format!("{}: {}", key.name, summary::key(key, now)).into(),
    ))
}
