//! What is answered: from a verdict to status, headers and body. Pure.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};

use crate::domain::rate_limit::Quota;
use crate::domain::usage::Outcome;
use crate::domain::words::words;
use crate::domain::{Key, Timestamp, Verdict};
use crate::view::check::RefusalBody;

const KEY_ID: HeaderName = HeaderName::from_static("x-zenflow-key-id");
const KEY_NAME: HeaderName = HeaderName::from_static("x-zenflow-key-name");
const KEY_ENV: HeaderName = HeaderName::from_static("x-zenflow-env");
const KEY_SCOPES: HeaderName = HeaderName::from_static("x-zenflow-scopes");
const ERROR: HeaderName = HeaderName::from_static("x-zenflow-error");
const REASON: HeaderName = HeaderName::from_static("x-zenflow-reason");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CHALLENGE: HeaderValue = HeaderValue::from_static("ApiKey realm=\"ZenFlow API\"");
/// ZenFlow's code of HTTP 429 ("Rate limits").
const RATE_LIMIT_EXCEEDED: &str = "rate_limit_exceeded";

/// A body that is there at once.
pub type Body = Full<Bytes>;

words! {
    kind "fault";
    /// Why a request gets no verdict.
    pub enum Fault {
        /// The gateway does not send what it must.
        GatewayMisconfigured = "gateway_misconfigured",
        /// The peer is not one that may ask.
        UntrustedProxy = "untrusted_proxy",
        /// The store cannot be read.
        StoreUnavailable = "store_unavailable",
        /// The question cannot be read.
        BadRequest = "bad_request",
        /// Nothing is at this path.
        NotFound = "not_found",
        /// What is at this path has no such method.
        MethodNotAllowed = "method_not_allowed",
        /// The headers are longer than anybody needs.
        HeadersTooLarge = "headers_too_large",
        /// The body did not come in time.
        TimedOut = "timed_out",
    }
}

impl Fault {
    fn status(self) -> StatusCode {
        match self {
            Fault::GatewayMisconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::UntrustedProxy => StatusCode::FORBIDDEN,
            Fault::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Fault::BadRequest => StatusCode::BAD_REQUEST,
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Fault::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Fault::TimedOut => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcomes {
    /// A verdict.
    Judged(Outcome),
    /// None.
    Fault(Fault),
}

/// What a key has left, and whether this request was one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Nothing is limited, or nobody is known whom to limit.
    Unlimited,
    /// It may be answered.
    Within(Quota),
    /// It is too many.
    Exceeded(Quota),
}

/// The answer to a gateway.
pub fn judged(
    verdict: &Verdict,
    key: Option<&Key>,
    allowance: Allowance,
    now: Timestamp,
) -> Response<Body> {
    let mut response = match (verdict, allowance) {
        (Verdict::Allowed, Allowance::Exceeded(quota)) => {
            let seconds = quota.retry_after(now);
            let message = format!("Rate limit exceeded. Try again in {seconds} seconds.");
            let refusal = RefusalBody::new(RATE_LIMIT_EXCEEDED, message);
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, &refusal);
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, seconds.into());
            headers.insert(REASON, word(Outcome::RateLimited.as_str()));
            response
        }
        (Verdict::Allowed, _) => plain(StatusCode::OK, Body::default()),
        (Verdict::Refused(failures), _) => {
            let refusal = failures.first.refusal();
            let status = StatusCode::from_u16(refusal.http()).expect("401 and 403 are statuses");
            let message = failures.message();
            let mut response = refused(status, &RefusalBody::new(refusal.code(), message));
            let headers = response.headers_mut();
            headers.insert(REASON, word(failures.first.as_str()));
            if status == StatusCode::UNAUTHORIZED {
                headers.insert(WWW_AUTHENTICATE, CHALLENGE);
            }
            response
        }
    };
    identify(key, &mut response);
    if let Allowance::Within(quota) | Allowance::Exceeded(quota) = allowance {
        let headers = response.headers_mut();
        headers.insert(LIMIT, quota.limit.into());
        headers.insert(REMAINING, quota.remaining.into());
        headers.insert(RESET, quota.reset.into());
    }
    response
}

/// Says whose key it is. The headers are always there: a gateway that copies those it finds would
/// otherwise pass on what the client sent.
fn identify(key: Option<&Key>, response: &mut Response<Body>) {
    let headers = response.headers_mut();
    let (id, name, env, scopes) = match key {
        Some(key) => (
            text(key.id.as_str()),
            text(&percent_encoded(key.name.as_str())),
            word(key.environment.as_str()),
            text(&key.scopes.to_string()),
        ),
        None => (word(""), word(""), word(""), word("")),
    };
    headers.insert(KEY_ID, id);
    headers.insert(KEY_NAME, name);
    headers.insert(KEY_ENV, env);
    headers.insert(KEY_SCOPES, scopes);
}

/// The answer to a request that gets no verdict.
pub fn fault(fault: Fault, message: &str) -> Response<Body> {
    let mut response = refused(fault.status(), &RefusalBody::new(fault.as_str(), message));
    match fault {
        Fault::StoreUnavailable => {
            response.headers_mut().insert(RETRY_AFTER, 1.into());
        }
        // The rest of the body is not waited for.
        Fault::TimedOut => close(&mut response),
        _ => {}
    }
    response
}

/// The answer to a method that is none of these.
pub fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = fault(
        Fault::MethodNotAllowed,
        &format!("This path answers {allowed} alone"),
    );
    response.headers_mut().insert(ALLOW, word(allowed));
    response
}

/// A document with this status.
pub fn document(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = plain(status, Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, word(kind));
    response
}

/// The verdict on a question of `check --batch`, or what is wrong with it.
pub fn checked(is_read: bool, line: Vec<u8>) -> Response<Body> {
    let status = if is_read {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    document(status, "application/json", line)
}

/// Ends the connection with this answer.
pub fn close(response: &mut Response<Body>) {
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
}

fn refused(status: StatusCode, refusal: &RefusalBody<'_>) -> Response<Body> {
    let line = refusal.to_line();
    let header = text(&line);
    let mut response = plain(status, Body::from(line));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ERROR, header);
    response
}

fn plain(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

fn word(word: &'static str) -> HeaderValue {
    HeaderValue::from_static(word)
}

/// A text without control characters: JSON on one line, words, and what was percent-encoded.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .expect("a text without control characters is a header")
}

/// A name as one word of ASCII: what is neither a letter, a digit nor one of `-._~` is escaped
/// (RFC 3986, section 2.3).
fn percent_encoded(name: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes all that is written");
        }
    }
    encoded
}
