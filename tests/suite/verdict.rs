//! The verdict is the contract's: each reason has its word, status and message.

mod model;

use zenflow_keys::domain::endpoint::ENDPOINTS;
use zenflow_keys::domain::verdict::{Failures, judge};
use zenflow_keys::domain::{
    Environment, Key, Presented, Reason, Request, Revocation, Scope, ScopeSet, Timestamp, Verdict,
};

const VECTOR: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

const INVALID: &str = "The API key provided is invalid or has been revoked";
const NOT_LISTED: &str = "IP not in whitelist";

/// The contract's table: reason, verdict, HTTP, exit, and the API's message (`…:` is followed by a
/// scope).
const CONTRACT: [(&str, &str, u16, u8, &str); 11] = [
    ("missing", "missing_api_key", 401, 10, "API key is required"),
    ("malformed", "invalid_api_key", 401, 11, INVALID),
    ("bad_checksum", "invalid_api_key", 401, 11, INVALID),
    ("unknown", "invalid_api_key", 401, 11, INVALID),
    ("revoked", "revoked_api_key", 401, 12, "API key was revoked"),
    ("disabled", "invalid_api_key", 401, 11, INVALID),
    ("expired", "expired_api_key", 401, 13, "API key has expired"),
    ("wrong_environment", "invalid_api_key", 401, 11, INVALID),
    ("ip_not_allowed", "ip_not_allowed", 403, 21, NOT_LISTED),
    ("ip_unknown", "ip_not_allowed", 403, 21, NOT_LISTED),
    (
        "insufficient_scope",
        "insufficient_scope",
        403,
        20,
        "This API key does not have the required scope: ",
    ),
];

/// The catalogue, in its order.
const CATALOGUE: [&str; 9] = [
    "read:orders",
    "write:orders",
    "read:products",
    "write:products",
    "read:stock",
    "write:stock",
    "read:webhooks",
    "write:webhooks",
    "admin",
];

/// An instant so many seconds after the one of which everything here is judged.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
}

/// A plain active key for live that may read orders.
fn key() -> Key {
    crate::support::plain::key("k3m9x2q7vd".parse().unwrap(), "ERP", at(-1000))
}

fn scopes<'a>(words: impl IntoIterator<Item = &'a str>) -> ScopeSet {
    words
        .into_iter()
        .map(|word| word.parse::<Scope>().unwrap())
        .collect()
}

fn presented() -> Presented {
    Presented::from_bytes(VECTOR.as_bytes())
}

fn judged(key: &Key, request: &Request) -> Verdict {
    judge(&presented(), Some(key), request, at(0))
}

fn failures(verdict: &Verdict) -> Option<&Failures> {
    match verdict {
        Verdict::Allowed => None,
        Verdict::Refused(failures) => Some(failures),
    }
}

/// The words of all failing rules, as they are named.
fn reasons(verdict: &Verdict) -> Vec<&'static str> {
    failures(verdict)
        .map(|failures| failures.all.iter().map(|reason| reason.as_str()).collect())
        .unwrap_or_default()
}

/// What the program says about a verdict, in the columns of the contract's table.
fn row(verdict: &Verdict) -> (&'static str, &'static str, u16, u8, String) {
    let Some(failures) = failures(verdict) else {
        return ("–", verdict.as_str(), 200, verdict.exit(), String::new());
    };
    let first = failures.first;
    assert_eq!(verdict.reason(), Some(first));
    assert_eq!(verdict.as_str(), first.refusal().code());
    assert_eq!(verdict.exit(), first.refusal().exit());
    (
        first.as_str(),
        verdict.as_str(),
        first.refusal().http(),
        verdict.exit(),
        failures.message().into_owned(),
    )
}

/// Breaks one rule of a key, and no other.
fn break_rule(reason: &str, key: &mut Key, request: &mut Request) {
    match reason {
        "revoked" => {
            key.revocation = Some(Revocation {
                at: at(0),
                reason: None,
            })
        }
        "disabled" => key.disabled_at = Some(at(-5)),
        "expired" => key.expires_at = Some(at(0)),
        "wrong_environment" => request.environment = Some(Environment::Test),
        "ip_not_allowed" => {
            key.allowlist = "203.0.113.0/24".parse().unwrap();
            request.ip = Some("203.0.114.0".parse().unwrap());
        }
        "ip_unknown" => key.allowlist = "203.0.113.0/24".parse().unwrap(),
        "insufficient_scope" => request.scopes = scopes(["write:orders"]),
        _ => unreachable!("{reason} is no rule of a key"),
    }
}

