//! The endpoints of ZenFlow's API and the scope that each needs.

use std::str::FromStr;

use super::{Invalid, Scope, ScopeSet};

/// One endpoint, as ZenFlow's "API reference" lists it. The path is below `/api/v1`; `:name` stands for one segment.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The method and the path: `GET /orders/:id`.
    pub pattern: &'static str,
    /// What a key must be allowed to do to call it.
    pub scope: Scope,
}

/// Where the API lives.
pub const BASE_URL: &str = "https://api.zenflow.com.ar/api/v1";
const BASE_PATH: &str = "/api/v1";

const fn needs(scope: Scope, pattern: &'static str) -> Endpoint {
    Endpoint { pattern, scope }
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

impl Endpoint {
    /// The endpoints that a key with these scopes may call, in the map's order.
    pub fn open_to(scopes: ScopeSet) -> impl Iterator<Item = &'static Endpoint> {
        ENDPOINTS.iter().filter(move |endpoint| scopes.grants(endpoint.scope))
    }

    /// The endpoints that need this very scope.
    pub fn needing(scope: Scope) -> impl Iterator<Item = &'static Endpoint> {
        ENDPOINTS.iter().filter(move |endpoint| endpoint.scope == scope)
    }

    /// How many segments match literally, or `None` if the request is not this endpoint's.
    fn matches(&self, method: &str, path: &str) -> Option<usize> {
        let (own_method, own_path) = self.pattern.split_once(' ')?;
        let (pattern, segments) = (own_path.split('/'), path.split('/'));
        if !own_method.eq_ignore_ascii_case(method) || pattern.clone().count() != segments.clone().count() {
            return None;
        }
        let mut literal = 0;
        for (expected, found) in pattern.zip(segments) {
            if !expected.starts_with(':') && expected == found {
                literal += 1;
            } else if !expected.starts_with(':') || found.is_empty() || leaves_its_place(found) {
                return None;
            }
        }
        Some(literal)
    }
}

/// Whether `.` or `..` stands between separators, each escaped or not: a server may resolve them into another path than the one that is
/// judged here. Some separate with `\` too, and some cut a segment at `;` first.
fn leaves_its_place(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\").replace("%3b", ";");
    plain.split(['/', '\\', ';']).any(|step| matches!(step, "." | ".."))
}

/// The endpoint that a request such as `POST /orders` or `GET https://…/api/v1/orders/17?full=1` goes to.
///
/// The base URL or `/api/v1` in front, a query, and one trailing slash are dropped; a literal segment beats a parameter.
impl FromStr for &'static Endpoint {
    type Err = Invalid;

    fn from_str(request: &str) -> Result<Self, Invalid> {
        let Some((method, target)) = request.trim().split_once(' ') else {
            return Err(Invalid::new(format!("'{request}' is not a request")).hint("write method and path: \"POST /orders\""));
        };
        let target = target.trim_start();
        let path = target
            .strip_prefix(BASE_URL)
            .or_else(|| target.strip_prefix(BASE_PATH))
            .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        let path = path.unwrap_or(target);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        ENDPOINTS
            .iter()
            .filter_map(|endpoint| endpoint.matches(method, path).map(|literal| (literal, endpoint)))
            .max_by_key(|(literal, _)| *literal)
            .map(|(_, endpoint)| endpoint)
            .ok_or_else(|| {
                let asked = format!("{} {path}", method.to_ascii_uppercase());
                Invalid::unknown("endpoint", &asked, ENDPOINTS.iter().map(|e| e.pattern)).hint("'zenflow-keys scopes' lists all endpoints")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(request: &str) -> Option<&'static str> {
        request.parse::<&Endpoint>().ok().map(|endpoint| endpoint.pattern)
    }

    #[test]
    fn every_endpoint_of_the_map_is_found_by_a_request_for_it() {
        for endpoint in &ENDPOINTS {
            let request = endpoint.pattern.replace(":barcode", "779").replace(":sku", "A-1").replace(":id", "17");
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
        assert_eq!(find("POST /orders/bulk/cancel"), Some("POST /orders/:id/cancel"));
        // No two patterns of the present map have the same request; the next one may.
        for (pattern, literal) in [("GET /orders/:id", 2), ("GET /orders/sku", 3)] {
            assert_eq!(needs(Scope::Admin, pattern).matches("GET", "/orders/sku"), Some(literal));
        }
    }

    #[test]
    fn an_escaped_slash_may_be_part_of_a_parameter() {
        assert_eq!(find("GET /products/sku/A%2F1"), Some("GET /products/sku/:sku"));
        assert_eq!(find("GET /products/sku/a..b;..."), Some("GET /products/sku/:sku"));
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
        assert_eq!(fault.message, "unknown endpoint 'POST /order'; did you mean 'POST /orders'?");
    }

    #[test]
    fn a_key_may_call_what_its_scopes_grant() {
        let reader = ScopeSet::of(&[Scope::ReadOrders]);
        let open: Vec<_> = Endpoint::open_to(reader).map(|e| e.pattern).collect();
        assert_eq!(open, ["GET /orders", "GET /orders/:id", "GET /orders/:id/status"]);
        assert_eq!(Endpoint::open_to(ScopeSet::of(&[Scope::Admin])).count(), ENDPOINTS.len());
    }
}
