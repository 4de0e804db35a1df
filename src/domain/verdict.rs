//! The one decision: may this presented key do this, from there, at that instant?

use crate::domain::words::words;
use std::borrow::Cow;
use std::net::IpAddr;

use crate::domain::api_key::FormatFault;
use crate::domain::{Endpoint, Environment, Key, Presented, Scope, ScopeSet, Timestamp};

words! {
    kind "reason";
    /// Why a key is refused. The order is the order of judgement: the first that applies is the
    /// verdict.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Reason {
        /// No key was presented.
        Missing = "missing",
        /// It is not a key.
        Malformed = "malformed",
        /// It has a typing error.
        BadChecksum = "bad_checksum",
        /// It is a well-formed key that the store does not know.
        Unknown = "unknown",
        /// It was revoked.
        Revoked = "revoked",
        /// It is disabled.
        Disabled = "disabled",
        /// Its time is over.
        Expired = "expired",
        /// It is for another environment.
        WrongEnvironment = "wrong_environment",
        /// The client's address is not in its allowlist.
        IpNotAllowed = "ip_not_allowed",
        /// It has an allowlist, and the client's address was not given.
        IpUnknown = "ip_unknown",
        /// It lacks a scope that is needed.
        InsufficientScope = "insufficient_scope",
    }
}

impl Reason {
    /// What the API would answer.
    pub const fn refusal(self) -> ApiRefusal {
        match self {
            Reason::Missing => ApiRefusal::MissingApiKey,
            Reason::Malformed
            | Reason::BadChecksum
            | Reason::Unknown
            | Reason::Disabled
            | Reason::WrongEnvironment => ApiRefusal::InvalidApiKey,
            Reason::Revoked => ApiRefusal::RevokedApiKey,
            Reason::Expired => ApiRefusal::ExpiredApiKey,
            Reason::IpNotAllowed | Reason::IpUnknown => ApiRefusal::IpNotAllowed,
            Reason::InsufficientScope => ApiRefusal::InsufficientScope,
        }
    }
}

/// How the API refuses a request (ZenFlow's documentation, "Error handling").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiRefusal {
    /// 401: no key.
    MissingApiKey,
    /// 401: no such key.
    InvalidApiKey,
    /// 401: revoked.
    RevokedApiKey,
    /// 401: expired.
    ExpiredApiKey,
    /// 403: not from this address.
    IpNotAllowed,
    /// 403: not with these scopes.
    InsufficientScope,
}

impl ApiRefusal {
    /// The API's error code, which is the word of the verdict too.
    pub const fn code(self) -> &'static str {
        match self {
            ApiRefusal::MissingApiKey => "missing_api_key",
            ApiRefusal::InvalidApiKey => "invalid_api_key",
            ApiRefusal::RevokedApiKey => "revoked_api_key",
            ApiRefusal::ExpiredApiKey => "expired_api_key",
            ApiRefusal::IpNotAllowed => "ip_not_allowed",
            ApiRefusal::InsufficientScope => "insufficient_scope",
        }
    }

    /// The HTTP status of the answer.
    pub const fn http(self) -> u16 {
        match self {
            ApiRefusal::MissingApiKey
            | ApiRefusal::InvalidApiKey
            | ApiRefusal::RevokedApiKey
            | ApiRefusal::ExpiredApiKey => 401,
            ApiRefusal::IpNotAllowed | ApiRefusal::InsufficientScope => 403,
        }
    }

    /// The exit status of `check`.
    pub const fn exit(self) -> u8 {
        match self {
            ApiRefusal::MissingApiKey => 10,
            ApiRefusal::InvalidApiKey => 11,
            ApiRefusal::RevokedApiKey => 12,
            ApiRefusal::ExpiredApiKey => 13,
            ApiRefusal::InsufficientScope => 20,
            ApiRefusal::IpNotAllowed => 21,
        }
    }
}

/// What a client wants to do with a key.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// Scopes that are needed, all of them.
    pub scopes: ScopeSet,
    /// The endpoint that is called; its scope is needed too.
    pub endpoint: Option<&'static Endpoint>,
    /// The client's address, if it is known.
    pub ip: Option<IpAddr>,
    /// The environment that the key must be for.
    pub environment: Option<Environment>,
}

