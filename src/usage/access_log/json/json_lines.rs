//! A line of this program's own log format.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::{Scope, ScopeSet};
use crate::usage::access_log::json::{Scalar, Texts, client, object};
use crate::usage::access_log::lenient::LenientText;
use crate::usage::access_log::{
    IpField, LogEntry, LoggedAnswer, ParseError, endpoint, id, instant,
};

#[derive(Deserialize)]
struct JsonLine<'l> {
    #[serde(borrow)]
    at: Cow<'l, str>,
    #[serde(borrow, alias = "id", alias = "key")]
    key_id: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    ip: LenientText<'l>,
    #[serde(borrow, default)]
    request: LenientText<'l>,
    #[serde(borrow)]
    scope: Option<Texts<'l>>,
    #[serde(borrow)]
    status: Option<Scalar<'l>>,
    #[serde(borrow)]
    outcome: Option<Cow<'l, str>>,
}

/// Reads a line of this program's own format.
pub fn read(line: &[u8], ip_field: Option<&IpField>) -> Result<LogEntry, ParseError> {
    let object: JsonLine = object(line)?;
    let answer = match (&object.outcome, &object.status) {
        (Some(outcome), _) => LoggedAnswer::Outcome(
            outcome
                .parse()
                .map_err(|_| ParseError("the outcome is unknown"))?,
        ),
        (None, Some(status)) => LoggedAnswer::Status(status.status()?),
        (None, None) => return Err(ParseError("there is neither status nor outcome")),
    };
    let endpoint = object
        .request
        .0
        .split_once(' ')
        .and_then(|(method, path)| endpoint(method, path));
    let scopes = match &object.scope {
        Some(scopes) => scopes
            .iter()
            .map(str::parse::<Scope>)
            .collect::<Result<_, _>>()
            .map_err(|_| ParseError("the scope is unknown"))?,
        None => ScopeSet::EMPTY,
    };
    Ok(LogEntry {
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
    use crate::usage::access_log::json::tests::read;

    #[test]
    fn a_line_can_give_scopes_and_an_outcome_itself() {
        let own = r#"{"at":"2026-11-24T07:00:00Z","id":"k3m9x2q7vd","scope":["read:orders","admin"],"outcome":"revoked"}"#;
        let entry = read(own, None).unwrap().unwrap();
        assert_eq!(
            (entry.scopes.words(), entry.ip),
            (vec!["read:orders", "admin"], None)
        );
        assert_eq!(
            entry.answer,
            LoggedAnswer::Outcome("revoked".parse().unwrap())
        );
        for (from, to) in [
            ("revoked", "gone"),
            ("read:orders", "read:order"),
            ("\"outcome\":\"revoked\"", "\"x\":1"),
            ("T07", "X07"),
        ] {
            assert!(read(&own.replace(from, to), None).is_err(), "{to}");
        }
    }
}
