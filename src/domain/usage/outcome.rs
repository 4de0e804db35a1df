//! How a use of a key ended: by a verdict of `check`, or by the answer of a gateway.

use std::net::IpAddr;
use std::str::FromStr;

use crate::domain::{Invalid, Key, Reason, Timestamp, Verdict};

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

    /// The outcome of a use that `check` judged.
    pub fn from_verdict(verdict: &Verdict) -> Self {
        verdict.reason().map_or(Outcome::Allowed, Outcome::Refused)
    }

    /// What an answer of a gateway says of the key that its log names. A log has no reason, so the
    /// key's record gives it, as it stands now: for 401 the end or the pause that had begun by
    /// then, else `unknown` (somebody who knew the id and not the secret); for 403 the address, if
    /// the allowlist does not admit it, else the scope. An answer that succeeds is an allowed use
    /// whatever the record says: that is how a gateway that lets a revoked key in is found out.
    pub fn from_status(status: u16, key: &Key, at: Timestamp, ip: Option<IpAddr>) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Revocation;
    use crate::domain::key::tests::{at, key};

    fn answered(status: u16, key: &Key, second: i64, ip: Option<&str>) -> &'static str {
        Outcome::from_status(status, key, at(second), ip.map(|ip| ip.parse().unwrap())).as_str()
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
}
