//! Counted uses of keys: who, when, from where, for what, and how it was answered.

pub mod credible;
pub mod served;
pub mod usage_row;

use std::net::IpAddr;
use std::str::FromStr;

use crate::domain::{
    Endpoint, Invalid, Key, KeyId, Net, Reason, Request, ScopeSet, Timestamp, Verdict,
};

pub use crate::domain::usage::credible::CredibleTimes;
pub use crate::domain::usage::served::ServedTimes;
pub use crate::domain::usage::usage_row::{GroupBy, Sums, UsageFilter, UsageRow};

/// How a use was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The key was accepted and the request served.
    Allowed,
    /// The key, or what it asked for, was refused.
    Refused(Reason),
    /// Too many requests (HTTP 429).
    RateLimited,
    /// A redirect, a faulty request, a failing server: an answer that says nothing about the key.
    Other,
}

impl Outcome {
    /// The word for it, in the store and everywhere else: `allowed`, a reason, `rate_limited` or
    /// `other`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::Refused(reason) => reason.as_str(),
            Outcome::RateLimited => "rate_limited",
            Outcome::Other => "other",
        }
    }

    /// All outcomes: the allowed first, then refusals in the order of judgement.
    pub fn all() -> impl Iterator<Item = Outcome> {
        let refused = Reason::ALL.into_iter().map(Outcome::Refused);
        [Outcome::Allowed]
            .into_iter()
            .chain(refused)
            .chain([Outcome::RateLimited, Outcome::Other])
    }

    /// Whether the client was turned away because of its key or its pace.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Outcome::Refused(_) | Outcome::RateLimited)
    }

    /// The outcome of a judgement.
    pub fn of(verdict: &Verdict) -> Self {
        verdict.reason().map_or(Outcome::Allowed, Outcome::Refused)
    }

    /// What an answer of a gateway says of the key that its log names. A log has no reason, so the
    /// key's record gives it, as it stands now: for 401 the end or the pause that had begun by
    /// then, else `unknown` (somebody who knew the id and not the secret); for 403 the address, if
    /// the allowlist does not admit it, else the scope. An answer that succeeds is an allowed use
    /// whatever the record says: that is how a gateway that lets a revoked key in is found out.
    pub fn of_status(status: u16, key: &Key, at: Timestamp, ip: Option<IpAddr>) -> Self {
        match status {
            101 | 200..=299 | 304 => Outcome::Allowed,
            401 if key.is_revoked(at) => Outcome::Refused(Reason::Revoked),
            401 if key.disabled_at.is_some_and(|since| since <= at) => {
                Outcome::Refused(Reason::Disabled)
            }
            401 if key.is_expired(at) => Outcome::Refused(Reason::Expired),
            401 => Outcome::Refused(Reason::Unknown),
            403 => match ip {
                Some(ip) if !key.allowlist.admits(ip) => Outcome::Refused(Reason::IpNotAllowed),
                None if !key.allowlist.is_empty() => Outcome::Refused(Reason::IpUnknown),
                _ => Outcome::Refused(Reason::InsufficientScope),
            },
            429 => Outcome::RateLimited,
            _ => Outcome::Other,
        }
    }
}

impl FromStr for Outcome {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Outcome::all()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| Invalid::unknown("outcome", text, Outcome::all().map(Outcome::as_str)))
    }
}

/// How much of a client's address is kept: the length of the network prefix, for IPv4 and for IPv6.
/// As text: `24,48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPrefix {
    v4: u8,
    v6: u8,
}

impl IpPrefix {
    /// The whole address.
    pub const WHOLE: IpPrefix = IpPrefix { v4: 32, v6: 128 };

    /// What is kept of an address.
    pub fn of(self, ip: IpAddr) -> Net {
        Net::around(
            ip,
            if ip.to_canonical().is_ipv4() {
                self.v4
            } else {
                self.v6
            },
        )
    }
}

/// The whole address.
impl Default for IpPrefix {
    fn default() -> Self {
        IpPrefix::WHOLE
    }
}

impl FromStr for IpPrefix {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let length =
            |text: &str, longest: u8| text.parse().ok().filter(|length| *length <= longest);
        text.split_once(',')
            .and_then(|(v4, v6)| {
                Some(IpPrefix {
                    v4: length(v4, 32)?,
                    v6: length(v6, 128)?,
                })
            })
            .ok_or_else(|| {
                Invalid::new(format!("'{text}' is not a pair of prefix lengths"))
                    .hint("write both, for IPv4 and IPv6: 24,48")
            })
    }
}

/// The uses of one key within one hour, from one place, for one thing, with one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageBucket {
    /// The key.
    pub key: KeyId,
    /// From where, if that is known: an address, or the network that is kept of it.
    pub ip: Option<Net>,
    /// The endpoint that was called, if it is one of the map's.
    pub endpoint: Option<&'static Endpoint>,
    /// All scopes that were needed.
    pub scopes: ScopeSet,
    /// How they were answered.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them, within the same hour.
    pub last_at: Timestamp,
}

impl UsageBucket {
    /// The one use that a judged request is.
    pub fn once(
        key: KeyId,
        request: &Request,
        verdict: &Verdict,
        at: Timestamp,
        prefix: IpPrefix,
    ) -> Self {
        UsageBucket {
            key,
            ip: request.ip.map(|ip| prefix.of(ip)),
            endpoint: request.endpoint,
            scopes: request.needed(),
            outcome: Outcome::of(verdict),
            count: 1,
            first_at: at,
            last_at: at,
        }
    }