#[test]
fn every_reason_has_the_verdict_status_exit_and_message_of_the_contract() {
    let bad_checksum = VECTOR.replace("UV", "UW");
    for (i, (reason, verdict, http, exit, message)) in CONTRACT.into_iter().enumerate() {
        let nobody = |text: &str| {
            judge(
                &Presented::from_bytes(text.as_bytes()),
                None,
                &Request::default(),
                at(0),
            )
        };
        let found = match reason {
            "missing" => nobody(" \n"),
            "malformed" => nobody("zenflow_live_of_another_make"),
            "bad_checksum" => nobody(&bad_checksum),
            "unknown" => nobody(VECTOR),
            _ => {
                let (mut key, mut request) = (key(), Request::default());
                break_rule(reason, &mut key, &mut request);
                judged(&key, &request)
            }
        };
        let message = if reason == "insufficient_scope" {
            format!("{message}write:orders")
        } else {
            message.to_owned()
        };
        assert_eq!(
            row(&found),
            (reason, verdict, http, exit, message),
            "{reason}"
        );
        assert_eq!(reasons(&found), [reason], "it breaks no other rule");
        assert_eq!(
            Reason::ALL[i].as_str(),
            reason,
            "the order of judgement is the table's"
        );
    }
    assert_eq!(
        row(&judged(&key(), &Request::default())),
        ("–", "allowed", 200, 0, String::new())
    );
}

#[test]
fn without_a_record_only_the_text_tells_why_whatever_is_asked() {
    let request = Request {
        scopes: scopes(CATALOGUE),
        endpoint: ENDPOINTS.first(),
        ip: Some("::1".parse().unwrap()),
        environment: Some(Environment::Test),
    };
    let long = format!("zenflow_live_{}", "a".repeat(188));
    let bad = VECTOR.replace("JO", "JP");
    for (text, reason) in [
        ("", "missing"),
        ("\r\n", "missing"),
        ("\t ", "missing"),
        ("hello", "malformed"),
        ("zenflow_live_", "malformed"),
        ("zenflow_prod_k3m9x2q7vd", "malformed"),
        (long.as_str(), "malformed"),
        (bad.as_str(), "bad_checksum"),
        (VECTOR, "unknown"),
    ] {
        let verdict = judge(
            &Presented::from_bytes(text.as_bytes()),
            None,
            &request,
            at(0),
        );
        assert_eq!(reasons(&verdict), [reason], "{text:?}");
        assert!(
            failures(&verdict).unwrap().missing_scopes.is_empty(),
            "{text:?}"
        );
    }
}

#[test]
fn a_key_that_the_store_knows_is_judged_by_its_record_even_if_it_has_another_format() {
    for text in [
        "zenflow_live_of_another_make",
        VECTOR.replace("JO", "JP").as_str(),
    ] {
        let presented = Presented::from_bytes(text.as_bytes());
        assert_eq!(
            judge(&presented, Some(&key()), &Request::default(), at(0)),
            Verdict::Allowed
        );
        let request = Request {
            scopes: scopes(["admin"]),
            ..Request::default()
        };
        assert_eq!(
            reasons(&judge(&presented, Some(&key()), &request, at(0))),
            ["insufficient_scope"]
        );
    }
}

