//! What a store says of the keys that were found.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::known_keys::KnownKeys;
use crate::domain::leak::{LeakFinding, LeakedKey, Place};
use crate::domain::{Digest, Timestamp};
use crate::error::Error;
use crate::store::{ReadTx, Store};

/// The keys that a finder is to recognise by their hashes.
///
/// # Errors
/// If the store cannot be read.
pub fn known_keys(store: Option<&Store>) -> Result<KnownKeys, Error> {
    store.map_or_else(
        || Ok(KnownKeys::default()),
        |store| Ok(store.read(|view| view.digests())?.into_iter().collect()),
    )
}

/// One finding for each key, the worst first.
///
/// # Errors
/// If the store cannot be read.
pub fn findings(
    places: Vec<Place>,
    store: Option<&Store>,
    now: Timestamp,
) -> Result<Vec<LeakFinding>, Error> {
    let mut by_key: HashMap<Digest, Vec<Place>> = HashMap::new();
    for place in places {
        by_key.entry(place.digest).or_default().push(place);
    }
    let mut findings = match store {
        None => by_key
            .into_values()
            .map(|places| LeakFinding::new(None, places, now))
            .collect::<Vec<_>>(),
        Some(store) => store.read(|view| {
            by_key
                .into_iter()
                .map(|(digest, places)| finding(view, digest, places, now))
                .collect::<Result<_, _>>()
        })?,
    };
    findings.sort_by(|one, other| {
        let order = |finding: &LeakFinding| {
            let first = finding.places.first();
            (
                Reverse(finding.severity),
                first.map(|place| (place.author_date().is_none(), place.author_date())),
            )
        };
        let place = |finding: &LeakFinding| {
            let first = finding.places.first();
            first.map(|place| (place.path.clone(), place.line, place.column))
        };
        order(one)
            .cmp(&order(other))
            .then_with(|| place(one).cmp(&place(other)))
    });
    Ok(findings)
}

fn finding(
    view: ReadTx<'_>,
    digest: Digest,
    places: Vec<Place>,
    now: Timestamp,
) -> Result<LeakFinding, Error> {
    let id = places.first().and_then(|place| place.id);
    let mut lookup = view.lookup()?;
    let key = match (lookup.by_digest(&digest, id)?, id) {
        (Some(key), _) => Some(LeakedKey::Stored(view.with_credible_use(key, now)?.into())),
        (None, Some(id)) => {
            lookup.confirm_absence(id, &digest)?;
            view.tombstone(id)?.map(LeakedKey::Pruned)
        }
        (None, None) => None,
    };
    Ok(LeakFinding::new(key, places, now))
}
