//! What a gateway asks: from its request to a question, or to what is wrong with its configuration.
//!
//! Pure. Only the headers that are named here decide anything: a client can send all others.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderValue;

use crate::check::query::Query;
use crate::domain::allowlist::parse_address;
use crate::domain::secret_text::holds_a_key;
use crate::domain::{Environment, Invalid, Net, Presented, Request, Scope, ScopeSet};
use crate::serve::raw_path::BasePath;

pub use hyper::header::HeaderName;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const SCOPE: &str = "scope/";

/// A gateway's way to tell what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// nginx's `auth_request`.
    Nginx,
    /// Caddy's `forward_auth` and Traefik's ForwardAuth.
    Forward,
    /// Envoy's `ext_authz` over HTTP.
    Envoy,
}

/// What a gateway wants to know, as far as the path of its own request says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'p> {
    /// What the endpoint of the original request needs. Of Envoy's requests the rest of the path is
    /// the original one.
    Endpoint(Way, &'p str),
    /// Whether the key has these scopes, separated by commas.
    Scopes(Way, &'p str),
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'p> {
    /// A gateway asks.
    Gateway(Wanted<'p>),
    /// A service of the user's own asks.
    Check,
    /// Nothing is there.
    Nowhere,
}

impl<'p> Route<'p> {
    /// Where this path leads; a query is no part of it.
    pub fn of(path: &'p str) -> Self {
        if path == "/v1/check" {
            return Route::Check;
        }
        let Some(way) = path.strip_prefix("/auth/") else {
            return Route::Nowhere;
        };
        let (name, below) = match way.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (way, None),
        };
        let way = match name {
            "nginx" => Way::Nginx,
            "forward" => Way::Forward,
            "envoy" => {
                return Route::Gateway(Wanted::Endpoint(Way::Envoy, &way[name.len()..]));
            }
            _ => return Route::Nowhere,
        };
        match below {
            None => Route::Gateway(Wanted::Endpoint(way, "")),
            Some(below) => below.strip_prefix(SCOPE).map_or(Route::Nowhere, |words| {
                Route::Gateway(Wanted::Scopes(way, words))
            }),
        }
    }
}

/// What the gateway has not been told to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misconfigured(pub String);

/// A name of a header, as somebody typed it.
pub fn header_name(text: &str) -> Result<HeaderName, Invalid> {
    text.parse()
        .map_err(|_| Invalid::new(format!("'{text}' is not the name of a header")))
}

/// How questions of gateways are read.
#[derive(Debug, Clone, Default)]
pub struct AuthConfig {
    /// What the API's paths begin with.
    pub base_path: BasePath,
    /// The environment that all keys must be for.
    pub environment: Option<Environment>,
    /// The proxies whose word on the client's address counts, and who alone may ask.
    pub trusted_proxies: Vec<Net>,
    /// The header with the client's address, if it is not the usual one.
    pub client_ip_from: Option<HeaderName>,
}

impl AuthConfig {
    /// Whether a peer may ask at all. One behind a Unix socket has no address, and may.
    pub fn admits(&self, peer: Option<SocketAddr>) -> bool {
        peer.is_none_or(|peer| self.trusted_proxies.is_empty() || self.trusts(peer.ip()))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(address))
    }

    /// The question of a gateway.
    pub fn question(
        &self,
        wanted: Wanted<'_>,
        method: &str,
        headers: &HeaderMap,
    ) -> Result<Query, Misconfigured> {
        let (way, needed) = match wanted {
            Wanted::Endpoint(way, rest) => {
                let (method, uri) = original(way, method, rest, headers)?;
                (way, self.needed(method, uri))
            }
            Wanted::Scopes(way, words) => {
                original(way, method, "", headers)?;
                let scopes = words.split(',').map(scope).collect::<Result<_, _>>()?;
                (
                    way,
                    Request {
                        scopes,
                        ..Request::default()
                    },
                )
            }
        };
        let request = Request {
            ip: self.client(way, headers)?,
            environment: self.environment,
            ..needed
        };
        Ok(Query {
            presented: presented(headers),
            request,
            at: None,
        })
    }

    /// What a request needs: what its endpoint does, or everything.
    fn needed(&self, method: &[u8], uri: &[u8]) -> Request {
        let endpoint = self.base_path.endpoint(method, uri);
        let scopes = match endpoint {
            Some(_) => ScopeSet::EMPTY,
            None => ScopeSet::of(&[Scope::Admin]),
        };
        Request {
            scopes,
            endpoint,
            ..Request::default()
        }
    }

    /// The client's address, as far as it is known.
    fn client(&self, way: Way, headers: &HeaderMap) -> Result<Option<IpAddr>, Misconfigured> {
        let named = match (&self.client_ip_from, way) {
            (Some(named), _) => named.clone(),
            (None, Way::Nginx) => {
                let value = at_most_once(headers, "X-Real-IP")?;
                return Ok(value.and_then(|value| parse_address(value.to_str().ok()?).ok()));
            }
            (None, Way::Forward | Way::Envoy) => HeaderName::from_static("x-forwarded-for"),
        };
        let Some(value) = at_most_once(headers, named.as_str())? else {
            return Ok(None);
        };
        let Ok(list) = value.to_str() else {
            return Ok(None);
        };
        // What stands to the left of the nearest untrusted one is the client's own word.
        let nearest = list
            .rsplit(',')
            .map(|text| parse_address(text.trim()))
            .find(|address| !matches!(address, Ok(address) if self.trusts(*address)));
        Ok(nearest.and_then(Result::ok))
    }
}

/// The method and the URI of the original request.
fn original<'r>(
    way: Way,
    method: &'r str,
    rest: &'r str,
    headers: &'r HeaderMap,
) -> Result<(&'r [u8], &'r [u8]), Misconfigured> {
    let (method_header, uri_header) = match way {
        Way::Envoy => return Ok((method.as_bytes(), rest.as_bytes())),
        Way::Nginx => ("X-Original-Method", "X-Original-URI"),
        Way::Forward => ("X-Forwarded-Method", "X-Forwarded-Uri"),
    };
    let method = once(headers, method_header)?;
    let uri = once(headers, uri_header)?;
    Ok((method.as_bytes(), uri.as_bytes()))
}

fn once<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h HeaderValue, Misconfigured> {
    at_most_once(headers, name)?
        .ok_or_else(|| Misconfigured(format!("The gateway does not send the header {name}")))
}

fn at_most_once<'h>(
    headers: &'h HeaderMap,
    name: &str,
) -> Result<Option<&'h HeaderValue>, Misconfigured> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Misconfigured(format!(
            "The gateway sends the header {name} more than once"
        ))),
    }
}

fn scope(word: &str) -> Result<Scope, Misconfigured> {
    word.parse().map_err(|_| {
        // A gateway may have been told to take the word from its client.
        let told = if holds_a_key(word) {
            "an API key"
        } else {
            word
        };
        Misconfigured(format!("The gateway asks for an unknown scope: {told:?}"))
    })
}

fn presented(headers: &HeaderMap) -> Presented {
    let mut values = headers.get_all(API_KEY).iter();
    match (values.next(), values.next()) {
        (None, _) => Presented::Missing,
        (Some(value), None) => Presented::from_bytes(value.as_bytes()),
        (Some(_), Some(_)) => Presented::Malformed,
    }
}
