//! The formats that have a JSON object on each line.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Endpoint, Scope, ScopeSet, Timestamp};
use crate::usage::access_log::lenient::Text;
use crate::usage::access_log::{
    Answer, Entry, IpField, LogFormat, ParseError, address, id, instant,
};

const NO_OBJECT: ParseError = ParseError("this is no JSON object of the format");

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
        status.ok_or(ParseError("the status is no number"))
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

#[derive(Deserialize)]
struct Nginx<'l> {
    #[serde(borrow)]
    time_iso8601: Cow<'l, str>,
    #[serde(borrow, default)]
    remote_addr: Text<'l>,
    #[serde(borrow, default)]
    request_method: Text<'l>,
    #[serde(borrow, default)]
    uri: Text<'l>,
    #[serde(borrow)]
    status: Scalar<'l>,
    #[serde(borrow)]
    zenflow_key_id: Cow<'l, str>,
}

/// Reads a line of nginx's `escape=json`.
pub fn nginx(line: &[u8], ip_field: Option<&IpField>) -> Result<Entry, ParseError> {
    let object: Nginx = object(line)?;
    Ok(Entry {
        at: instant::written(&object.time_iso8601)?,
        id: id(object.zenflow_key_id.as_bytes()),
        ip: client(line, &object.remote_addr.0, ip_field, |object, field| {
            object.get(field).cloned()
        }),
        endpoint: Endpoint::called(&object.request_method.0, &object.uri.0),
        scopes: ScopeSet::EMPTY,
        answer: Answer::Status(object.status.status()?),
    })
}

#[derive(Deserialize)]
struct Caddy<'l> {
    #[serde(borrow)]
    ts: Scalar<'l>,
    #[serde(borrow)]
    logger: Option<Cow<'l, str>>,
    #[serde(borrow)]
    request: Option<CaddyRequest<'l>>,
    #[serde(borrow)]
    status: Option<Scalar<'l>>,
    #[serde(borrow)]
    resp_headers: Option<CaddyAnswer<'l>>,
}

/// The headers of the answer, among which Caddy can write the key's id.
#[derive(Deserialize)]
struct CaddyAnswer<'l> {
    #[serde(borrow, rename = "X-Zenflow-Key-Id")]
    id: Option<Texts<'l>>,
}

#[derive(Deserialize)]
struct CaddyRequest<'l> {
    #[serde(borrow, default)]
    remote_ip: Text<'l>,
    #[serde(borrow, default)]
    method: Text<'l>,
    #[serde(borrow, default)]
    uri: Text<'l>,
    #[serde(borrow)]
    headers: Option<CaddyHeaders<'l>>,
}

#[derive(Deserialize)]
struct CaddyHeaders<'l> {
    #[serde(borrow, rename = "X-Api-Key")]
    key: Option<Texts<'l>>,
}

/// Reads a line of Caddy. The same log can hold what Caddy says about itself: that is no request.
pub fn caddy(line: &[u8], ip_field: Option<&IpField>) -> Result<Option<Entry>, ParseError> {
    let object: Caddy = object(line)?;
    if object
        .logger
        .is_some_and(|logger| !logger.starts_with("http.log.access"))
    {
        return Ok(None);
    }
    let (Some(request), Some(status)) = (object.request, object.status) else {
        return Ok(None);
    };
    // Of several headers any may hold the key.
    let key = request.headers.as_ref().and_then(|headers| {
        headers
            .key
            .as_ref()?
            .iter()
            .find_map(|key| id(key.as_bytes()))
    });
    let key = object
        .resp_headers
        .as_ref()
        .and_then(|headers| {
            headers
                .id
                .as_ref()?
                .iter()
                .find_map(|key| id(key.as_bytes()))
        })
        .or(key);
    let in_request = |object: &Value, field: &str| {
        let request = object.get("request")?;
        request
            .get(field)
            .or_else(|| request.get("headers")?.get(field))
            .cloned()
    };
    Ok(Some(Entry {
        at: object.ts.instant()?,
        id: key,
        ip: client(line, &request.remote_ip.0, ip_field, in_request),
        endpoint: Endpoint::called(&request.method.0, &request.uri.0),
        scopes: ScopeSet::EMPTY,
        answer: Answer::Status(status.status()?),
    }))
}

#[derive(Deserialize)]
struct JsonLine<'l> {
    #[serde(borrow)]
    at: Cow<'l, str>,
    #[serde(borrow, alias = "id", alias = "key")]
    key_id: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    ip: Text<'l>,
    #[serde(borrow, default)]
    request: Text<'l>,
    #[serde(borrow)]
    scope: Option<Texts<'l>>,
    #[serde(borrow)]
    status: Option<Scalar<'l>>,
    #[serde(borrow)]
    outcome: Option<Cow<'l, str>>,
}

