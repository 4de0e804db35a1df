//! Who answers: one worker a core, each with a runtime, a connection to the store, and a memory of
//! what it looked up.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Instant;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::TRANSFER_ENCODING;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::check::lookup_cache::LookupCache;
use crate::check::query::{self, Defaults, LONGEST, Query};
use crate::domain::usage::{Outcome, UsageBucket};
use crate::domain::{self, Key, Timestamp, Verdict};
use crate::error::Error;
use crate::serve::Shared;
use crate::serve::answer::{self, Allowance, Body, Fault, Outcomes};
use crate::serve::ask::{Route, Wanted};
use crate::serve::recorder::{Added, NO_ROOM};
use crate::serve::reports::Trouble;
use crate::serve::timeouts::FOR_TRANSFER;
use crate::store::serving::reader::{Reader, StoreState};
use crate::view::check::batch::BatchAnswer;

/// The most bytes of a request's headers, its first line included. hyper stops reading there, unless
/// more came at once.
pub const MOST_HEADER_BYTES: usize = 32 * 1024;

const UNAVAILABLE: &str = "The keys cannot be checked at the moment";

/// What an answer is, and what the request came to.
type Answered = (Outcomes, Response<Body>);

/// One of those who answer.
pub struct Responder<'e> {
    number: usize,
    shared: &'e Shared<'e>,
    reader: Reader,
    cache: RefCell<LookupCache<StoreState>>,
}

/// What a connection is for, and who is at its other end.
#[derive(Debug, Clone, Copy)]
pub enum Caller {
    /// A gateway, or a service of the user's own; a Unix socket has no address.
    Gateway(Option<SocketAddr>),
    /// Whoever asks for health and metrics.
    Admin(Option<SocketAddr>),
}

/// Whether a question counts against the limits of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limiting {
    On,
    Off,
}

impl<'e> Responder<'e> {
    /// One of this number.
    pub fn new(number: usize, shared: &'e Shared<'e>) -> Self {
        Responder {
            number,
            reader: shared.serving.reader(),
            shared,
            cache: RefCell::default(),
        }
    }

    /// What it has in common with the others.
    pub fn shared(&self) -> &'e Shared<'e> {
        self.shared
    }

    /// Answers a request.
    #[allow(clippy::disallowed_methods, reason = "a duration is measured")]
    pub async fn answer(&self, caller: Caller, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let is_chunked = head.headers.contains_key(TRANSFER_ENCODING);
        let (Caller::Gateway(peer) | Caller::Admin(peer)) = caller;
        let mut response = if !self.shared.config.auth.admits(peer) {
            let (outcome, response) = self.untrusted(peer);
            self.shared.metrics.answered(outcome, started.elapsed());
            response
        } else {
            match caller {
                Caller::Admin(_) => self.administer(&head),
                Caller::Gateway(_) => {
                    let (outcome, response) = self.ask(&head, body).await;
                    self.shared.metrics.answered(outcome, started.elapsed());
                    response
                }
            }
        };
        if is_chunked {
            // Whoever also sent a length may have meant another end of the request.
            answer::close(&mut response);
        }
        response
    }

    async fn ask(&self, head: &Parts, body: Incoming) -> Answered {
        if size(head) > MOST_HEADER_BYTES {
            return fault(
                Fault::HeadersTooLarge,
                "The headers of the request are longer than 32 KiB",
            );
        }
        match Route::of(head.uri.path()) {
            Route::Gateway(wanted) => self.authorize(wanted, head),
            Route::Check if head.method == Method::POST => self.check(body).await,
            Route::Check => (
                Outcomes::Fault(Fault::MethodNotAllowed),
                answer::method_not_allowed("POST"),
            ),
            Route::Nowhere => fault(Fault::NotFound, "There is nothing at this path"),
        }
    }

    fn authorize(&self, wanted: Wanted<'_>, head: &Parts) -> Answered {
        let question =
            self.shared
                .config
                .auth
                .question(wanted, head.method.as_str(), &head.headers);
        let query = match question {
            Ok(query) => query,
            Err(misconfigured) => {
                let answered = fault(Fault::GatewayMisconfigured, &misconfigured.0);
                self.shared
                    .reports
                    .report(Trouble::Gateway, 1, || misconfigured.0);
                return answered;
            }
        };
        self.judge(&query, Limiting::On, answer::judged)
            .unwrap_or_else(|error| self.unavailable(&error))
    }

    async fn check(&self, body: Incoming) -> Answered {
        let limited = Limited::new(body, LONGEST);
        let line = match timeout(FOR_TRANSFER, limited.collect()).await {
            Ok(Ok(collected)) => Zeroizing::new(Vec::from(collected.to_bytes())),
            Ok(Err(failure)) => {
                let message = if failure.is::<LengthLimitError>() {
                    query::too_long()
                } else {
                    "the body cannot be read".into()
                };
                let (outcome, mut response) = bad_request(&message);
                answer::close(&mut response);
                return (outcome, response);
            }
            Err(_) => return fault(Fault::TimedOut, "The body did not come in time"),
        };
        let config = &self.shared.config;
        let defaults = Defaults {
            request: domain::Request {
                environment: config.auth.environment,
                ..domain::Request::default()
            },
            at: None,
            // Uses are counted here, so that a question may be about another time.
            counts: false,
            ip_prefix: config.ip_prefix,
            write_hint: config.write_hint,
        };
        let (reference, question) = query::read(&line, &defaults, (self.shared.clock)());
        let query = match question {
            Ok(query) => query,
            Err(message) => {
                let line = written(&BatchAnswer::bad_request(reference, &message));
                return (
                    Outcomes::Fault(Fault::BadRequest),
                    answer::checked(false, line),
                );
            }
        };
        let judged = self.judge(&query, Limiting::Off, |verdict, key, _, _| {
            let id = key.map(|key| key.id);
            answer::checked(
                true,
                written(&BatchAnswer::verdict(reference, verdict, id.as_ref())),
            )
        });
        judged.unwrap_or_else(|error| self.unavailable(&error))
    }

