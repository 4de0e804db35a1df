//! Least privilege: the settings that would have served what a key was used for, and no more.

pub mod recorded_use;

use std::collections::BTreeMap;

use crate::domain::preset::PRESETS;
use crate::domain::shell::command;
use crate::domain::{Allowlist, Endpoint, Key, Net, Preset, ScopeSet};

pub use crate::domain::suggest::recorded_use::RecordedUse;

/// More addresses of one network than this are suggested as the network.
const ADDRESSES_OF_A_NETWORK: usize = 4;

/// A setting that is suggested.
#[derive(Debug, PartialEq, Eq)]
pub struct Suggested<T> {
    /// The setting.
    pub value: T,
    /// How many of the requests it would have refused.
    pub refused: u64,
    /// What to do about it.
    pub step: NextStep,
}

/// What to do about a suggestion.
#[derive(Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing: the key has the setting.
    NoChange,
    /// Run this command.
    Run(String),
    /// Nothing as it is: the setting would have refused requests that the key was allowed.
    WouldRefuse,
}

impl NextStep {
    /// The command, where none of the requests would have been refused.
    fn new(command: Option<String>, refused: u64) -> Self {
        match command {
            None => NextStep::NoChange,
            Some(command) if refused == 0 => NextStep::Run(command),
            Some(_) => NextStep::WouldRefuse,
        }
    }

    /// The command, if there is one to run.
    pub fn command(&self) -> Option<&str> {
        match self {
            NextStep::Run(command) => Some(command),
            NextStep::NoChange | NextStep::WouldRefuse => None,
        }
    }
}

impl RecordedUse {
    /// The smallest set of scopes; `None` where no request told what it needed.
    pub fn scopes(&self, key: &Key) -> Option<Suggested<ScopeSet>> {
        let used = self.used()?;
        let refused = self.refused_with(used);
        Some(Suggested {
            value: used,
            refused,
            step: NextStep::new(change_of_scopes(key, used), refused),
        })
    }

    /// The preset that differs least from what was used; of two, the one that would have refused
    /// less.
    pub fn preset(&self, key: &Key) -> Option<Suggested<&'static Preset>> {
        let used = spelt_out(self.used()?);
        let difference = |preset: &Preset| {
            let offered = spelt_out(preset.scopes);
            offered
                .without(used)
                .with(used.without(offered))
                .iter()
                .count()
        };
        let nearest = PRESETS
            .iter()
            .min_by_key(|preset| (difference(preset), self.refused_with(preset.scopes)))?;
        let refused = self.refused_with(nearest.scopes);
        Some(Suggested {
            value: nearest,
            refused,
            step: NextStep::new(change_of_scopes(key, nearest.scopes), refused),
        })
    }

    /// The smallest allowlist, with networks where there are several addresses of one; `None` where
    /// no request told where it came from. It lets nobody in who is not let in now.
    pub fn allowlist(&self, key: &Key) -> Option<Suggested<Allowlist>> {
        if self.networks.is_empty() {
            return None;
        }
        let mut networks: BTreeMap<Net, Vec<Net>> = BTreeMap::new();
        for net in self.networks.keys() {
            networks.entry(net.neighbourhood()).or_default().push(*net);
        }
        let entries = networks.into_iter().flat_map(|(network, places)| {
            let as_network =
                places.len() > ADDRESSES_OF_A_NETWORK && key.allowlist.covers(&network);
            if as_network { vec![network] } else { places }
        });
        let list: Allowlist = entries.collect();
        let mut words = vec!["allowlist".to_owned(), "set".into(), key.id.to_string()];
        words.extend(list.entries().iter().map(ToString::to_string));
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        Some(Suggested {
            step: NextStep::new(
                (list != key.allowlist).then(|| command(&words)),
                self.unplaced,
            ),
            value: list,
            refused: self.unplaced,
        })
    }
}

/// The scopes that an endpoint can need: `admin` is all of them.
fn spelt_out(scopes: ScopeSet) -> ScopeSet {
    Endpoint::open_to(scopes)
        .map(|endpoint| endpoint.scope)
        .collect()
}

