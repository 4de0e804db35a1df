//! Least privilege: the settings that would have served what a key was used for, and no more.

mod origins;
pub mod recorded_use;

use crate::domain::preset::PRESETS;
use crate::domain::remedy::Remedy;
use crate::domain::{Allowlist, Endpoint, Key, Preset, ScopeSet};

pub use crate::domain::suggest::origins::{MOST_NETWORKS, Origins};
pub use crate::domain::suggest::recorded_use::RecordedUse;

/// A setting that would have served the recorded requests, or most of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Suggested<T> {
    /// The suggested value.
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
    /// Do this.
    Run(Remedy),
    /// Nothing as it is: the setting would have refused requests that the key was allowed.
    WouldRefuse,
}

impl NextStep {
    /// The change, where none of the requests would have been refused.
    fn new(change: Option<Remedy>, refused: u64) -> Self {
        match change {
            None => NextStep::NoChange,
            Some(change) if refused == 0 => NextStep::Run(change),
            Some(_) => NextStep::WouldRefuse,
        }
    }

    /// What to do, if there is anything.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            NextStep::Run(remedy) => Some(remedy),
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
    /// no request told where it came from, if there were too many networks, or if they change. It
    /// lets nobody in who is not let in now.
    pub fn allowlist(&self, key: &Key) -> Option<Suggested<Allowlist>> {
        let list = self.origins.allowlist(key)?;
        let change = (list != key.allowlist).then(|| Remedy::SetAllowlist {
            key: key.id,
            allowlist: list.clone(),
        });
        Some(Suggested {
            step: NextStep::new(change, self.unplaced),
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

fn change_of_scopes(key: &Key, scopes: ScopeSet) -> Option<Remedy> {
    let (add, remove) = (scopes.without(key.scopes), key.scopes.without(scopes));
    (!add.is_empty() || !remove.is_empty()).then_some(Remedy::ChangeScopes {
        key: key.id,
        add,
        remove,
    })
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
        let change = Remedy::ChangeScopes {
            key: key().id,
            add: "read:orders read:stock write:stock".parse().unwrap(),
            remove: "admin".parse().unwrap(),
        };
        assert_eq!(scopes.step, NextStep::Run(change));
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
            "203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4 2001:db8::/64"
        );
        all.push(("203.0.113.9", "read:orders", 1));
        assert_eq!(
            list(&all, &key()).step,
            NextStep::Run(Remedy::SetAllowlist {
                key: key().id,
                allowlist: "203.0.113.0/24 2001:db8::/64".parse().unwrap(),
            })
        );
        all.push(("", "read:orders", 7));
        let suggested = list(&all, &key());
        assert_eq!(
            (suggested.value.to_string().as_str(), suggested.refused),
            ("203.0.113.0/24 2001:db8::/64", 7)
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
