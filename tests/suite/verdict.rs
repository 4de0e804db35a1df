//! The verdict is the contract's: each reason has its word, status and message, and `judge` agrees
//! with a second, different judge.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use zenflow_keys::domain::endpoint::ENDPOINTS;
use zenflow_keys::domain::verdict::{Failures, judge};
use zenflow_keys::domain::{
    Environment, Key, Net, Presented, Reason, Request, Revocation, Scope, ScopeSet, Timestamp,
    Verdict,
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

/// A network as the model knows it: family (4 or 6), first address, number of fixed bits.
#[derive(Debug, Clone, Copy)]
struct PlainNet {
    family: u8,
    first: u128,
    fixed: u32,
    /// An IPv4 network that is written as `::ffff:a.b.c.d/96+n`.
    mapped: bool,
}

/// A client's address as the model knows it.
#[derive(Debug, Clone, Copy)]
struct PlainAddress {
    family: u8,
    value: u128,
    /// An IPv4 address that arrives as `::ffff:a.b.c.d`.
    mapped: bool,
}

/// Everything that decides, in plain numbers and words. Instants are seconds from now.
#[derive(Debug, Clone)]
struct Case {
    revoked: Option<i64>,
    disabled: Option<i64>,
    expires: Option<i64>,
    environment: &'static str,
    asked: Option<&'static str>,
    held: Vec<&'static str>,
    needed: Vec<&'static str>,
    endpoint: Option<usize>,
    nets: Vec<PlainNet>,
    ip: Option<PlainAddress>,
}

fn width(family: u8) -> u32 {
    if family == 4 { 32 } else { 128 }
}

fn bit(value: u128, family: u8, place: u32) -> bool {
    value >> (width(family) - 1 - place) & 1 == 1
}

/// The scope that an endpoint needs, by the rule behind the map: reading is `GET`, the resource is
/// the first segment.
fn scope_of(pattern: &str) -> String {
    let (method, path) = pattern.split_once(' ').unwrap();
    let verb = if method == "GET" { "read" } else { "write" };
    format!("{verb}:{}", path.split('/').nth(1).unwrap())
}

/// The other judge: the failing rules and the missing scopes.
fn model(case: &Case) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut needed: BTreeSet<String> = case.needed.iter().map(|word| (*word).to_owned()).collect();
    needed.extend(case.endpoint.map(|i| scope_of(ENDPOINTS[i].pattern)));
    let held: BTreeSet<String> = case.held.iter().map(|word| (*word).to_owned()).collect();
    let missing: Vec<&str> = if held.contains("admin") {
        Vec::new()
    } else {
        CATALOGUE
            .into_iter()
            .filter(|word| needed.contains(*word) && !held.contains(*word))
            .collect()
    };
    let inside = |address: PlainAddress, net: &PlainNet| {
        let mut same = address.family == net.family;
        for place in 0..net.fixed {
            same = same
                && bit(address.value, address.family, place) == bit(net.first, net.family, place);
        }
        same
    };
    let mut broken = Vec::new();
    if case.revoked.unwrap_or(99) < 1 {
        broken.push("revoked");
    }
    if case.disabled.is_some() {
        broken.push("disabled");
    }
    if case.expires.unwrap_or(99) < 1 {
        broken.push("expired");
    }
    if ![None, Some(case.environment)].contains(&case.asked) {
        broken.push("wrong_environment");
    }
    match (case.nets.len(), case.ip) {
        (0, _) => {}
        (_, None) => broken.push("ip_unknown"),
        (_, Some(address)) => {
            if case.nets.iter().filter(|net| inside(address, net)).count() == 0 {
                broken.push("ip_not_allowed");
            }
        }
    }
    if !missing.is_empty() {
        broken.push("insufficient_scope");
    }
    (broken, missing)
}

fn to_address(family: u8, value: u128, mapped: bool) -> IpAddr {
    if family == 6 {
        return Ipv6Addr::from(value).into();
    }
    let v4 = Ipv4Addr::from(u32::try_from(value).unwrap());
    if mapped {
        v4.to_ipv6_mapped().into()
    } else {
        v4.into()
    }
}

fn to_net(net: &PlainNet) -> Net {
    let fixed = if net.mapped {
        net.fixed + 96
    } else {
        net.fixed
    };
    format!("{}/{fixed}", to_address(net.family, net.first, net.mapped))
        .parse()
        .unwrap()
}

fn to_key(case: &Case) -> Key {
    Key {
        environment: case.environment.parse().unwrap(),
        scopes: scopes(case.held.iter().copied()),
        allowlist: case.nets.iter().map(to_net).collect(),
        expires_at: case.expires.map(at),
        disabled_at: case.disabled.map(at),
        revocation: case.revoked.map(|seconds| Revocation {
            at: at(seconds),
            reason: None,
        }),
        ..key()
    }
}

fn to_request(case: &Case) -> Request {
    Request {
        scopes: scopes(case.needed.iter().copied()),
        endpoint: case.endpoint.map(|i| &ENDPOINTS[i]),
        ip: case
            .ip
            .map(|address| to_address(address.family, address.value, address.mapped)),
        environment: case.asked.map(|word| word.parse().unwrap()),
    }
}

/// No end, or one a second before, at or after now.
fn end() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![3 => Just(None), 3 => (-1_i64..=1).prop_map(Some)]
}