    /// Judges a question by what the store holds at this instant, counts it, and lets `form` say the
    /// answer.
    fn judge(
        &self,
        query: &Query,
        limiting: Limiting,
        form: impl FnOnce(&Verdict, Option<&Key>, Allowance, Timestamp) -> Response<Body>,
    ) -> Result<Answered, Error> {
        self.reader.read((self.shared.clock)(), |view, state| {
            let mut cache = self.cache.borrow_mut();
            cache.renew(state);
            let presented = &query.presented;
            let key = match presented.digest() {
                Some(digest) => cache.get_or_look_up(&digest, || view.key_presented(presented))?,
                None => None,
            };
            // Read again: a key that was revoked in between is revoked.
            let now = (self.shared.clock)();
            let at = query.at.unwrap_or(now);
            let verdict = domain::verdict::judge(presented, key, &query.request, at);
            let allowance = match (limiting, key) {
                (Limiting::On, Some(key)) => self.allowance(&verdict, key, now),
                _ => Allowance::Unlimited,
            };
            let outcome = match allowance {
                Allowance::Exceeded(_) => Outcome::RateLimited,
                Allowance::Within(_) | Allowance::Unlimited => Outcome::from_verdict(&verdict),
            };
            if let (Some(key), None) = (key, query.at) {
                self.count(key, query, &verdict, outcome, now);
            }
            Ok((
                Outcomes::Judged(outcome),
                form(&verdict, key, allowance, now),
            ))
        })
    }

    /// A request that is refused for its key does not count against the key's limits.
    fn allowance(&self, verdict: &Verdict, key: &Key, now: Timestamp) -> Allowance {
        match (&self.shared.limiter, verdict) {
            (None, _) => Allowance::Unlimited,
            (Some(limiter), Verdict::Allowed) => limiter.take(key.id, now),
            (Some(limiter), Verdict::Refused(_)) => limiter.left(key.id, now),
        }
    }

    fn count(&self, key: &Key, query: &Query, verdict: &Verdict, outcome: Outcome, now: Timestamp) {
        let shared = self.shared;
        if !shared.config.counts {
            return;
        }
        let prefix = shared.config.ip_prefix;
        let uses = UsageBucket {
            outcome,
            ..UsageBucket::once(key.id, &query.request, verdict, now, prefix)
        };
        match shared.recorder.add(self.number, uses) {
            Added::Kept => {}
            Added::Enough => shared.upkeep.wake(),
            Added::NoRoom => shared.lost(1, NO_ROOM),
        }
    }

    fn unavailable(&self, error: &Error) -> Answered {
        let shared = self.shared;
        shared.metrics.store_errors.fetch_add(1, Ordering::Relaxed);
        shared
            .reports
            .report(Trouble::Store, 1, || error.sentence());
        fault(Fault::StoreUnavailable, UNAVAILABLE)
    }

    fn untrusted(&self, peer: Option<SocketAddr>) -> Answered {
        let who = || peer.map_or_else(String::new, |peer| peer.ip().to_string());
        self.shared.reports.report(Trouble::UntrustedPeer, 1, who);
        fault(
            Fault::UntrustedProxy,
            "Requests are answered to trusted proxies alone",
        )
    }

    /// Health and metrics.
    fn administer(&self, head: &Parts) -> Response<Body> {
        let path = head.uri.path();
        if !matches!(path, "/health/live" | "/health/ready" | "/metrics") {
            return fault(Fault::NotFound, "There is nothing at this path").1;
        }
        if !matches!(head.method, Method::GET | Method::HEAD) {
            return answer::method_not_allowed("GET, HEAD");
        }
        let text = |kind, body| answer::document(StatusCode::OK, kind, body);
        match path {
            "/metrics" => text(
                "text/plain; version=0.0.4; charset=utf-8",
                self.shared.metrics.text(self.shared.recorder.waiting()),
            ),
            "/health/ready" => match self.reader.read((self.shared.clock)(), |_, _| Ok(())) {
                Ok(()) => text("text/plain", b"ready\n".to_vec()),
                Err(error) => self.unavailable(&error).1,
            },
            _ => text("text/plain", b"live\n".to_vec()),
        }
    }
}

/// How many bytes a head has, about.
fn size(head: &Parts) -> usize {
    let line = head
        .uri
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let headers = head.headers.iter();
    line + headers
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum::<usize>()
}

fn fault(fault: Fault, message: &str) -> Answered {
    (Outcomes::Fault(fault), answer::fault(fault, message))
}

fn bad_request(message: &str) -> Answered {
    let line = written(&BatchAnswer::bad_request(None, message));
    (
        Outcomes::Fault(Fault::BadRequest),
        answer::checked(false, line),
    )
}

fn written(answer: &BatchAnswer<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    answer
        .write(&mut line)
        .expect("memory takes all that is written");
    line
}
