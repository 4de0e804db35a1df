//! The endpoints of ZenFlow's API and the scope that each needs.

mod request_path;

use crate::domain::remedy::{Hint, Remedy};
use std::str::FromStr;

use crate::domain::endpoint::request_path::path_of;
use crate::domain::{Invalid, Scope, ScopeSet};

/// One endpoint, as ZenFlow's "API reference" lists it. The path is below `/api/v1`; `:name` stands
/// for one segment.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The method and the path: `GET /orders/:id`.
    pub pattern: &'static str,
    /// What a key must be allowed to do to call it.
    pub scope: Scope,
    method: &'static str,
    path: &'static str,
}

/// Where the API lives.
pub const BASE_URL: &str = "https://api.zenflow.com.ar/api/v1";
const BASE_PATH: &str = "/api/v1";

const fn needs(scope: Scope, pattern: &'static str) -> Endpoint {
    let mut space = 0;
    while pattern.as_bytes()[space] != b' ' {
        space += 1;
    }
    let (method, rest) = pattern.split_at(space);
    Endpoint {
        pattern,
        scope,
        method,
        path: rest.split_at(1).1,
    }
}

/// The endpoint map.
pub const ENDPOINTS: [Endpoint; 23] = [
    needs(Scope::ReadOrders, "GET /orders"),
    needs(Scope::ReadOrders, "GET /orders/:id"),
    needs(Scope::ReadOrders, "GET /orders/:id/status"),
    needs(Scope::WriteOrders, "POST /orders"),
    needs(Scope::WriteOrders, "PUT /orders/:id"),
    needs(Scope::WriteOrders, "POST /orders/:id/cancel"),
    needs(Scope::ReadProducts, "GET /products"),
    needs(Scope::ReadProducts, "GET /products/:id"),
    needs(Scope::ReadProducts, "GET /products/sku/:sku"),
    needs(Scope::ReadProducts, "GET /products/barcode/:barcode"),
    needs(Scope::WriteProducts, "POST /products"),
    needs(Scope::WriteProducts, "PUT /products/:id"),
    needs(Scope::WriteProducts, "POST /products/bulk"),
    needs(Scope::WriteProducts, "DELETE /products/:id"),
    needs(Scope::ReadStock, "GET /stock"),
    needs(Scope::ReadStock, "GET /stock/product/:id"),
    needs(Scope::ReadStock, "GET /stock/sku/:sku"),
    needs(Scope::ReadStock, "GET /stock/movements"),
    needs(Scope::WriteStock, "PUT /stock/product/:id"),
    needs(Scope::WriteStock, "POST /stock/bulk"),
    needs(Scope::WriteStock, "POST /stock/adjustment"),
    needs(Scope::ReadWebhooks, "GET /webhooks"),
    needs(Scope::WriteWebhooks, "POST /webhooks"),
];

/// The endpoint of this very pattern: `GET /orders/:id`.
pub fn with_pattern(pattern: &str) -> Option<&'static Endpoint> {
    ENDPOINTS
        .iter()
        .find(|endpoint| endpoint.pattern == pattern)
}

impl Endpoint {
    /// The endpoints that a key with these scopes may call, in the map's order.
    pub fn open_to(scopes: ScopeSet) -> impl Iterator<Item = &'static Endpoint> {
        ENDPOINTS
            .iter()
            .filter(move |endpoint| scopes.grants(endpoint.scope))
    }

    /// The endpoints that need this very scope.
    pub fn needing(scope: Scope) -> impl Iterator<Item = &'static Endpoint> {
        ENDPOINTS
            .iter()
            .filter(move |endpoint| endpoint.scope == scope)
    }

    /// The endpoint that a request goes to, if it is one of the map's. The base URL or `/api/v1` in
    /// front, a query, and one trailing slash are dropped; a literal segment beats a parameter.
    pub fn called(method: &str, target: &str) -> Option<&'static Endpoint> {
        Endpoint::at(method, path_of(target))
    }

    /// The endpoint at this very path below the API's, of which nothing is dropped; a literal
    /// segment beats a parameter.
    pub fn at(method: &str, path: &str) -> Option<&'static Endpoint> {
        ENDPOINTS
            .iter()
            .filter_map(|endpoint| {
                endpoint
                    .literal_segments(method, path)
                    .map(|literal| (literal, endpoint))
            })
            .max_by_key(|(literal, _)| *literal)
            .map(|(_, endpoint)| endpoint)
    }

    fn literal_segments(&self, method: &str, path: &str) -> Option<usize> {
        if self.method.eq_ignore_ascii_case(method) {
            request_path::literal_segments(self.path, path)
        } else {
            None
        }
    }
}