fn net() -> impl Strategy<Value = PlainNet> {
    let v4 = (any::<u32>(), 0_u32..=32, any::<bool>()).prop_map(|(value, fixed, mapped)| {
        let first = (0..32_u32)
            .filter(|place| *place < fixed)
            .fold(0, |sum, place| sum | value & (1 << (31 - place)));
        PlainNet {
            family: 4,
            first: u128::from(first),
            fixed,
            mapped,
        }
    });
    // Half of them begin as the mapped IPv4 addresses do, and do not hold them for all that.
    let v6 = (any::<u128>(), 0_u32..=128, any::<bool>()).prop_map(|(value, fixed, near)| {
        let (value, fixed) = if near {
            (0xffff_u128 << 32, fixed.min(95))
        } else {
            (value, fixed)
        };
        let first = (0..128_u32)
            .filter(|place| *place < fixed)
            .fold(0, |sum, place| sum | value & (1 << (127 - place)));
        PlainNet {
            family: 6,
            first,
            fixed,
            mapped: false,
        }
    });
    prop_oneof![v4, v6]
}

/// An address with this value, which is cut to the family. An IPv6 address that is a mapped one is
/// the IPv4 address.
fn address(family: u8, value: u128, mapped: bool) -> PlainAddress {
    if family == 4 {
        PlainAddress {
            family,
            value: value & u128::from(u32::MAX),
            mapped,
        }
    } else if value >> 32 == 0xffff {
        PlainAddress {
            family: 4,
            value: value & u128::from(u32::MAX),
            mapped: true,
        }
    } else {
        PlainAddress {
            family,
            value,
            mapped: false,
        }
    }
}

/// No address, any address, or one near a network: with its fixed bits and any others, and one of
/// its bits turned or not.
fn ip(nets: Vec<PlainNet>) -> impl Strategy<Value = Option<PlainAddress>> {
    let anywhere = (select(vec![4_u8, 6]), any::<u128>(), any::<bool>())
        .prop_map(|(family, value, mapped)| Some(address(family, value, mapped)));
    let near = (
        any::<prop::sample::Index>(),
        any::<u128>(),
        proptest::option::of(any::<prop::sample::Index>()),
        any::<bool>(),
    )
        .prop_map(move |(which, host, turned, mapped)| {
            let net = nets.get(which.index(nets.len().max(1)))?;
            let width = width(net.family);
            let host = (0..width)
                .filter(|place| *place >= net.fixed)
                .fold(0, |sum, place| sum | host & (1 << (width - 1 - place)));
            // Of the fixed bits the last is the one that is easily forgotten: half of the time it
            // is that one.
            let place = turned.filter(|_| net.fixed > 0).map(|place| {
                place
                    .index(2 * net.fixed as usize)
                    .min(net.fixed as usize - 1)
            });
            let turned = place.map_or(0, |place| 1_u128 << (width as usize - 1 - place));
            Some(address(net.family, (net.first | host) ^ turned, mapped))
        });
    prop_oneof![2 => Just(None), 1 => anywhere, 4 => near]
}

fn case() -> impl Strategy<Value = Case> {
    let state = (
        end(),
        prop_oneof![3 => Just(None), 1 => (-1_i64..=1).prop_map(Some)],
        end(),
    );
    let environments = (
        select(vec!["live", "test"]),
        select(vec![None, Some("live"), Some("test")]),
    );
    let wanted = (
        subsequence(CATALOGUE.to_vec(), 1..=9),
        subsequence(CATALOGUE.to_vec(), 0..=9),
        subsequence(CATALOGUE.to_vec(), 0..=1),
    );
    let endpoint = proptest::option::of(0..ENDPOINTS.len());
    let from = proptest::collection::vec(net(), 0..=3)
        .prop_flat_map(|nets| (Just(nets.clone()), ip(nets)));
    (state, environments, wanted, any::<bool>(), endpoint, from).prop_map(
        |(
            (revoked, disabled, expires),
            (environment, asked),
            (held, many, few),
            much,
            endpoint,
            (nets, ip),
        )| Case {
            revoked,
            disabled,
            expires,
            environment,
            asked,
            held,
            needed: if much { many } else { few },
            endpoint,
            nets,
            ip,
        },
    )
}

#[test]
fn two_judges_that_were_written_differently_agree_on_every_key_and_request() {
    let seen: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let mut runner = TestRunner::new(Config {
        cases: 8192,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&case(), |case| {
        let (broken, missing) = model(&case);
        let verdict = judged(&to_key(&case), &to_request(&case));
        prop_assert_eq!(reasons(&verdict), broken.clone());
        prop_assert_eq!(
            failures(&verdict)
                .map(|failures| failures.missing_scopes.words())
                .unwrap_or_default(),
            missing.clone()
        );
        let expected = match broken.first() {
            None => ("–", "allowed", 200, 0, String::new()),
            Some(first) => {
                let (reason, word, http, exit, message) =
                    CONTRACT.into_iter().find(|row| row.0 == *first).unwrap();
                let scope = if *first == "insufficient_scope" {
                    missing[0]
                } else {
                    ""
                };
                (reason, word, http, exit, format!("{message}{scope}"))
            }
        };
        prop_assert_eq!(row(&verdict), expected);
        *seen
            .borrow_mut()
            .entry(broken.first().copied().unwrap_or("allowed"))
            .or_default() += 1;
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    // The cases are worth something only if they reach every verdict: each some dozens of times.
    for word in CONTRACT.iter().skip(4).map(|row| row.0).chain(["allowed"]) {
        assert!(
            seen.borrow().get(word).is_some_and(|count| *count >= 20),
            "{word} is hardly ever reached: {:?}",
            seen.borrow()
        );
    }
}
