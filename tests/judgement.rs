//! The verdict, held against a model that is written in another way: strings, bits and plain integers.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::net::IpAddr;

use proptest::prelude::*;
use zenflow_keys::domain::verdict::judge;
use zenflow_keys::domain::{Environment, Key, KeyId, Presented, Request, Revocation, Scope, ScopeSet, Timestamp, Verdict};

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "zenflow_live_k3m9x2q7vd_0123456789ABCDEFGHIJKLMNOPQRSTUV0t88JO";

fn at(offset: i64) -> Timestamp {
    Timestamp::from_unix(NOW + offset).unwrap()
}

fn key() -> Key {
    Key {
        id: "k3m9x2q7vd".parse::<KeyId>().unwrap(),
        name: "ERP".parse().unwrap(),
        environment: Environment::Live,
        scopes: "read:orders".parse().unwrap(),
        allowlist: "".parse().unwrap(),
        owner: None,
        note: None,
        created_at: at(-1000),
        expires_at: None,
        disabled_at: None,
        revocation: None,
        rotated_from: None,
        rotated_to: None,
        last_use: None,
    }
}

fn revoked(offset: i64) -> Option<Revocation> {
    Some(Revocation { at: at(offset), reason: None })
}

/// `reason verdict http exit message`, or `allowed`.
fn told(verdict: &Verdict) -> String {
    let Verdict::Refused(failures) = verdict else { return format!("allowed {}", verdict.exit()) };
    let refusal = failures.first.refusal();
    format!("{} {} {} {} {}", failures.first.word(), verdict.word(), refusal.http(), verdict.exit(), failures.message())
}

#[test]
fn every_row_of_the_contract() {
    let invalid = "The API key provided is invalid or has been revoked";
    let no_record = |text: &str| told(&judge(&Presented::from_bytes(text.as_bytes()), None, &Request::default(), at(0)));
    assert_eq!(no_record(" \n"), "missing missing_api_key 401 10 API key is required");
    assert_eq!(no_record("x"), format!("malformed invalid_api_key 401 11 {invalid}"));
    assert_eq!(no_record("zenflow_live_x"), format!("malformed invalid_api_key 401 11 {invalid}"));
    assert_eq!(no_record(&SECRET.replace('V', "W")), format!("bad_checksum invalid_api_key 401 11 {invalid}"));
    assert_eq!(no_record(SECRET), format!("unknown invalid_api_key 401 11 {invalid}"));

    let presented = Presented::from_bytes(SECRET.as_bytes());
    let recorded = |key: Key, request: Request| told(&judge(&presented, Some(&key), &request, at(0)));
    let nothing = Request::default();
    let ip = |text: &str| Request { ip: text.parse().ok(), ..nothing };
    let only_ten = Key { allowlist: "10.0.0.0/8".parse().unwrap(), ..key() };
    let writes: ScopeSet = [Scope::WriteStock, Scope::WriteOrders].into_iter().collect();
    assert_eq!(recorded(key(), nothing), "allowed 0");
    assert_eq!(recorded(Key { revocation: revoked(0), ..key() }, nothing), "revoked revoked_api_key 401 12 API key was revoked");
    assert_eq!(recorded(Key { revocation: revoked(1), ..key() }, nothing), "allowed 0");
    assert_eq!(recorded(Key { disabled_at: Some(at(-9)), ..key() }, nothing), format!("disabled invalid_api_key 401 11 {invalid}"));
    assert_eq!(recorded(Key { expires_at: Some(at(0)), ..key() }, nothing), "expired expired_api_key 401 13 API key has expired");
    assert_eq!(recorded(Key { expires_at: Some(at(1)), ..key() }, nothing), "allowed 0");
    let elsewhere = Request { environment: Some(Environment::Test), ..nothing };
    assert_eq!(recorded(key(), elsewhere), format!("wrong_environment invalid_api_key 401 11 {invalid}"));
    assert_eq!(recorded(only_ten.clone(), ip("11.0.0.1")), "ip_not_allowed ip_not_allowed 403 21 IP not in whitelist");
    assert_eq!(recorded(only_ten.clone(), nothing), "ip_unknown ip_not_allowed 403 21 IP not in whitelist");
    assert_eq!(recorded(only_ten, ip("::ffff:10.1.2.3")), "allowed 0");
    assert_eq!(
        recorded(key(), Request { scopes: writes, ..nothing }),
        "insufficient_scope insufficient_scope 403 20 This API key does not have the required scope: write:orders"
    );
    let admin = Key { scopes: "admin".parse().unwrap(), ..key() };
    assert_eq!(recorded(admin, Request { scopes: Scope::ALL.into_iter().collect(), ..nothing }), "allowed 0");
}

