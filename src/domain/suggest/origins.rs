//! From where a key was used, as far as an allowlist can be suggested for it. A client can have a
//! million addresses; no more are kept than can be suggested.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Allowlist, Key, Net};

/// More addresses of one network than this are suggested as the network.
const ADDRESSES_OF_A_NETWORK: usize = 4;
/// Of a network that the key may be used from in part only, more addresses than this are suggested
/// as that part.
const ADDRESSES_OF_A_PART: usize = 256;
/// For a key that was used from more networks than this, an allowlist is no restriction that anybody
/// could keep.
pub const MOST_NETWORKS: usize = 1_000;

/// The addresses by their networks.
#[derive(Debug, Default)]
pub struct Origins {
    networks: BTreeMap<Net, Addresses>,
    is_everywhere: bool,
}

/// From where in a network a key was used.
#[derive(Debug)]
enum Addresses {
    /// From these.
    Few(BTreeSet<Net>),
    /// From so many that the network is suggested, or what the allowlist names of it.
    Many,
}

impl Origins {
    /// Adds an address from which the key may still be used.
    pub fn add(&mut self, net: Net, key: &Key) {
        if self.is_everywhere {
            return;
        }
        let network = net.neighbourhood();
        let addresses = self
            .networks
            .entry(network)
            .or_insert_with(|| Addresses::Few(BTreeSet::new()));
        if let Addresses::Few(few) = addresses {
            few.insert(net);
            let most = if key.allowlist.covers(&network) {
                ADDRESSES_OF_A_NETWORK
            } else {
                ADDRESSES_OF_A_PART
            };
            if few.len() > most {
                *addresses = Addresses::Many;
            }
        }
        if self.networks.len() > MOST_NETWORKS {
            self.is_everywhere = true;
            self.networks.clear();
        }
    }

    /// Whether there were too many networks for an allowlist to be suggested.
    pub fn is_everywhere(&self) -> bool {
        self.is_everywhere
    }

    /// The smallest allowlist; `None` if there are no addresses, or too many. It lets nobody in who
    /// is not let in now.
    pub fn allowlist(&self, key: &Key) -> Option<Allowlist> {
        if self.networks.is_empty() {
            return None;
        }
        let entries = self
            .networks
            .iter()
            .flat_map(|(network, addresses)| match addresses {
                Addresses::Few(few) => few.iter().copied().collect(),
                Addresses::Many if key.allowlist.covers(network) => vec![*network],
                Addresses::Many => {
                    let entries = key.allowlist.entries().iter();
                    entries
                        .filter(|entry| network.covers(entry))
                        .copied()
                        .collect()
                }
            });
        Some(entries.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::key;

    fn origins(key: &Key, addresses: impl IntoIterator<Item = String>) -> Origins {
        let mut origins = Origins::default();
        for address in addresses {
            origins.add(address.parse().unwrap(), key);
        }
        origins
    }

    #[test]
    fn very_many_addresses_of_a_part_of_a_network_are_suggested_as_that_part() {
        let part = Key {
            allowlist: "198.51.100.0/25 2001:db8::/64 2001:db8:0:2::/64"
                .parse()
                .unwrap(),
            ..key()
        };
        let many = |count| (1..=count).map(|host| format!("2001:db8::{host:x}"));
        let few = origins(&part, many(256)).allowlist(&part).unwrap();
        assert_eq!(few.entries().len(), 256);
        let one = "198.51.100.7".to_owned();
        let suggested = origins(&part, many(257).chain([one])).allowlist(&part);
        // Of the network all that is let in now, and nobody else.
        assert_eq!(
            suggested.unwrap().to_string(),
            "198.51.100.7 2001:db8::/64 2001:db8:0:2::/64"
        );
    }

    #[test]
    fn no_allowlist_is_suggested_for_a_key_that_is_used_from_everywhere() {
        let networks = |count: usize| (0..count).map(|n| format!("10.{}.{}.1", n / 256, n % 256));
        let some = origins(&key(), networks(MOST_NETWORKS));
        assert_eq!(
            some.allowlist(&key()).unwrap().entries().len(),
            MOST_NETWORKS
        );
        assert!(!some.is_everywhere());
        let all = origins(&key(), networks(MOST_NETWORKS + 200));
        assert!(all.is_everywhere() && all.allowlist(&key()).is_none());
        assert!(all.networks.is_empty(), "they are not kept either");
    }

    #[test]
    fn no_more_addresses_are_kept_than_can_be_suggested() {
        let all = origins(&key(), (0..=255).map(|host| format!("10.0.0.{host}")));
        assert!(
            all.networks
                .values()
                .all(|net| matches!(net, Addresses::Many))
        );
    }
}