impl Request {
    /// All scopes that are needed.
    pub fn needed(&self) -> ScopeSet {
        self.scopes.with(
            self.endpoint
                .map_or(ScopeSet::EMPTY, |endpoint| ScopeSet::of(&[endpoint.scope])),
        )
    }
}

/// The answer to a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every rule is kept.
    Allowed,
    /// At least one rule is broken.
    Refused(Failures),
}

/// The rules that a key breaks: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// The one that decides about the answer: the first in the order of [`Reason`].
    pub first: Reason,
    /// All of them in the order of judgement, the first included.
    pub all: Vec<Reason>,
    /// The scopes that are needed and not held.
    pub missing_scopes: ScopeSet,
}

impl Failures {
    /// The API's message. Of several missing scopes it names the first of the catalogue.
    pub fn message(&self) -> Cow<'static, str> {
        match self.first.refusal() {
            ApiRefusal::MissingApiKey => "API key is required".into(),
            ApiRefusal::InvalidApiKey => {
                "The API key provided is invalid or has been revoked".into()
            }
            ApiRefusal::RevokedApiKey => "API key was revoked".into(),
            ApiRefusal::ExpiredApiKey => "API key has expired".into(),
            ApiRefusal::IpNotAllowed => "IP not in whitelist".into(),
            ApiRefusal::InsufficientScope => {
                let scope = self.missing_scopes.iter().next().map_or("", Scope::as_str);
                format!("This API key does not have the required scope: {scope}").into()
            }
        }
    }
}

impl Verdict {
    /// The word of the verdict: `allowed`, or the API's error code.
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::Allowed => "allowed",
            Verdict::Refused(failures) => failures.first.refusal().code(),
        }
    }

    /// Why it is refused, if it is.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Verdict::Allowed => None,
            Verdict::Refused(failures) => Some(failures.first),
        }
    }

    /// The exit status of `check`.
    pub fn exit(&self) -> u8 {
        self.reason().map_or(0, |reason| reason.refusal().exit())
    }
}

/// Judges a presented key. `record` is what the store found by its digest; `now` is the instant of
/// which it is judged.
///
/// Every rule is judged, and the verdict names each that fails. This is the only place that says
/// [`Verdict::Allowed`].
pub fn judge(
    presented: &Presented,
    record: Option<&Key>,
    request: &Request,
    now: Timestamp,
) -> Verdict {
    let Some(key) = record else {
        let reason = unrecorded(presented);
        return Verdict::Refused(Failures {
            first: reason,
            all: vec![reason],
            missing_scopes: ScopeSet::EMPTY,
        });
    };
    let missing_scopes = key.scopes.missing(request.needed());
    let mut failures = Vec::new();
    let mut rule = |broken: bool, reason: Reason| {
        if broken {
            failures.push(reason);
        }
    };
    rule(key.is_revoked(now), Reason::Revoked);
    rule(key.disabled_at.is_some(), Reason::Disabled);
    rule(key.is_expired(now), Reason::Expired);
    rule(
        request
            .environment
            .is_some_and(|environment| environment != key.environment),
        Reason::WrongEnvironment,
    );
    rule(
        request.ip.is_some_and(|ip| !key.allowlist.admits(ip)),
        Reason::IpNotAllowed,
    );
    rule(
        request.ip.is_none() && !key.allowlist.is_empty(),
        Reason::IpUnknown,
    );
    rule(!missing_scopes.is_empty(), Reason::InsufficientScope);
    match failures.iter().copied().min() {
        None => Verdict::Allowed,
        Some(first) => Verdict::Refused(Failures {
            first,
            all: failures,
            missing_scopes,
        }),
    }
}

/// Why there is no record.
fn unrecorded(presented: &Presented) -> Reason {
    match (presented, presented.fault()) {
        (Presented::Missing, _) => Reason::Missing,
        (_, Some(FormatFault::Malformed)) => Reason::Malformed,
        (_, Some(FormatFault::BadChecksum)) => Reason::BadChecksum,
        (_, None) => Reason::Unknown,
    }
}