/// A case in plain numbers and words.
#[derive(Debug, Clone)]
struct Case {
    revoked_in: Option<i64>,
    disabled: bool,
    expires_in: Option<i64>,
    is_test: bool,
    asks_for_test: Option<bool>,
    held: Vec<&'static str>,
    needed: Vec<&'static str>,
    request: Option<&'static str>,
    nets: Vec<(u32, u32)>,
    ip: Option<u32>,
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(Scope::ALL.map(Scope::word).to_vec(), 0..=9)
}

fn cases() -> impl Strategy<Value = Case> {
    let second = || proptest::option::of(-1..=1_i64);
    let state = (second(), any::<bool>(), second());
    let environments = (any::<bool>(), proptest::option::of(any::<bool>()));
    let held = words().prop_filter("a key has a scope", |held| !held.is_empty());
    let request = proptest::option::of(proptest::sample::select(vec!["POST /orders", "GET /stock", "GET /webhooks"]));
    // Few bits, so that addresses and networks meet.
    let address = (0..16_u32).prop_map(|high| high << 28 | 5);
    let nets = proptest::collection::vec((0..16_u32, 0..=4_u32), 0..3);
    (state, environments, held, words(), request, nets, proptest::option::of(address)).prop_map(
        |(state, environments, held, needed, request, nets, ip)| Case {
            revoked_in: state.0,
            disabled: state.1,
            expires_in: state.2,
            is_test: environments.0,
            asks_for_test: environments.1,
            held,
            needed: if needed.len() > 2 { needed[..2].to_vec() } else { needed },
            request,
            nets: nets.into_iter().map(|(high, length)| ((high << 28) & mask(length), length)).collect(),
            ip,
        },
    )
}

fn mask(length: u32) -> u32 {
    (0..length).fold(0, |mask, bit| mask | 1 << (31 - bit))
}

/// What must come out, by the contract's table.
fn model(case: &Case) -> Vec<&'static str> {
    let mut failures = Vec::new();
    if matches!(case.revoked_in, Some(-1 | 0)) {
        failures.push("revoked");
    }
    if case.disabled {
        failures.push("disabled");
    }
    if matches!(case.expires_in, Some(-1 | 0)) {
        failures.push("expired");
    }
    if case.asks_for_test == Some(!case.is_test) {
        failures.push("wrong_environment");
    }
    match case.ip {
        _ if case.nets.is_empty() => {}
        None => failures.push("ip_unknown"),
        Some(ip) => {
            let within = |(net, length): &(u32, u32)| (0..*length).all(|bit| ip >> (31 - bit) & 1 == net >> (31 - bit) & 1);
            if !case.nets.iter().any(within) {
                failures.push("ip_not_allowed");
            }
        }
    }
    let by_request = match case.request {
        Some("POST /orders") => Some("write:orders"),
        Some("GET /stock") => Some("read:stock"),
        Some(_) => Some("read:webhooks"),
        None => None,
    };
    let needed = case.needed.iter().copied().chain(by_request);
    if !case.held.contains(&"admin") && needed.into_iter().any(|scope| !case.held.contains(&scope)) {
        failures.push("insufficient_scope");
    }
    failures
}

fn judged(case: &Case) -> Vec<&'static str> {
    let environment = |is_test: bool| if is_test { Environment::Test } else { Environment::Live };
    let ipv4 = |bits: u32| IpAddr::from(bits.to_be_bytes());
    let record = Key {
        environment: environment(case.is_test),
        scopes: case.held.iter().map(|word| word.parse::<Scope>().unwrap()).collect(),
        allowlist: case.nets.iter().map(|(net, length)| format!("{}/{length}", ipv4(*net)).parse().unwrap()).collect(),
        expires_at: case.expires_in.map(at),
        disabled_at: case.disabled.then(|| at(-50)),
        revocation: case.revoked_in.and_then(revoked),
        ..key()
    };
    let request = Request {
        scopes: case.needed.iter().map(|word| word.parse::<Scope>().unwrap()).collect(),
        endpoint: case.request.map(|request| request.parse().unwrap()),
        ip: case.ip.map(ipv4),
        environment: case.asks_for_test.map(environment),
    };
    match judge(&Presented::from_bytes(SECRET.as_bytes()), Some(&record), &request, at(0)) {
        Verdict::Allowed => Vec::new(),
        Verdict::Refused(failures) => {
            assert_eq!(failures.all.first(), Some(&failures.first));
            failures.all.iter().map(|reason| reason.word()).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_the_models(case in cases()) {
        prop_assert_eq!(judged(&case), model(&case));
    }
}
