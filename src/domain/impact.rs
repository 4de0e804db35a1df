//! What other settings of a key would have meant for the requests that were recorded.

use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{Key, Timestamp};

/// How many days back requests are looked at before a key is restricted, disabled or revoked.
pub const LOOKBACK_DAYS: u32 = 30;

/// What a change of a key would have done to the requests that were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Impact {
    /// Allowed requests that would have been refused.
    pub refused: u64,
    /// Allowed requests that the key as it is serves.
    pub served: u64,
    /// Allowed requests that the key as it is refuses: it is disabled, revoked or expired, or its
    /// allowlist or scopes have changed since.
    pub refused_already: u64,
}

impl Impact {
    /// Adds recorded uses. `after` is the key as the change leaves it; `None` if it then
    /// serves nothing.
    pub fn add(&mut self, uses: &UsageBucket, before: &Key, after: Option<&Key>, now: Timestamp) {
        let is_off = before.disabled_at.is_some() || !before.is_usable(now);
        if uses.outcome != Outcome::Allowed {
            return;
        }
        if is_off || !serves(before, uses) {
            self.refused_already += uses.count;
            return;
        }
        self.served += uses.count;
        self.refused += if after.is_some_and(|after| serves(after, uses)) {
            0
        } else {
            uses.count
        };
    }
}

/// Whether scopes and allowlist of the key admit such requests; its state is another matter. Of a
/// network all must be admitted.
pub fn serves(key: &Key, uses: &UsageBucket) -> bool {
    let is_admitted = uses
        .ip
        .map_or(key.allowlist.is_empty(), |net| key.allowlist.covers(&net));
    is_admitted && key.scopes.missing(uses.scopes).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ScopeSet;
    use crate::domain::key::tests::{at, key};

    fn uses(ip: &str, scopes: &str, outcome: Outcome) -> UsageBucket {
        let ip = if ip.is_empty() {
            None
        } else {
            Some(ip.parse().unwrap())
        };
        let scopes: ScopeSet = scopes.parse().unwrap();
        UsageBucket {
            key: key().id,
            ip,
            endpoint: None,
            scopes,
            outcome,
            count: 3,
            first_at: at(0),
            last_at: at(1),
        }
    }

    fn impact(uses: UsageBucket, before: &Key, after: Option<&Key>) -> (u64, u64) {
        let mut impact = Impact::default();
        impact.add(&uses, before, after, at(2));
        (impact.refused, impact.served)
    }

    #[test]
    fn only_what_is_served_now_and_would_not_be_then_is_lost() {
        let open = Key {
            scopes: "read:orders read:stock".parse().unwrap(),
            ..key()
        };
        let narrow = Key {
            allowlist: "10.0.0.0/24".parse().unwrap(),
            ..open.clone()
        };
        let allowed = |ip: &str| uses(ip, "read:orders", Outcome::Allowed);
        for (ip, refused) in [
            ("10.0.0.9", 0),
            ("10.0.0.0/25", 0),
            ("10.0.0.0/23", 3),
            ("10.0.1.1", 3),
            ("", 3),
        ] {
            assert_eq!(
                impact(allowed(ip), &open, Some(&narrow)),
                (refused, 3),
                "{ip:?}"
            );
        }
        assert_eq!(impact(allowed("10.0.1.1"), &narrow, Some(&narrow)), (0, 0));
        assert_eq!(impact(allowed("10.0.0.1"), &narrow, None), (3, 3));
        let fewer = Key {
            scopes: "read:orders".parse().unwrap(),
            ..open.clone()
        };
        assert_eq!(
            impact(
                uses("", "read:stock", Outcome::Allowed),
                &open,
                Some(&fewer)
            ),
            (3, 3)
        );
        assert_eq!(
            impact(uses("", "", Outcome::Allowed), &open, Some(&fewer)),
            (0, 3)
        );
        assert_eq!(
            impact(uses("", "read:stock", Outcome::Other), &open, Some(&fewer)),
            (0, 0)
        );
    }

    #[test]
    fn what_a_key_served_before_it_was_off_is_refused_already() {
        let disabled = Key {
            disabled_at: Some(at(-9)),
            ..key()
        };
        let expired = Key {
            expires_at: Some(at(-9)),
            ..key()
        };
        for off in [disabled, expired] {
            let mut impact = Impact::default();
            impact.add(
                &uses("", "read:orders", Outcome::Allowed),
                &off,
                None,
                at(2),
            );
            impact.add(&uses("", "read:orders", Outcome::Other), &off, None, at(2));
            let expected = Impact {
                refused_already: 3,
                ..Impact::default()
            };
            assert_eq!(impact, expected);
        }
    }
}