/// The endpoint that a request such as `POST /orders` or `GET https://…/api/v1/orders/17?full=1`
/// goes to.
///
/// The base URL or `/api/v1` in front, a query, and one trailing slash are dropped; a literal
/// segment beats a parameter.
impl FromStr for &'static Endpoint {
    type Err = Invalid;

    fn from_str(request: &str) -> Result<Self, Invalid> {
        let Some((method, target)) = request.trim().split_once(' ') else {
            return Err(Invalid::new(format!("'{request}' is not a request"))
                .hint("write method and path: \"POST /orders\""));
        };
        let target = target.trim_start();
        Endpoint::called(method, target).ok_or_else(|| {
            let asked = format!("{} {}", method.to_ascii_uppercase(), path_of(target));
            Invalid::unknown("endpoint", &asked, ENDPOINTS.iter().map(|e| e.pattern)).hint(
                Hint::from("'")
                    .then(Remedy::ListScopes)
                    .then("' lists all endpoints"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(request: &str) -> Option<&'static str> {
        request
            .parse::<&Endpoint>()
            .ok()
            .map(|endpoint| endpoint.pattern)
    }

    #[test]
    fn every_endpoint_of_the_map_is_found_by_a_request_for_it() {
        for endpoint in &ENDPOINTS {
            let request = endpoint
                .pattern
                .replace(":barcode", "779")
                .replace(":sku", "A-1")
                .replace(":id", "17");
            assert_eq!(find(&request), Some(endpoint.pattern), "{request}");
        }
    }

    #[test]
    fn base_url_query_and_trailing_slash_are_dropped() {
        for request in [
            "GET /orders",
            "get /orders/",
            "GET /api/v1/orders",
            "GET https://api.zenflow.com.ar/api/v1/orders/?page=2&x=/y",
            "GET /orders#top",
            " GET  /orders ",
        ] {
            assert_eq!(find(request), Some("GET /orders"), "{request}");
        }
    }

    #[test]
    fn a_literal_segment_beats_a_parameter() {
        assert_eq!(find("GET /products/sku"), Some("GET /products/:id"));
        assert_eq!(find("GET /products/sku/7"), Some("GET /products/sku/:sku"));
        assert_eq!(find("POST /products/bulk"), Some("POST /products/bulk"));
        assert_eq!(
            find("POST /orders/bulk/cancel"),
            Some("POST /orders/:id/cancel")
        );
        // No two patterns of the present map have the same request; the next one may.
        for (pattern, literal) in [("GET /orders/:id", 1), ("GET /orders/sku", 2)] {
            assert_eq!(
                needs(Scope::Admin, pattern).literal_segments("GET", "/orders/sku"),
                Some(literal)
            );
        }
    }

    #[test]
    fn an_escaped_slash_may_be_part_of_a_parameter() {
        assert_eq!(
            find("GET /products/sku/A%2F1"),
            Some("GET /products/sku/:sku")
        );
        assert_eq!(
            find("GET /products/sku/a..b;..."),
            Some("GET /products/sku/:sku")
        );
    }

    #[test]
    fn what_is_not_in_the_map_is_unknown() {
        for request in [
            "",
            "GET",
            "/orders",
            "PATCH /orders",
            "HEAD /orders",
            "GET /",
            "GET orders",
            "GET //orders",
            "GET /orders//",
            "GET /orders//status",
            "GET /Orders",
            "GET /orders/1/2",
            "GET /api/v1",
            "GET /api/v2/orders",
            "GET /api/v1orders",
            "GET /orders/..",
            "GET /orders/%2E%2e",
            "GET /orders/./status",
            "GET /orders/..%2fproducts",
            "GET /orders/1%2F..%5C..",
            "GET /orders/..\\products",
            "GET /orders/..;x",
            "GET /orders/..%3Bx",
            "GET http://api.zenflow.com.ar/api/v1/orders",
            "GET https://evil.example/api/v1/orders",
            "DELETE /orders/1",
        ] {
            assert_eq!(find(request), None, "{request}");
        }
    }

    #[test]
    fn a_mistyped_endpoint_is_named_with_the_nearest() {
        let fault = <&Endpoint>::from_str("POST /order").unwrap_err();
        assert_eq!(
            fault.message,
            "unknown endpoint 'POST /order'; did you mean 'POST /orders'?"
        );
    }

    #[test]
    fn a_key_may_call_what_its_scopes_grant() {
        let reader = ScopeSet::of(&[Scope::ReadOrders]);
        let open: Vec<_> = Endpoint::open_to(reader).map(|e| e.pattern).collect();
        assert_eq!(
            open,
            ["GET /orders", "GET /orders/:id", "GET /orders/:id/status"]
        );
        assert_eq!(
            Endpoint::open_to(ScopeSet::of(&[Scope::Admin])).count(),
            ENDPOINTS.len()
        );
    }
}
