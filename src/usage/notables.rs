//! Finds what stands out while the uses of one key after the other are read.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::domain::usage::Sums;
use crate::domain::usage::networks::{BASELINE, Networks};
use crate::domain::usage::notable::{KeyUses, Listed, NewNetwork, Notable};
use crate::domain::{KeyId, Net, Timestamp};
use crate::error::Error;
use crate::store::scratch::instant;
use crate::store::traffic::StoredUse;

/// The most that is shown of a kind.
const SHOWN: usize = 20;

/// A key that is used from more networks than this is used from everywhere, and none is news.
const NETWORKS: usize = 20_000;

/// What stands out in what was read so far.
#[derive(Debug)]
pub struct Notables {
    /// A network is new if it was used for the first time from then on.
    since: Timestamp,
    present: Option<PresentKey>,
    new_networks: Top<(usize, Reverse<i64>), NewNetwork>,
    refused: Top<Reverse<u64>, KeyUses>,
}

/// The first of a list, by a number of each.
#[derive(Debug)]
struct Top<K, T> {
    first: Vec<(K, T)>,
    left_out: u64,
}

/// The key whose uses are being read.
#[derive(Debug)]
struct PresentKey {
    id: KeyId,
    name: String,
    first_at: Timestamp,
    networks: Networks,
    /// The uses from networks that were not used before `since`.
    recent: HashMap<Net, KeyUses>,
    refused: KeyUses,
}

impl Notables {
    /// Nothing was read yet; networks of the last week are new.
    pub fn at(now: Timestamp) -> Self {
        Notables {
            since: Timestamp::from_unix(now.unix() - BASELINE).unwrap_or(now),
            present: None,
            new_networks: Top::empty(),
            refused: Top::empty(),
        }
    }

    /// Adds uses of a key, the oldest first. All of a key come before those of another.
    ///
    /// # Errors
    /// If an instant is damaged.
    pub fn add(
        &mut self,
        id: KeyId,
        name: &str,
        uses: StoredUse<'_>,
        sums: &Sums,
    ) -> Result<(), Error> {
        let first_at = instant(sums.first_at)?;
        instant(sums.last_at)?;
        if self.present.as_ref().is_none_or(|key| key.id != id) {
            self.end_of_key();
        }
        let since = self.since;
        self.present
            .get_or_insert_with(|| PresentKey::new(id, name, first_at))
            .add(uses, first_at, sums, since);
        Ok(())
    }

    /// What stands out in all that was read.
    pub fn finish(mut self) -> Notable {
        self.end_of_key();
        Notable {
            new_networks: self.new_networks.list(),
            refused: self.refused.list(),
        }
    }

    fn end_of_key(&mut self) {
        let Some(key) = self.present.take() else {
            return;
        };
        let news = key.news(self.since);
        // Where a key often has new networks, one more says little.
        let how_many = news.len();
        for new in news {
            let order = (how_many, Reverse(new.uses.sums.first_at));
            self.new_networks.put(order, new);
        }
        let refused = key.refused.sums.totals.refused;
        if refused > 0 {
            self.refused.put(Reverse(refused), key.refused);
        }
    }
}

impl PresentKey {
    fn new(id: KeyId, name: &str, first_at: Timestamp) -> Self {
        PresentKey {
            id,
            name: name.to_owned(),
            first_at,
            networks: Networks::default(),
            recent: HashMap::new(),
            refused: KeyUses::new(id, name),
        }
    }

    fn add(&mut self, uses: StoredUse<'_>, first_at: Timestamp, sums: &Sums, since: Timestamp) {
        if uses.outcome.is_refusal() {
            self.refused.add(uses.endpoint, uses.outcome, sums);
        }
        let Ok(ip) = uses.ip.parse::<Net>() else {
            return;
        };
        if self.networks.count() > NETWORKS {
            self.recent.clear();
            return;
        }
        self.first_at = self.first_at.min(first_at);
        let network = ip.neighbourhood();
        if first_at >= since && !self.networks.was_used_by(Some(network), since) {
            self.recent
                .entry(network)
                .or_insert_with(|| KeyUses::new(self.id, &self.name))
                .add(uses.endpoint, uses.outcome, sums);
        }
        self.networks.add(Some(&ip), first_at, uses.count);
    }

    /// The uses from each network that is new to the key.
    fn news(&self, since: Timestamp) -> Vec<NewNetwork> {
        if self.recent.is_empty() {
            return Vec::new();
        }
        let new = self.networks.new_since(since, self.first_at, |_| false);
        new.into_iter()
            .map(|(network, _)| {
                let mut uses = KeyUses::new(self.id, &self.name);
                match self.recent.get(&network) {
                    Some(recent) => uses.add_all(recent),
                    None => {
                        let within = self.recent.iter().filter(|(one, _)| network.covers(one));
                        within.for_each(|(_, recent)| uses.add_all(recent));
                    }
                }
                NewNetwork { network, uses }
            })
            .collect()
    }
}

impl<K: Ord, T> Top<K, T> {
    fn empty() -> Self {
        Top {
            first: Vec::new(),
            left_out: 0,
        }
    }

    fn put(&mut self, order: K, item: T) {
        let place = self.first.partition_point(|(other, _)| *other <= order);
        self.first.insert(place, (order, item));
        if self.first.len() > SHOWN {
            self.first.pop();
            self.left_out += 1;
        }
    }

    fn list(self) -> Listed<T> {
        Listed {
            shown: self.first.into_iter().map(|(_, item)| item).collect(),
            left_out: self.left_out,
        }
    }
}
