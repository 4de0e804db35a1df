//! A line of nginx with `escape=json`.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::ScopeSet;
use crate::usage::access_log::json::{Scalar, client, object};
use crate::usage::access_log::lenient::LenientText;
use crate::usage::access_log::{
    IpField, LogEntry, LoggedAnswer, ParseError, endpoint, id, instant,
};

#[derive(Deserialize)]
struct Nginx<'l> {
    #[serde(borrow)]
    time_iso8601: Cow<'l, str>,
    #[serde(borrow, default)]
    remote_addr: LenientText<'l>,
    #[serde(borrow, default)]
    request_method: LenientText<'l>,
    #[serde(borrow, default)]
    uri: LenientText<'l>,
    #[serde(borrow)]
    status: Scalar<'l>,
    #[serde(borrow)]
    zenflow_key_id: Cow<'l, str>,
}

/// Reads a line of nginx's `escape=json`.
pub fn read(line: &[u8], ip_field: Option<&IpField>) -> Result<LogEntry, ParseError> {
    let object: Nginx = object(line)?;
    Ok(LogEntry {
        at: instant::written(&object.time_iso8601)?,
        id: id(object.zenflow_key_id.as_bytes()),
        ip: client(line, &object.remote_addr.0, ip_field, |object, field| {
            object.get(field).cloned()
        }),
        endpoint: endpoint(&object.request_method.0, &object.uri.0),
        scopes: ScopeSet::EMPTY,
        answer: LoggedAnswer::Status(object.status.status()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::access_log::json::tests::{NGINX, read};

    #[test]
    fn a_status_can_be_written_as_a_text_and_a_missing_id_is_no_key() {
        let text = NGINX.replace(":200", ":\"404\"").replace("k3m9x2q7vd", "-");
        let entry = read(&text, None).unwrap().unwrap();
        assert_eq!((entry.answer, entry.id), (LoggedAnswer::Status(404), None));
        assert!(read(&NGINX.replace(":200", ":\"x\""), None).is_err());
        assert!(read(&NGINX.replace("\"zenflow_key_id\"", "\"key\""), None).is_err());
    }
}
