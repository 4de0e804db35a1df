//! A counted use of a key.

use std::net::IpAddr;

use super::{KeyId, Request, ScopeSet, Timestamp, Verdict};

/// One use: who, when, from where, for what, and how it was answered. Uses that differ only within an hour are counted together.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// The key.
    pub key: KeyId,
    /// When.
    pub at: Timestamp,
    /// From where, if that is known.
    pub ip: Option<IpAddr>,
    /// The endpoint that was called, if one was named: `GET /orders/:id`.
    pub endpoint: Option<&'static str>,
    /// All scopes that were needed.
    pub scopes: ScopeSet,
    /// `allowed`, or the word of the reason why not.
    pub outcome: &'static str,
}

/// The outcome of an allowed use.
pub const ALLOWED: &str = "allowed";

impl Use {
    /// The use that a judged request is.
    pub fn of(key: KeyId, request: &Request, verdict: &Verdict, at: Timestamp) -> Self {
        Use {
            key,
            at,
            ip: request.ip,
            endpoint: request.endpoint.map(|endpoint| endpoint.pattern),
            scopes: request.needed(),
            outcome: verdict.reason().map_or(ALLOWED, super::Reason::word),
        }
    }

    /// The start of its hour, in seconds since 1970.
    pub fn hour(&self) -> i64 {
        self.at.unix() - self.at.unix() % 3600
    }
}
