//! `<KEY>`: from what was typed to a key of the store, or to an error that says what else it could
//! be.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::domain::api_key::PREFIX;
use crate::domain::nearest::nearest;
use crate::domain::remedy::{Hint, Remedy};
use crate::domain::tombstone::Tombstone;
use crate::domain::{Environment, Key, KeyId, Presented, Timestamp};
use crate::error::{Code, Error};
use crate::session::input::Input;
use crate::session::state_error::called;
use crate::store::ReadTx;

/// The shortest prefix of an id that names a key.
const SHORTEST_PREFIX: usize = 4;

/// How a key was named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRef {
    /// By itself: the API key comes from standard input.
    Presented,
    /// By id, display form, name, or prefix of the id.
    Named(String),
}

impl FromStr for KeyRef {
    type Err = crate::domain::Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "-" => Ok(KeyRef::Presented),
            "" => Err(crate::domain::Invalid::new("the name of the key is empty")),
            name => Ok(KeyRef::Named(name.into())),
        }
    }
}

/// What a name means while a rotation is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOpenRotation {
    /// The newest key of the rotation.
    Newest,
    /// An error that names both: to end the wrong one of the two would lock somebody out.
    Ambiguous,
}

/// A key as it was named, with the API key itself where that was how.
#[derive(Debug)]
pub enum ResolvedRef {
    Presented(Presented),
    Named(String),
}

impl KeyRef {
    /// Reads the API key from standard input, if that is how the key is named.
    pub fn read(self, input: &mut Input<'_>) -> Result<ResolvedRef, Error> {
        match self {
            KeyRef::Presented => input.presented_key().map(ResolvedRef::Presented),
            KeyRef::Named(name) => Ok(ResolvedRef::Named(name)),
        }
    }
}

/// Reads several references. Standard input can name one key only.
pub fn read_all(references: Vec<KeyRef>, input: &mut Input<'_>) -> Result<Vec<ResolvedRef>, Error> {
    if references
        .iter()
        .filter(|reference| **reference == KeyRef::Presented)
        .count()
        > 1
    {
        return Err(Error::usage("'-' can stand for one key only")
            .hint("run the command once for each key"));
    }
    references
        .into_iter()
        .map(|reference| reference.read(input))
        .collect()
}