fn change_of_scopes(key: &Key, scopes: ScopeSet) -> Option<String> {
    let list = |scopes: ScopeSet| scopes.words().join(",");
    let (add, remove) = (
        list(scopes.without(key.scopes)),
        list(key.scopes.without(scopes)),
    );
    let mut words = vec!["update", key.id.as_str()];
    if !add.is_empty() {
        words.extend(["--add-scope", &add]);
    }
    if !remove.is_empty() {
        words.extend(["--remove-scope", &remove]);
    }
    (words.len() > 2).then(|| command(&words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::tests::{at, key};
    use crate::domain::usage::{Outcome, UsageBucket};

    fn recorded(key: &Key, all: &[(&str, &str, u64)]) -> RecordedUse {
        let mut used = RecordedUse::default();
        for (ip, scopes, count) in all {
            let ip = if ip.is_empty() {
                None
            } else {
                Some(ip.parse().unwrap())
            };
            let scopes = scopes.parse().unwrap();
            let (first_at, last_at, outcome) = (at(0), at(1), Outcome::Allowed);
            used.add(
                &UsageBucket {
                    key: key.id,
                    ip,
                    endpoint: None,
                    scopes,
                    outcome,
                    count: *count,
                    first_at,
                    last_at,
                },
                key,
            );
        }
        used
    }

    fn admin() -> Key {
        Key {
            scopes: "admin".parse().unwrap(),
            ..key()
        }
    }

    #[test]
    fn the_smallest_scopes_are_those_that_were_used() {
        let used = recorded(
            &admin(),
            &[("", "read:orders", 5), ("", "read:stock write:stock", 2)],
        );
        let scopes = used.scopes(&admin()).unwrap();
        assert_eq!(
            (scopes.value.to_string().as_str(), scopes.refused),
            ("read:orders read:stock write:stock", 0)
        );
        let command = "zenflow-keys update k3m9x2q7vd --add-scope read:orders,read:stock,write:stock --remove-scope admin";
        assert_eq!(scopes.step, NextStep::Run(command.into()));
    }

    #[test]
    fn what_the_key_may_not_do_any_more_is_not_suggested() {
        let used = recorded(&key(), &[("", "read:orders", 5), ("", "write:orders", 2)]);
        let scopes = used.scopes(&key()).unwrap();
        assert_eq!(
            (scopes.value, scopes.step, used.requests),
            (key().scopes, NextStep::NoChange, 5)
        );
    }

    #[test]
    fn the_nearest_preset_differs_least_and_says_what_it_would_have_refused() {
        for (used, preset, refused) in [
            (&["read:orders", "read:products"][..], "read-only", 0),
            (&["read:products", "write:stock"], "stock-sync", 0),
            (
                &["read:orders", "write:orders", "write:stock"],
                "erp-sync",
                0,
            ),
            (&["read:orders", "read:webhooks"], "read-only", 1),
            (
                &[
                    "write:webhooks",
                    "read:webhooks",
                    "write:products",
                    "read:orders",
                    "write:orders",
                    "read:products",
                ],
                "full-access",
                0,
            ),
            (&["admin"], "full-access", 0),
        ] {
            let all: Vec<_> = used.iter().map(|scope| ("", *scope, 1)).collect();
            let suggested = recorded(&admin(), &all).preset(&admin()).unwrap();
            assert_eq!(
                (suggested.value.id, suggested.refused),
                (preset, refused),
                "{used:?}"
            );
            assert_eq!(
                suggested.step == NextStep::WouldRefuse,
                refused > 0,
                "{used:?}: a command only where nothing would be refused"
            );
        }
    }

    #[test]
    fn many_addresses_of_a_network_are_suggested_as_the_network() {
        let four: Vec<String> = (1..=4).map(|host| format!("203.0.113.{host}")).collect();
        let mut all: Vec<_> = four
            .iter()
            .map(|ip| (ip.as_str(), "read:orders", 1))
            .collect();
        all.push(("2001:db8::1", "read:orders", 1));
        let list =
            |all: &[(&str, &str, u64)], key: &Key| recorded(key, all).allowlist(key).unwrap();
        assert_eq!(
            list(&all, &key()).value.to_string(),
            "203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4 2001:db8::1"
        );
        all.push(("203.0.113.9", "read:orders", 1));
        assert_eq!(
            list(&all, &key()).step.command(),
            Some("zenflow-keys allowlist set k3m9x2q7vd 203.0.113.0/24 2001:db8::1")
        );
        all.push(("", "read:orders", 7));
        let suggested = list(&all, &key());
        assert_eq!(
            (suggested.value.to_string().as_str(), suggested.refused),
            ("203.0.113.0/24 2001:db8::1", 7)
        );
        assert_eq!(suggested.step, NextStep::WouldRefuse);
        let half = Key {
            allowlist: "203.0.113.0/25".parse().unwrap(),
            ..key()
        };
        assert_eq!(
            list(&all, &half).value.entries().len(),
            5,
            "nobody else is let in"
        );
    }

    #[test]
    fn nothing_is_suggested_from_nothing() {
        let none = recorded(&key(), &[]);
        assert!(
            none.scopes(&key()).is_none()
                && none.preset(&key()).is_none()
                && none.allowlist(&key()).is_none()
        );
        let vague = recorded(&key(), &[("", "", 4)]);
        assert!(vague.scopes(&key()).is_none() && vague.allowlist(&key()).is_none());
        assert_eq!((vague.requests, vague.unnamed, vague.unplaced), (4, 4, 4));
    }
}
