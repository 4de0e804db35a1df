//! The document of `check`.

use std::borrow::Cow;

use serde::Serialize;

use crate::domain::{Key, Reason, Timestamp, Verdict};

/// `check`.
#[derive(Serialize)]
pub struct Checked<'a> {
    allowed: bool,
    verdict: &'static str,
    reason: Option<&'static str>,
    failures: Vec<&'static str>,
    missing_scopes: Vec<&'static str>,
    key: Option<BriefKey<'a>>,
    response: Option<Response>,
}

/// A key in a few words.
#[derive(Serialize)]
pub struct BriefKey<'a> {
    id: &'a str,
    name: &'a str,
    environment: &'static str,
    status: &'static str,
}

impl<'a> BriefKey<'a> {
    /// The key as of `now`.
    pub fn of(key: &'a Key, now: Timestamp) -> Self {
        BriefKey {
            id: key.id.as_str(),
            name: key.name.as_str(),
            environment: key.environment.as_str(),
            status: key.status(now).as_str(),
        }
    }
}

#[derive(Serialize)]
struct Response {
    status: u16,
    body: RefusalBody<'static>,
}

/// The body with which ZenFlow's API refuses a request.
#[derive(Serialize)]
pub struct RefusalBody<'a> {
    success: bool,
    error: ApiError<'a>,
}

#[derive(Serialize)]
struct ApiError<'a> {
    code: &'static str,
    message: Cow<'a, str>,
}

impl<'a> RefusalBody<'a> {
    /// A refusal with this code and this sentence.
    pub fn new(code: &'static str, message: impl Into<Cow<'a, str>>) -> Self {
        RefusalBody {
            success: false,
            error: ApiError {
                code,
                message: message.into(),
            },
        }
    }

    /// The JSON, on one line without its end.
    pub fn to_line(&self) -> String {
        let mut line = Vec::new();
        crate::view::json::write(&mut line, self).expect("memory takes all that is written");
        String::from_utf8(line).expect("JSON is UTF-8")
    }
}

impl<'a> Checked<'a> {
    /// The verdict on a presented key whose record is `key`, as of `now`.
    pub fn of(verdict: &Verdict, key: Option<&'a Key>, now: Timestamp) -> Self {
        let failures = match verdict {
            Verdict::Allowed => None,
            Verdict::Refused(failures) => Some(failures),
        };
        let response = failures.map(|failures| {
            let refusal = failures.first.refusal();
            Response {
                status: refusal.http(),
                body: RefusalBody::new(refusal.code(), failures.message()),
            }
        });
        Checked {
            allowed: failures.is_none(),
            verdict: verdict.as_str(),
            reason: verdict.reason().map(Reason::as_str),
            failures: failures
                .map(|failures| failures.all.iter().map(|reason| reason.as_str()).collect())
                .unwrap_or_default(),
            missing_scopes: failures
                .map(|failures| failures.missing_scopes.words())
                .unwrap_or_default(),
            key: key.map(|key| BriefKey::of(key, now)),
            response,
        }
    }
}