    /// The start of their hour, in seconds since 1970.
    pub fn hour(&self) -> i64 {
        self.first_at.hour()
    }

    /// How many of them are certain to have come after `instant`: where they straddle it, the last.
    pub fn count_after(&self, instant: Timestamp) -> u64 {
        match (self.first_at > instant, self.last_at > instant) {
            (true, _) => self.count,
            (false, true) => 1,
            (false, false) => 0,
        }
    }
}

/// How often something was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Uses that were allowed.
    pub allowed: u64,
    /// Uses that were refused.
    pub refused: u64,
    /// Uses whose answer says nothing about the key.
    pub other: u64,
}

impl Totals {
    /// All uses.
    pub fn count(self) -> u64 {
        self.allowed + self.refused + self.other
    }

    /// Counts uses with this outcome in.
    pub fn add(&mut self, outcome: Outcome, count: u64) {
        match outcome {
            Outcome::Allowed => self.allowed += count,
            Outcome::Refused(_) | Outcome::RateLimited => self.refused += count,
            Outcome::Other => self.other += count,
        }
    }
}

/// How far a log has been counted. What the log is called, where it lies and how it is compressed
/// does not matter: it is known by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportMark {
    /// SHA-256 of its first line: where to look.
    pub head: [u8; 32],
    /// How many bytes, from its beginning; they end with a line.
    pub bytes: u64,
    /// How many lines these are.
    pub lines: u64,
    /// SHA-256 of these bytes: whether a log that begins with this line is this log.
    pub digest: [u8; 32],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revocation;
    use crate::domain::key::tests::{at, key};

    fn answered(status: u16, key: &Key, second: i64, ip: Option<&str>) -> &'static str {
        Outcome::of_status(status, key, at(second), ip.map(|ip| ip.parse().unwrap())).as_str()
    }

    #[test]
    fn an_outcome_reads_back_from_its_word_and_no_two_share_one() {
        let mut words = std::collections::BTreeSet::new();
        for outcome in Outcome::all() {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            assert!(words.insert(outcome.as_str()));
        }
        assert!(
            "alowed"
                .parse::<Outcome>()
                .unwrap_err()
                .message
                .contains("did you mean 'allowed'")
        );
    }

    #[test]
    fn an_unauthenticated_answer_has_the_reason_that_held_at_that_instant() {
        let ended = Key {
            disabled_at: Some(at(10)),
            expires_at: Some(at(20)),
            revocation: Some(Revocation {
                at: at(30),
                reason: None,
            }),
            ..key()
        };
        for (second, word) in [
            (9, "unknown"),
            (10, "disabled"),
            (29, "disabled"),
            (30, "revoked"),
        ] {
            assert_eq!(answered(401, &ended, second, None), word, "{second}");
        }
        let expiring = Key {
            expires_at: Some(at(20)),
            ..key()
        };
        assert_eq!(answered(401, &expiring, 19, None), "unknown");
        assert_eq!(answered(401, &expiring, 20, None), "expired");
    }

    #[test]
    fn a_forbidden_answer_is_about_the_address_only_if_the_allowlist_says_so() {
        let narrow = Key {
            allowlist: "203.0.113.0/24".parse().unwrap(),
            ..key()
        };
        assert_eq!(
            answered(403, &narrow, 0, Some("198.51.100.1")),
            "ip_not_allowed"
        );
        assert_eq!(
            answered(403, &narrow, 0, Some("203.0.113.9")),
            "insufficient_scope"
        );
        assert_eq!(answered(403, &narrow, 0, None), "ip_unknown");
        assert_eq!(answered(403, &key(), 0, None), "insufficient_scope");
    }

    #[test]
    fn only_an_answer_that_served_the_request_is_an_allowed_use() {
        let revoked = Key {
            revocation: Some(Revocation {
                at: at(-9),
                reason: None,
            }),
            ..key()
        };
        for (status, word) in [
            (200, "allowed"),
            (204, "allowed"),
            (304, "allowed"),
            (301, "other"),
            (400, "other"),
            (404, "other"),
            (429, "rate_limited"),
            (499, "other"),
            (502, "other"),
            (0, "other"),
        ] {
            assert_eq!(answered(status, &revoked, 0, None), word, "{status}");
        }
    }

    #[test]
    fn a_prefix_keeps_the_network_of_an_address() {
        let kept = |prefix: &str, ip: &str| {
            prefix
                .parse::<IpPrefix>()
                .unwrap()
                .of(ip.parse().unwrap())
                .to_string()
        };
        assert_eq!(kept("24,48", "203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("24,48", "::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("24,48", "2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(kept("32,128", "2001:db8::1"), "2001:db8::1");
        assert_eq!(kept("0,0", "203.0.113.77"), "0.0.0.0/0");
        assert_eq!(
            IpPrefix::WHOLE
                .of("203.0.113.77".parse().unwrap())
                .to_string(),
            "203.0.113.77"
        );
        for text in [
            "", "24", "24,", "33,48", "24,129", "24,48,1", "-1,48", "24, 48",
        ] {
            assert!(text.parse::<IpPrefix>().is_err(), "{text}");
        }
    }
}
