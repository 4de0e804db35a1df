//! What stands out in recorded uses: networks that are new to a key, and what was refused.

use std::collections::BTreeMap;

use crate::domain::usage::{Outcome, Sums, Totals};
use crate::domain::{KeyId, Net, Timestamp};

/// What stands out in the uses of a key, or of all keys.
#[derive(Debug)]
pub struct Notable {
    /// The networks that were new to a key, those of the key with the fewest first, then the latest.
    pub new_networks: Listed<NewNetwork>,
    /// The refusals of each key, of the key with the most of them first.
    pub refused: Listed<KeyUses>,
}

/// The first of many.
#[derive(Debug)]
pub struct Listed<T> {
    /// Those that are shown.
    pub shown: Vec<T>,
    /// How many there are besides.
    pub left_out: u64,
}

/// A network that is new to a key.
#[derive(Debug)]
pub struct NewNetwork {
    /// The network.
    pub network: Net,
    /// What the key was used for from there.
    pub uses: KeyUses,
}

/// Uses of a key, and what they were for.
#[derive(Debug, Clone)]
pub struct KeyUses {
    /// The key.
    pub key: KeyId,
    /// Its name.
    pub name: String,
    /// How many, and when.
    pub sums: Sums,
    /// How many of them were for which endpoint; those outside of the map have an empty name.
    pub endpoints: BTreeMap<String, u64>,
    /// How many of them were refused, and why.
    pub refusals: BTreeMap<Outcome, u64>,
}

impl KeyUses {
    /// Of this key, none yet.
    pub fn new(key: KeyId, name: &str) -> Self {
        KeyUses {
            key,
            name: name.to_owned(),
            sums: Sums {
                totals: Totals::default(),
                first_at: i64::MAX,
                last_at: i64::MIN,
            },
            endpoints: BTreeMap::new(),
            refusals: BTreeMap::new(),
        }
    }

    /// Adds uses of one kind.
    pub fn add(&mut self, endpoint: &str, outcome: Outcome, sums: &Sums) {
        let count = sums.totals.count();
        self.sums.add(sums);
        match self.endpoints.get_mut(endpoint) {
            Some(all) => *all += count,
            None => {
                self.endpoints.insert(endpoint.to_owned(), count);
            }
        }
        if outcome.is_refusal() {
            *self.refusals.entry(outcome).or_default() += count;
        }
    }

    /// The first of them; there must be one.
    pub fn first_at(&self) -> Timestamp {
        Timestamp::from_unix(self.sums.first_at).expect("a use was added, and it has an instant")
    }

    /// The last of them; there must be one.
    pub fn last_at(&self) -> Timestamp {
        Timestamp::from_unix(self.sums.last_at).expect("a use was added, and it has an instant")
    }

    /// Adds others of the key.
    pub fn add_all(&mut self, other: &KeyUses) {
        self.sums.add(&other.sums);
        for (endpoint, count) in &other.endpoints {
            *self.endpoints.entry(endpoint.clone()).or_default() += count;
        }
        for (outcome, count) in &other.refusals {
            *self.refusals.entry(*outcome).or_default() += count;
        }
    }

    /// The endpoints, the one that was called most often first.
    pub fn endpoints_by_count(&self) -> Vec<(&str, u64)> {
        most_first(
            self.endpoints
                .iter()
                .map(|(name, count)| (name.as_str(), *count)),
        )
    }

    /// The reasons of the refusals, the most frequent first.
    pub fn reasons_by_count(&self) -> Vec<(&'static str, u64)> {
        most_first(
            self.refusals
                .iter()
                .map(|(outcome, count)| (outcome.as_str(), *count)),
        )
    }
}

fn most_first<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> Vec<(&'a str, u64)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    counts
}
