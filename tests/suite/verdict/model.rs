//! `judge` agrees with a second judge, which was written differently.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use zenflow_keys::domain::endpoint::ENDPOINTS;
use zenflow_keys::domain::{Key, Net, Request, Revocation};

use super::{CATALOGUE, CONTRACT, at, failures, judged, key, reasons, row, scopes};

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