/// Reads a line of this program's own format.
pub fn json_lines(line: &[u8], ip_field: Option<&IpField>) -> Result<Entry, ParseError> {
    let object: JsonLine = object(line)?;
    let answer = match (&object.outcome, &object.status) {
        (Some(outcome), _) => Answer::Outcome(
            outcome
                .parse()
                .map_err(|_| ParseError("the outcome is unknown"))?,
        ),
        (None, Some(status)) => Answer::Status(status.status()?),
        (None, None) => return Err(ParseError("there is neither status nor outcome")),
    };
    let endpoint = object
        .request
        .0
        .split_once(' ')
        .and_then(|(method, path)| Endpoint::called(method, path));
    let scopes = match &object.scope {
        Some(scopes) => scopes
            .iter()
            .map(str::parse::<Scope>)
            .collect::<Result<_, _>>()
            .map_err(|_| ParseError("the scope is unknown"))?,
        None => ScopeSet::EMPTY,
    };
    Ok(Entry {
        at: instant::written(&object.at)?,
        id: object.key_id.as_ref().and_then(|key| id(key.as_bytes())),
        ip: client(line, &object.ip.0, ip_field, |object, field| {
            object.get(field).cloned()
        }),
        endpoint,
        scopes,
        answer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NGINX: &str = r#"{"time_iso8601":"2026-11-24T07:00:00+00:00","remote_addr":"203.0.113.7","request_method":"GET","uri":"/orders/17","status":200,"zenflow_key_id":"k3m9x2q7vd","forwarded":"198.51.100.1, 192.0.2.9"}"#;
    const CADDY: &str = r#"{"level":"info","ts":1795503600.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.7","client_ip":"192.0.2.9","method":"GET","uri":"/orders/17?x=1","headers":{"User-Agent":["curl"],"X-Api-Key":["k3m9x2q7vd"],"X-Forwarded-For":["198.51.100.1","192.0.2.9"]}},"status":200}"#;
    const OWN: &str = r#"{"at":"2026-11-24T07:00:00Z","key_id":"k3m9x2q7vd","ip":"203.0.113.7","request":"GET /orders/17","status":200,"via":"192.0.2.9"}"#;

    fn read(line: &str, ip_field: Option<&str>) -> Result<Option<Entry>, ParseError> {
        let format = detect(line.as_bytes()).unwrap();
        crate::usage::access_log::Reader::new(format, ip_field).read(line.as_bytes())
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
                ("GET /orders/:id", Answer::Status(200))
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
                    let read = crate::usage::access_log::Reader::new(format.unwrap(), ip_field)
                        .read(line.as_bytes());
                    let entry = read.unwrap().unwrap();
                    assert_eq!(entry.id.as_ref(), Some(b"k3m9x2q7vd"), "{line}");
                    assert_eq!(entry.answer, Answer::Status(200));
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

    #[test]
    fn caddy_names_the_key_in_any_of_several_headers_or_in_its_answer() {
        let id = |line: &str| read(line, None).unwrap().unwrap().id;
        let expected = Some(*b"k3m9x2q7vd");
        for keys in [
            r#"["junk","k3m9x2q7vd"]"#,
            r#"["","k3m9x2q7vd","a000000000"]"#,
            r#""k3m9x2q7vd""#,
        ] {
            assert_eq!(
                id(&CADDY.replace(r#"["k3m9x2q7vd"]"#, keys)),
                expected,
                "{keys}"
            );
        }
        let answered = |headers: &str, id: &str| {
            CADDY
                .replace(r#""headers":{"User"#, &format!(r#""{headers}":{{"User"#))
                .replace(
                    r#""status":200"#,
                    &format!(r#""status":200,"resp_headers":{{"X-Zenflow-Key-Id":["{id}"]}}"#),
                )
        };
        assert_eq!(id(&answered("deleted", "k3m9x2q7vd")), expected);
        assert_eq!(id(&answered("deleted", "-")), None);
        assert_eq!(id(&answered("headers", "-")), expected);
        assert_eq!(id(&answered("headers", "a000000000")), Some(*b"a000000000"));
    }

    #[test]
    fn what_caddy_says_about_itself_is_no_request() {
        for line in [
            r#"{"level":"info","ts":1795503600.25,"msg":"serving initial configuration"}"#,
            &CADDY.replace("http.log.access", "http.log.error"),
        ] {
            assert_eq!(read(line, None), Ok(None));
        }
    }

    #[test]
    fn a_line_can_give_scopes_and_an_outcome_itself() {
        let own = r#"{"at":"2026-11-24T07:00:00Z","id":"k3m9x2q7vd","scope":["read:orders","admin"],"outcome":"revoked"}"#;
        let entry = read(own, None).unwrap().unwrap();
        assert_eq!(
            (entry.scopes.words(), entry.ip),
            (vec!["read:orders", "admin"], None)
        );
        assert_eq!(entry.answer, Answer::Outcome("revoked".parse().unwrap()));
        for (from, to) in [
            ("revoked", "gone"),
            ("read:orders", "read:order"),
            ("\"outcome\":\"revoked\"", "\"x\":1"),
            ("T07", "X07"),
        ] {
            assert!(read(&own.replace(from, to), None).is_err(), "{to}");
        }
    }

    #[test]
    fn a_status_can_be_written_as_a_text_and_a_missing_id_is_no_key() {
        let text = NGINX.replace(":200", ":\"404\"").replace("k3m9x2q7vd", "-");
        let entry = read(&text, None).unwrap().unwrap();
        assert_eq!((entry.answer, entry.id), (Answer::Status(404), None));
        assert!(read(&NGINX.replace(":200", ":\"x\""), None).is_err());
        assert!(read(&NGINX.replace("\"zenflow_key_id\"", "\"key\""), None).is_err());
    }
}
