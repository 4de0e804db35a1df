//! A line of Caddy's JSON access log.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::ScopeSet;
use crate::usage::access_log::json::{Scalar, Texts, client, object};
use crate::usage::access_log::lenient::LenientText;
use crate::usage::access_log::{IpField, LogEntry, LoggedAnswer, ParseError, endpoint, id};

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
    remote_ip: LenientText<'l>,
    #[serde(borrow, default)]
    method: LenientText<'l>,
    #[serde(borrow, default)]
    uri: LenientText<'l>,
    #[serde(borrow)]
    headers: Option<CaddyHeaders<'l>>,
}

#[derive(Deserialize)]
struct CaddyHeaders<'l> {
    #[serde(borrow, rename = "X-Api-Key")]
    key: Option<Texts<'l>>,
}

/// Reads a line of Caddy. The same log can hold what Caddy says about itself: that is no request.
pub fn read(line: &[u8], ip_field: Option<&IpField>) -> Result<Option<LogEntry>, ParseError> {
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
    Ok(Some(LogEntry {
        at: object.ts.instant()?,
        id: key,
        ip: client(line, &request.remote_ip.0, ip_field, in_request),
        endpoint: endpoint(&request.method.0, &request.uri.0),
        scopes: ScopeSet::EMPTY,
        answer: LoggedAnswer::Status(status.status()?),
    }))
}

#[cfg(test)]
mod tests {
    use crate::usage::access_log::json::tests::{CADDY, read};

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
}
