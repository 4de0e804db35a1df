//! From which networks a key was used, and how often one of them was news.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Net, Timestamp};

const DAY: i64 = 86_400;
/// How long a key must have been used before anything about its use is unusual: a week.
pub const BASELINE: i64 = 7 * DAY;
/// The four weeks before a day, with which it is compared.
const WEEKS: i64 = 28 * DAY;
/// A key that had a new network on this many of the last 28 days is judged by wider networks.
const DAYS_OF_NEWS: usize = 5;

/// The networks (`/24`, `/48`) from which requests of a key came, ever.
#[derive(Debug, Default)]
pub struct Networks {
    sights: BTreeMap<Net, Sighting>,
    /// The first request whose network is not known.
    unplaced_at: Option<Timestamp>,
}

/// When requests came from a network.
#[derive(Debug, Clone, Copy)]
pub struct Sighting {
    /// The first of them.
    pub first_at: Timestamp,
    /// How many there were.
    pub requests: u64,
}

impl Networks {
    /// Adds requests from an address; those that the key inherits are no requests of its own.
    pub fn add(&mut self, ip: Option<&Net>, first_at: Timestamp, requests: u64) {
        match ip.map(Net::neighbourhood) {
            Some(net) => see(&mut self.sights, net, first_at, requests),
            None => {
                let known = self.unplaced_at.get_or_insert(first_at);
                *known = first_at.min(*known);
            }
        }
    }

    /// How many networks there are.
    pub fn count(&self) -> usize {
        self.sights.len()
    }

    /// Whether the network, or if it is `None` no known one, was used by then.
    pub fn was_used_by(&self, net: Option<Net>, end: Timestamp) -> bool {
        let first_at = match net {
            Some(net) => self
                .sights
                .get(&net.neighbourhood())
                .map(|sight| sight.first_at),
            None => self.unplaced_at,
        };
        first_at.is_some_and(|first| first <= end)
    }

    /// The networks that were new at `since` or later, to a key that is known since `known_since`
    /// and of which `is_expected` knows nothing; the one with the fewest requests first. A phone or
    /// a build server has a new address every day, and a stranger would drown in them: where a
    /// network was news on five or more of the 28 days before, the wider one (`/16`, `/32`) is judged.
    pub fn new_since(
        &self,
        since: Timestamp,
        known_since: Timestamp,
        is_expected: impl Fn(&Net) -> bool,
    ) -> Vec<(Net, Sighting)> {
        let first_day = known_since.day();
        let news: BTreeSet<i64> = self
            .sights
            .values()
            .map(|sight| sight.first_at.day())
            .filter(|news| *news > first_day)
            .collect();
        let mut wide = BTreeMap::new();
        for (net, sight) in &self.sights {
            see(&mut wide, net.region(), sight.first_at, sight.requests);
        }
        // What only the keys that it replaced did is their news.
        let is_new = |sight: &Sighting| {
            sight.requests > 0
                && sight.first_at >= since
                && sight.first_at.seconds_since(known_since) >= BASELINE
        };
        let is_noisy =
            |at: Timestamp| news.range(at.day() - WEEKS..at.day()).count() >= DAYS_OF_NEWS;
        let mut new = BTreeMap::new();
        for (net, sight) in &self.sights {
            if !is_new(sight) || is_expected(net) {
                continue;
            }
            if !is_noisy(sight.first_at) {
                new.insert(*net, *sight);
                continue;
            }
            let region = net.region();
            if is_new(&wide[&region]) {
                new.insert(region, wide[&region]);
            }
        }
        let mut new: Vec<_> = new.into_iter().collect();
        new.sort_by_key(|(net, sight)| (sight.requests, sight.first_at, *net));
        new
    }
}

fn see(sights: &mut BTreeMap<Net, Sighting>, net: Net, first_at: Timestamp, requests: u64) {
    let sight = sights.entry(net).or_insert(Sighting {
        first_at,
        requests: 0,
    });
    sight.first_at = sight.first_at.min(first_at);
    sight.requests += requests;
}
