//! From where a key was used, as far as an allowlist can be suggested for it. A client can have a
//! million addresses; no more are kept than can be suggested.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::usage::UsageBucket;
use crate::domain::{Allowlist, Key, LastUse, Net, Timestamp};

/// More addresses of one network than this are suggested as the network.
const ADDRESSES_OF_A_NETWORK: usize = 4;
/// Of a network that the key may be used from in part only, more addresses than this are suggested
/// as that part.
const ADDRESSES_OF_A_PART: usize = 256;
/// For a key that was used from more networks than this, an allowlist is no restriction that anybody
/// could keep.
pub const MOST_NETWORKS: usize = 50;
/// How many seconds before its last use are held out: seven days.
const HELD_OUT: i64 = 7 * 86_400;

/// From where a key was used. What an allowlist would have refused is tried on the last week: one
/// that is made from the time before must have served it.
#[derive(Debug, Default)]
pub struct Origins {
    all: Addresses,
    /// Those before the last week, as long as that has not begun.
    before: Addresses,
    /// When the last week begins, if the key was used at all.
    last_week_at: Option<Timestamp>,
    /// The list that the time before the last week makes; `None` inside if it makes none.
    trial: Option<Option<Allowlist>>,
    tried: u64,
    refused: u64,
}

impl Origins {
    /// Of this key, nothing so far.
    pub fn holding_out_the_last_week(key: &Key) -> Self {
        let begin = |last: LastUse| Timestamp::from_unix(last.at.unix() - HELD_OUT);
        Origins {
            last_week_at: key.last_use.and_then(begin),
            ..Origins::default()
        }
    }

    /// Adds uses that the key as it is would serve; the oldest first.
    pub fn add(&mut self, uses: &UsageBucket, key: &Key) {
        let Some(net) = uses.ip else { return };
        self.all.add(net, key);
        if self.last_week_at.is_none_or(|begin| uses.first_at < begin) {
            self.before.add(net, key);
            return;
        }
        let before = &self.before;
        let trial = self.trial.get_or_insert_with(|| before.allowlist(key));
        self.tried += uses.count;
        if trial.as_ref().is_some_and(|list| !list.covers(&net)) {
            self.refused += uses.count;
        }
    }

    /// Whether no list can be suggested because there are too many networks, or because one that was
    /// made a week ago would have refused a hundredth or more of the requests since.
    pub fn change_too_much(&self, key: &Key) -> bool {
        !self.all.is_empty()
            && (self.all.allowlist(key).is_none() || self.refused * 100 >= self.tried.max(1))
    }

    /// The smallest allowlist; `None` if there are no addresses, or too many, or if they change. It
    /// lets nobody in who is not let in now.
    pub fn allowlist(&self, key: &Key) -> Option<Allowlist> {
        if self.change_too_much(key) {
            return None;
        }
        self.all.allowlist(key)
    }
}

/// Addresses by their networks.
#[derive(Debug, Default)]
struct Addresses {
    networks: BTreeMap<Net, OfNetwork>,
    is_everywhere: bool,
}

/// From where in a network a key was used.
#[derive(Debug)]
enum OfNetwork {
    /// From these.
    Few(BTreeSet<Net>),
    /// From so many that the network is suggested, or what the allowlist names of it.
    Many,
}

impl Addresses {
    fn add(&mut self, net: Net, key: &Key) {
        if self.is_everywhere {
            return;
        }
        let network = net.neighbourhood();
        let addresses = self
            .networks
            .entry(network)
            .or_insert_with(|| OfNetwork::Few(BTreeSet::new()));
        if let OfNetwork::Few(few) = addresses {
            // A host over IPv6 has another address every day.
            let link = net.link();
            few.insert(if key.allowlist.covers(&link) {
                link
            } else {
                net
            });
            let most = if key.allowlist.covers(&network) {
                ADDRESSES_OF_A_NETWORK
            } else {
                ADDRESSES_OF_A_PART
            };
            if few.len() > most {
                *addresses = OfNetwork::Many;
            }
        }
        if self.networks.len() > MOST_NETWORKS {
            self.is_everywhere = true;
            self.networks.clear();
        }
    }

    fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.is_everywhere
    }

    /// Where the addresses are more than anybody would read, their networks stand for them.
    fn allowlist(&self, key: &Key) -> Option<Allowlist> {
        if self.networks.is_empty() {
            return None;
        }
        let exact = self.entries(key, false);
        if exact.entries().len() <= MOST_NETWORKS {
            return Some(exact);
        }
        Some(self.entries(key, true))
    }

    fn entries(&self, key: &Key, only_networks: bool) -> Allowlist {
        let entries = self
            .networks
            .iter()
            .flat_map(|(network, addresses)| match addresses {
                OfNetwork::Few(few) if !(only_networks && key.allowlist.covers(network)) => {
                    few.iter().copied().collect()
                }
                _ if key.allowlist.covers(network) => vec![*network],
                _ => {
                    let entries = key.allowlist.entries().iter();
                    entries
                        .filter(|entry| network.covers(entry))
                        .copied()
                        .collect()
                }
            });
        entries.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};
    use crate::domain::usage::Outcome;

    const DAY: i64 = 86_400;

    fn uses(day: i64, ip: &str, count: u64) -> UsageBucket {
        UsageBucket {
            key: key().id,
            ip: Some(ip.parse().unwrap()),
            endpoint: None,
            scopes: "read:orders".parse().unwrap(),
            outcome: Outcome::Allowed,
            count,
            first_at: at(day * DAY),
            last_at: at(day * DAY),
        }
    }

    fn origins(key: &Key, addresses: impl IntoIterator<Item = String>) -> Origins {
        let mut origins = Origins::default();
        for address in addresses {
            origins.add(&uses(0, &address, 1), key);
        }
        origins
    }

    /// A key that was last used on day 20.
    fn used() -> Key {
        Key {
            last_use: Some(LastUse {
                at: at(20 * DAY),
                ip: None,
            }),
            ..key()
        }
    }

    #[test]
    fn a_list_is_suggested_only_if_one_of_a_week_ago_would_have_served_the_week() {
        for (stranger, is_suggested) in [(0, true), (1, true), (2, false)] {
            let mut origins = Origins::holding_out_the_last_week(&used());
            origins.add(&uses(12, "203.0.113.7", 50), &used());
            origins.add(&uses(13, "203.0.113.7", 198), &used());
            if stranger > 0 {
                origins.add(&uses(20, "198.51.100.9", stranger), &used());
            }
            assert_eq!(
                origins.allowlist(&used()).is_some(),
                is_suggested,
                "{stranger}"
            );
            assert_eq!(origins.change_too_much(&used()), !is_suggested);
        }
        // Nothing from before the week contradicts it.
        let mut origins = Origins::holding_out_the_last_week(&used());
        origins.add(&uses(14, "203.0.113.7", 1), &used());
        origins.add(&uses(20, "198.51.100.9", 1), &used());
        assert_eq!(origins.allowlist(&used()).unwrap().entries().len(), 2);
    }

    #[test]
    fn the_hosts_of_a_link_over_ipv6_are_suggested_as_the_link() {
        let hosts = ["2001:db8:0:1::a", "2001:db8:0:1:9:8:7:6", "2001:db8:0:2::1"];
        let suggested = origins(&key(), hosts.map(String::from)).allowlist(&key());
        assert_eq!(
            suggested.unwrap().to_string(),
            "2001:db8:0:1::/64 2001:db8:0:2::/64"
        );
        let part = Key {
            allowlist: "2001:db8:0:1::a 2001:db8:0:2::/64".parse().unwrap(),
            ..key()
        };
        let suggested = origins(&part, [hosts[0], hosts[2]].map(String::from)).allowlist(&part);
        assert_eq!(
            suggested.unwrap().to_string(),
            "2001:db8:0:1::a 2001:db8:0:2::/64",
            "nobody else is let in"
        );
    }

    #[test]
    fn very_many_addresses_of_a_part_of_a_network_are_suggested_as_that_part() {
        let part = Key {
            allowlist: "198.51.100.0/25 203.0.113.0/25".parse().unwrap(),
            ..key()
        };
        let few = (1..=50).map(|host| format!("198.51.100.{host}"));
        let suggested = origins(&part, few).allowlist(&part).unwrap();
        assert_eq!(suggested.entries().len(), 50);
    }

    #[test]
    fn no_allowlist_is_suggested_for_a_key_that_is_used_from_everywhere() {
        let networks = |count: usize| (0..count).map(|n| format!("10.{}.{}.1", n / 256, n % 256));
        let some = origins(&key(), networks(MOST_NETWORKS));
        assert_eq!(
            some.allowlist(&key()).unwrap().entries().len(),
            MOST_NETWORKS
        );
        let all = origins(&key(), networks(MOST_NETWORKS + 1));
        assert!(all.change_too_much(&key()) && all.allowlist(&key()).is_none());
        assert!(all.all.networks.is_empty(), "they are not kept either");
    }

    #[test]
    fn where_the_addresses_are_too_many_their_networks_are_suggested() {
        let addresses = (0..60).map(|n| format!("10.0.{}.{}", n / 2, n % 2));
        let suggested = origins(&key(), addresses).allowlist(&key()).unwrap();
        assert_eq!(suggested.entries().len(), 30);
        assert_eq!(suggested.entries()[0].to_string(), "10.0.0.0/24");
    }

    #[test]
    fn no_more_addresses_are_kept_than_can_be_suggested() {
        let all = origins(&key(), (0..=255).map(|host| format!("10.0.0.{host}")));
        assert!(
            all.all
                .networks
                .values()
                .all(|net| matches!(net, OfNetwork::Many))
        );
    }
}