/// Finds the keys that are meant, each once. It fails if one of them is not found, so that a command
/// does all of it or nothing.
pub fn find_all(
    view: ReadTx<'_>,
    references: &[ResolvedRef],
    environment: Option<Environment>,
    on_open_rotation: OnOpenRotation,
    now: Timestamp,
) -> Result<Vec<KeyId>, Error> {
    let mut seen = BTreeSet::new();
    let mut ids = Vec::new();
    for reference in references {
        let id = find(view, reference, environment, on_open_rotation, now)?.id;
        if seen.insert(id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Finds the key that is meant: by id, display form, name of a usable key, name of the newest other
/// key, prefix of the id; or by itself.
pub fn find(
    view: ReadTx<'_>,
    reference: &ResolvedRef,
    environment: Option<Environment>,
    on_open_rotation: OnOpenRotation,
    now: Timestamp,
) -> Result<Key, Error> {
    let fits = |key: &Key| environment.is_none_or(|environment| environment == key.environment);
    let name = match reference {
        ResolvedRef::Named(name) => name,
        ResolvedRef::Presented(presented) => {
            let key = view.key_presented(presented)?.filter(fits);
            return key.ok_or_else(|| {
                Error::new(
                    Code::KeyNotFound,
                    "the key on standard input is not in this store",
                )
                .hint(Hint::from("'").then(Remedy::Check).then("' says why"))
            });
        }
    };
    if let Some((displayed, id)) = id_or_display_form(name)
        && let Some(key) = view.key(id)?.filter(fits)
        && displayed.is_none_or(|environment| environment == key.environment)
    {
        return Ok(key);
    }
    let usable: Vec<Key> = view
        .usable_keys_named(name, now)?
        .into_iter()
        .filter(fits)
        .collect();
    if let Some(newest) = usable.last() {
        let several_environments = usable
            .iter()
            .any(|key| key.environment != newest.environment);
        if several_environments
            || (usable.len() > 1 && on_open_rotation == OnOpenRotation::Ambiguous)
        {
            return Err(ambiguous(name, &usable, several_environments, now));
        }
        return Ok(newest.clone());
    }
    if let Some(key) = view.newest_key_named(name, environment)? {
        return Ok(key);
    }
    let mut begun = if name.len() >= SHORTEST_PREFIX {
        view.keys_with_id_prefix(name, 6)?
    } else {
        Vec::new()
    };
    begun.retain(fits);
    match begun.len() {
        0 => Err(unknown(view, name, environment)?),
        1 => Ok(begun.remove(0)),
        _ => Err(ambiguous(name, &begun, false, now)),
    }
}

/// A key, or what is left of a pruned one.
#[derive(Debug)]
pub enum KeyOrTombstone {
    Key(Key),
    Tombstone(Tombstone),
}

impl KeyOrTombstone {
    /// The id, which is the same before and after.
    pub fn id(&self) -> KeyId {
        match self {
            KeyOrTombstone::Key(key) => key.id,
            KeyOrTombstone::Tombstone(stone) => stone.id,
        }
    }
}

/// Finds the key that is meant, or else the pruned key whose id, display form or name that is.
pub fn find_or_remember(
    view: ReadTx<'_>,
    reference: &ResolvedRef,
    environment: Option<Environment>,
    now: Timestamp,
) -> Result<KeyOrTombstone, Error> {
    match (
        find(view, reference, environment, OnOpenRotation::Newest, now),
        reference,
    ) {
        (Err(error), ResolvedRef::Named(name)) if error.code == Code::KeyNotFound => {
            find_tombstone(view, name, environment)?
                .map(KeyOrTombstone::Tombstone)
                .ok_or(error)
        }
        (found, _) => found.map(KeyOrTombstone::Key),
    }
}

fn find_tombstone(
    view: ReadTx<'_>,
    name: &str,
    environment: Option<Environment>,
) -> Result<Option<Tombstone>, Error> {
    let fits =
        |stone: &Tombstone| environment.is_none_or(|environment| environment == stone.environment);
    if let Some((displayed, id)) = id_or_display_form(name)
        && let Some(stone) = view.tombstone(id)?.filter(fits)
        && displayed.is_none_or(|environment| environment == stone.environment)
    {
        return Ok(Some(stone));
    }
    view.tombstone_named(name, environment)
}

/// The id in `k3m9x2q7vd` or `zenflow_live_k3m9x2q7vd_…`, and the environment that the latter
/// names: whoever writes `test` does not mean a live key.
fn id_or_display_form(text: &str) -> Option<(Option<Environment>, KeyId)> {
    let lower = text.to_ascii_lowercase();
    let displayed = Environment::ALL.into_iter().find_map(|environment| {
        let rest = lower
            .strip_prefix(PREFIX)?
            .strip_prefix(environment.as_str())?
            .strip_prefix('_')?;
        let id = rest.trim_end_matches(['…', '.']).trim_end_matches('_');
        Some((Some(environment), id))
    });
    let (environment, id) = displayed.unwrap_or((None, lower.as_str()));
    Some((environment, id.parse().ok()?))
}

fn ambiguous(name: &str, candidates: &[Key], by_environment: bool, now: Timestamp) -> Error {
    let described: Vec<String> = candidates
        .iter()
        .map(|key| {
            format!(
                "{} ({}, {})",
                key.id,
                key.environment,
                key.status(now).as_str()
            )
        })
        .collect();
    let narrow = if by_environment {
        "narrow it with --env, or name one by its id"
    } else {
        "name one by its id"
    };
    Error::new(
        Code::KeyAmbiguous,
        format!("'{name}' could be any of {}", described.join(", ")),
    )
    .hint(narrow)
}

fn unknown(view: ReadTx<'_>, name: &str, environment: Option<Environment>) -> Result<Error, Error> {
    if let Some(stone) = find_tombstone(view, name, environment)? {
        return Ok(Error::new(
            Code::KeyNotFound,
            format!(
                "'{}' ({}) was pruned at {}",
                stone.name, stone.id, stone.pruned_at
            ),
        )
        .hint(
            Hint::from("'")
                .then(Remedy::Show(stone.id))
                .then("' shows what is left of it"),
        ));
    }
    let names = view.newest_names()?;
    let near = nearest(name, names.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
    let place = environment.map_or_else(String::new, |environment| format!(" in '{environment}'"));
    Ok(
        Error::new(Code::KeyNotFound, format!("no key '{name}'{place}{near}")).hint(
            Hint::from("'")
                .then(Remedy::ListKeys)
                .then("' lists all keys"),
        ),
    )
}

/// Several keys as a confirmation names them.
pub fn all_called(keys: &[Key]) -> String {
    keys.iter().map(called).collect::<Vec<_>>().join(", ")
}