#[test]
fn all_failing_rules_are_named_in_order_and_the_first_decides() {
    let rules = [
        "revoked",
        "disabled",
        "expired",
        "wrong_environment",
        "ip_not_allowed",
        "ip_unknown",
        "insufficient_scope",
    ];
    for chosen in 0_u32..1 << rules.len() {
        let broken: Vec<&str> = rules
            .into_iter()
            .enumerate()
            .filter(|(i, _)| chosen >> i & 1 == 1)
            .map(|(_, rule)| rule)
            .collect();
        if broken.contains(&"ip_not_allowed") && broken.contains(&"ip_unknown") {
            continue; // An address is given or it is not.
        }
        let (mut key, mut request) = (key(), Request::default());
        // The order in which they come to be broken does not matter.
        for rule in broken.iter().rev() {
            break_rule(rule, &mut key, &mut request);
        }
        let verdict = judged(&key, &request);
        assert_eq!(reasons(&verdict), broken);
        assert_eq!(
            verdict.reason().map(Reason::as_str),
            broken.first().copied()
        );
        let decided = CONTRACT
            .into_iter()
            .find(|row| Some(&row.0) == broken.first());
        assert_eq!(
            (verdict.as_str(), verdict.exit()),
            decided.map_or(("allowed", 0), |row| (row.1, row.3)),
            "{broken:?}"
        );
    }
}

#[test]
fn of_several_missing_scopes_the_message_names_the_first_of_the_catalogue() {
    let post_orders = ENDPOINTS
        .iter()
        .find(|endpoint| endpoint.pattern == "POST /orders");
    for (asked, endpoint, missing) in [
        (
            vec!["admin", "write:stock", "read:products"],
            None,
            vec!["read:products", "write:stock", "admin"],
        ),
        (
            vec!["write:webhooks", "read:orders", "read:webhooks"],
            None,
            vec!["read:webhooks", "write:webhooks"],
        ),
        (vec!["admin", "read:orders"], None, vec!["admin"]),
        (
            vec!["read:stock"],
            post_orders,
            vec!["write:orders", "read:stock"],
        ),
        (vec!["read:orders"], post_orders, vec!["write:orders"]),
        (vec![], post_orders, vec!["write:orders"]),
    ] {
        let verdict = judged(
            &key(),
            &Request {
                scopes: scopes(asked),
                endpoint,
                ..Request::default()
            },
        );
        let failures = failures(&verdict).unwrap();
        assert_eq!(failures.missing_scopes.words(), missing);
        assert_eq!(
            failures.message(),
            format!(
                "This API key does not have the required scope: {}",
                missing[0]
            )
        );
    }
}

#[test]
fn admin_satisfies_every_scope_and_endpoint_and_a_write_scope_does_not_satisfy_its_read_scope() {
    let admin = Key {
        scopes: scopes(["admin"]),
        ..key()
    };
    assert_eq!(
        judged(
            &admin,
            &Request {
                scopes: scopes(CATALOGUE),
                ..Request::default()
            }
        ),
        Verdict::Allowed
    );
    for endpoint in &ENDPOINTS {
        assert_eq!(
            judged(
                &admin,
                &Request {
                    endpoint: Some(endpoint),
                    ..Request::default()
                }
            ),
            Verdict::Allowed
        );
    }
    let writer = Key {
        scopes: scopes(["write:orders"]),
        ..key()
    };
    let verdict = judged(
        &writer,
        &Request {
            scopes: scopes(["read:orders"]),
            ..Request::default()
        },
    );
    assert_eq!(reasons(&verdict), ["insufficient_scope"]);
    let everything_else = Key {
        scopes: scopes(CATALOGUE.into_iter().filter(|word| *word != "admin")),
        ..key()
    };
    let verdict = judged(
        &everything_else,
        &Request {
            scopes: scopes(["admin"]),
            ..Request::default()
        },
    );
    assert_eq!(
        failures(&verdict).unwrap().missing_scopes.words(),
        ["admin"]
    );
}

#[test]
fn expiry_and_revocation_count_from_their_very_second_on() {
    for (end, over) in [(-1, true), (0, true), (1, false)] {
        let expiring = Key {
            expires_at: Some(at(end)),
            ..key()
        };
        let ending = Key {
            revocation: Some(Revocation {
                at: at(end),
                reason: None,
            }),
            ..key()
        };
        for (key, reason) in [(expiring, "expired"), (ending, "revoked")] {
            let expected: &[&str] = if over { &[reason] } else { &[] };
            assert_eq!(
                reasons(&judged(&key, &Request::default())),
                expected,
                "{reason} at {end:+} s"
            );
        }
    }
}
