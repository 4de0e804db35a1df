//! Which endpoint a request goes to, by its path as it was sent.
//!
//! Nothing is normalised: an application that normalises reads another path than a gateway that
//! does not. So whatever two servers could read in two ways is no endpoint.

use std::str::FromStr;

use crate::domain::{Endpoint, Invalid};

/// What the API's paths begin with: empty, or `/api/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

impl Default for BasePath {
    fn default() -> Self {
        BasePath("/api/v1".into())
    }
}

impl FromStr for BasePath {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "/" {
            return Ok(BasePath(String::new()));
        }
        let is_base = text.starts_with('/') && !text.ends_with('/') && is_clear(text.as_bytes());
        if is_base {
            Ok(BasePath(text.into()))
        } else {
            Err(Invalid::new(format!("'{text}' is not a base path"))
                .hint("write what all paths begin with, such as /api/v1; or / if that is nothing"))
        }
    }
}

impl BasePath {
    /// The endpoint of a request line, if it is clearly one.
    pub fn endpoint(&self, method: &[u8], uri: &[u8]) -> Option<&'static Endpoint> {
        let path = uri.split(|byte| *byte == b'?').next()?;
        let path = path.strip_prefix(self.0.as_bytes())?;
        if !is_clear(path) || !method.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        let method = match method {
            b"HEAD" => "GET",
            other => std::str::from_utf8(other).ok()?,
        };
        Endpoint::at(method, std::str::from_utf8(path).ok()?)
    }
}

/// Whether a path has one meaning alone.
fn is_clear(path: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\\;#?".contains(byte);
    path.first() == Some(&b'/')
        && path.iter().all(is_plain)
        && path[1..].split(|byte| *byte == b'/').all(is_clear_segment)
}

fn is_clear_segment(segment: &[u8]) -> bool {
    if segment.is_empty() {
        return false;
    }
    let Some(text) = unescaped(segment) else {
        return false;
    };
    // A second round of unescaping must not find more than the first.
    let is_plain = |c: char| !c.is_control() && !"/\\;#?%".contains(c);
    text.chars().all(is_plain) && text != "." && text != ".."
}

/// The text of a segment; `None` if an escape is malformed, or what the escapes say is no UTF-8,
/// which overlong forms never are.
fn unescaped(segment: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digit = |at: usize| char::from(digits[at]).to_digit(16);
            bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, uri: &str) -> Option<&'static str> {
        BasePath::default()
            .endpoint(method.as_bytes(), uri.as_bytes())
            .map(|endpoint| endpoint.pattern)
    }

    #[test]
    fn what_is_clearly_an_endpoint_is_found() {
        for (method, uri, pattern) in [
            ("GET", "/api/v1/orders", "GET /orders"),
            ("HEAD", "/api/v1/orders", "GET /orders"),
            ("GET", "/api/v1/orders?a=../..//%2f;#\\", "GET /orders"),
            ("GET", "/api/v1/orders/17", "GET /orders/:id"),
            ("GET", "/api/v1/orders/...", "GET /orders/:id"),
            ("GET", "/api/v1/orders/a%20b", "GET /orders/:id"),
            ("GET", "/api/v1/orders/%C3%A9", "GET /orders/:id"),
            ("GET", "/api/v1/orders/%e2%82%ac", "GET /orders/:id"),
            (
                "GET",
                "/api/v1/products/sku/A-1:x@y",
                "GET /products/sku/:sku",
            ),
            ("POST", "/api/v1/products/bulk", "POST /products/bulk"),
            ("DELETE", "/api/v1/products/7", "DELETE /products/:id"),
        ] {
            assert_eq!(find(method, uri), Some(pattern), "{method} {uri}");
        }
    }

    #[test]
    fn whatever_two_servers_may_read_in_two_ways_is_no_endpoint() {
        for uri in [
            "",
            "/",
            "?",
            "/orders",
            "/api/v1",
            "/api/v1/",
            "/api/v1orders",
            "/api/v2/orders",
            "/API/v1/orders",
            "/api/v1/api/v1/orders",
            "https://api.zenflow.com.ar/api/v1/orders",
            "//api/v1/orders",
            "/api/v1//orders",
            "/api/v1/orders/",
            "/api/v1/orders//",
            "/api/v1/orders/?x",
            "/api/v1/Orders",
            "/api/v1/order%73",
            "/api/v1/nowhere",
            "/api/v1/orders/.",
            "/api/v1/orders/..",
            "/api/v1/orders/%2e",
            "/api/v1/orders/%2E%2e",
            "/api/v1/orders/.%2e",
            "/api/v1/products/../orders",
            "/api/v1/orders/1%2f2",
            "/api/v1/orders/1%2F2",
            "/api/v1/orders/1%5c2",
            "/api/v1/orders/1%5C2",
            "/api/v1/orders/%25",
            "/api/v1/orders/%252e%252e",
            "/api/v1/orders/%00",
            "/api/v1/orders/1\\2",
            "/api/v1/orders/1;x=y",
            "/api/v1/orders/1#top",
            "/api/v1/orders#",
            "/api/v1/orders/1%3b",
            "/api/v1/orders/1%3Bx",
            "/api/v1/orders/1%3fx",
            "/api/v1/orders/1%3F",
            "/api/v1/orders/1%23",
            "/api/v1/orders/%",
            "/api/v1/orders/%4",
            "/api/v1/orders/%4g",
            "/api/v1/orders/%+1",
            "/api/v1/orders/%u0041",
            "/api/v1/orders/%0a",
            "/api/v1/orders/%7f",
            "/api/v1/orders/%c2%85",
            "/api/v1/orders/%c0%ae%c0%ae",
            "/api/v1/orders/%e0%80%af",
            "/api/v1/orders/%c3",
            "/api/v1/orders/%ff",
            "/api/v1/orders/%ed%a0%80",
            "/api/v1/orders/é",
            "/api/v1/orders/a b",
            "/api/v1/orders/a\tb",
            "/api/v1/orders/\u{7f}",
        ] {
            assert_eq!(find("GET", uri), None, "{uri}");
        }
        for method in ["", "get", "Get", "PATCH", "OPTIONS", "GET ", "HEAd", "GÉT"] {
            assert_eq!(find(method, "/api/v1/orders"), None, "{method}");
        }
    }

    #[test]
    fn a_base_path_may_be_nothing() {
        let root: BasePath = "/".parse().unwrap();
        assert_eq!(
            root.endpoint(b"GET", b"/orders").map(|e| e.pattern),
            Some("GET /orders")
        );
        assert!(root.endpoint(b"GET", b"/api/v1/orders").is_none());
        for text in ["", "api", "/api/", "/a//b", "/a/../b", "/a?b", "/é"] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
    }
}
