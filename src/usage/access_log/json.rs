//! The formats that have a JSON object on each line.

mod caddy;
mod json_lines;
mod nginx;

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::Timestamp;
use crate::usage::access_log::{IpField, LogFormat, ParseError, address, instant};

pub use crate::usage::access_log::json::caddy::read as caddy;
pub use crate::usage::access_log::json::json_lines::read as json_lines;
pub use crate::usage::access_log::json::nginx::read as nginx;

const NO_OBJECT: ParseError = ParseError("this is not a JSON object of this format");

/// The format of an object, by fields that only one has.
pub fn detect(line: &[u8]) -> Option<LogFormat> {
    let object: Value = serde_json::from_slice(line).ok()?;
    let has = |field: &str| object.get(field).is_some();
    if has("time_iso8601") || has("zenflow_key_id") {
        Some(LogFormat::NginxJson)
    } else if object["request"].is_object() || (has("ts") && has("level")) {
        Some(LogFormat::Caddy)
    } else {
        has("at").then_some(LogFormat::JsonLines)
    }
}

/// A text or a number, as templates write either.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar<'l> {
    Number(f64),
    #[serde(borrow)]
    Text(Cow<'l, str>),
}

impl Scalar<'_> {
    fn instant(&self) -> Result<Timestamp, ParseError> {
        match self {
            Scalar::Number(seconds) => instant::seconds(*seconds),
            Scalar::Text(text) => instant::written(text),
        }
    }

    fn status(&self) -> Result<u16, ParseError> {
        let status = match self {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float out of range becomes the nearest end of it"
            )]
            Scalar::Number(number) => Some(*number as u16),
            Scalar::Text(text) => text.parse().ok(),
        };
        status.ok_or(ParseError("the status is not a number"))
    }
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts<'l> {
    #[serde(borrow)]
    One(Cow<'l, str>),
    #[serde(borrow)]
    Several(Vec<Cow<'l, str>>),
}

impl Texts<'_> {
    fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Texts::One(text) => std::slice::from_ref(text),
            Texts::Several(texts) => texts,
        }
        .iter()
        .map(AsRef::as_ref)
    }
}

fn object<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, ParseError> {
    serde_json::from_slice(line).map_err(|_| NO_OBJECT)
}

/// The client's address: the peer's, or that in the field or header `field` of the object at
/// `place`.
fn client(
    line: &[u8],
    peer: &str,
    field: Option<&IpField>,
    place: impl Fn(&Value, &str) -> Option<Value>,
) -> Option<IpAddr> {
    let Some(field) = field else {
        return address(peer);
    };
    let value = place(&object(line).ok()?, &field.name)?;
    field.was_found.set(true);
    match value {
        Value::String(text) => address(&text),
        Value::Array(texts) => texts.last().and_then(Value::as_str).and_then(address),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::usage::access_log::{LogEntry, LoggedAnswer};

    pub(super) const NGINX: &str = r#"{"time_iso8601":"2026-11-24T07:00:00+00:00","remote_addr":"203.0.113.7","request_method":"GET","uri":"/orders/17","status":200,"zenflow_key_id":"k3m9x2q7vd","forwarded":"198.51.100.1, 192.0.2.9"}"#;
    pub(super) const CADDY: &str = r#"{"level":"info","ts":1795503600.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.7","client_ip":"192.0.2.9","method":"GET","uri":"/orders/17?x=1","headers":{"User-Agent":["curl"],"X-Api-Key":["k3m9x2q7vd"],"X-Forwarded-For":["198.51.100.1","192.0.2.9"]}},"status":200}"#;
    const OWN: &str = r#"{"at":"2026-11-24T07:00:00Z","key_id":"k3m9x2q7vd","ip":"203.0.113.7","request":"GET /orders/17","status":200,"via":"192.0.2.9"}"#;

    pub(super) fn read(line: &str, ip_field: Option<&str>) -> Result<Option<LogEntry>, ParseError> {
        let format = detect(line.as_bytes()).unwrap();
        crate::usage::access_log::LineReader::new(format, ip_field).read(line.as_bytes())
    }

    #[test]
    fn the_three_are_told_apart_and_say_the_same() {
        for (line, format) in [
            (NGINX, LogFormat::NginxJson),
            (CADDY, LogFormat::Caddy),
            (OWN, LogFormat::JsonLines),
        ] {
            assert_eq!(detect(line.as_bytes()), Some(format));
            let entry = read(line, None).unwrap().unwrap();
            assert_eq!(entry.at.to_string(), "2026-11-24T07:00:00Z");
            assert_eq!(
                (entry.id.as_ref(), entry.ip),
                (Some(b"k3m9x2q7vd"), Some("203.0.113.7".parse().unwrap()))
            );
            assert_eq!(
                (entry.endpoint.unwrap().pattern, entry.answer),
                ("GET /orders/:id", LoggedAnswer::Status(200))
            );
        }
        for line in ["{}", "{\"a\":1}", "{", "[]"] {
            assert_eq!(detect(line.as_bytes()), None);
        }
    }

    #[test]
    fn the_clients_address_is_the_peers_unless_a_field_is_trusted() {
        for (line, field) in [
            (NGINX, "forwarded"),
            (CADDY, "client_ip"),
            (CADDY, "X-Forwarded-For"),
            (OWN, "via"),
        ] {
            assert_eq!(
                read(line, Some(field)).unwrap().unwrap().ip,
                Some("192.0.2.9".parse().unwrap()),
                "{field}"
            );
            assert_eq!(read(line, Some("nowhere")).unwrap().unwrap().ip, None);
        }
    }

    #[test]
    fn a_field_that_only_the_client_fills_never_spoils_a_line() {
        let wrong = ["17", "null", r#"{"a":["\ud800"]}"#, "[1]", r#""\ud800""#];
        for (line, fields) in [
            (NGINX, ["\"203.0.113.7\"", "\"GET\"", "\"/orders/17\""]),
            (CADDY, ["\"203.0.113.7\"", "\"GET\"", "\"/orders/17?x=1\""]),
            (
                OWN,
                ["\"203.0.113.7\"", "\"GET /orders/17\"", "\"192.0.2.9\""],
            ),
        ] {
            for (field, wrong) in fields
                .iter()
                .flat_map(|field| wrong.map(|wrong| (field, wrong)))
            {
                let format = detect(line.as_bytes());
                let line = line.replacen(field, wrong, 1);
                for ip_field in [None, Some("via")] {
                    let read = crate::usage::access_log::LineReader::new(format.unwrap(), ip_field)
                        .read(line.as_bytes());
                    let entry = read.unwrap().unwrap();
                    assert_eq!(entry.id.as_ref(), Some(b"k3m9x2q7vd"), "{line}");
                    assert_eq!(entry.answer, LoggedAnswer::Status(200));
                }
            }
        }
        for missing in ["remote_addr", "request_method", "uri"] {
            assert!(
                read(&NGINX.replace(missing, "x"), None).is_ok(),
                "{missing}"
            );
        }
        for missing in ["remote_ip", "method", "uri"] {
            assert!(
                read(&CADDY.replace(missing, "x"), None).is_ok(),
                "{missing}"
            );
        }
    }
}
