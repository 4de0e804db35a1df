//! The ways to ask, and what a client could forge.

use crate::serve::bench::{Served, config, nginx, with_key};
use crate::support::in_process::{Bench, Made};

const ORDERS: &str = "GET /api/v1/orders";

struct Keys {
    reader: Made,
    admin: Made,
    inside: Made,
}

/// Keys that tell what was understood: one may read orders, one everything, and one only comes from
/// a network.
fn keys(bench: &Bench) -> Keys {
    Keys {
        reader: bench.create("reader", &[]),
        admin: bench.create("admin", &["--scope", "admin"]),
        inside: bench.create("inside", &["--allow-ip", "203.0.113.0/24"]),
    }
}

#[test]
fn each_gateway_asks_in_its_own_way() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let key = ("X-API-Key", key.secret.as_str());
    let asked = |method: &str, path: &str, headers: &[(&str, &str)]| {
        served.ask(method, path, headers).status
    };
    let forward = |method, uri| {
        [
            ("X-Forwarded-Method", method),
            ("X-Forwarded-Uri", uri),
            key,
        ]
    };
    let original = |method, uri| [("X-Original-Method", method), ("X-Original-URI", uri), key];
    for (method, uri, status) in [
        ("GET", "/api/v1/orders", 200),
        ("HEAD", "/api/v1/orders?page=2", 200),
        ("POST", "/api/v1/orders", 403),
        ("GET", "/api/v1/stock", 403),
        ("GET", "/api/v1/nowhere", 403),
        ("get", "/api/v1/orders", 403),
    ] {
        // Whatever method the gateway's own request has.
        for own in ["GET", "POST", "OPTIONS", "BREW"] {
            assert_eq!(
                asked(own, "/auth/nginx", &original(method, uri)),
                status,
                "{method} {uri}"
            );
            assert_eq!(
                asked(own, "/auth/forward", &forward(method, uri)),
                status,
                "{method} {uri}"
            );
        }
        let path = format!("/auth/envoy{uri}");
        assert_eq!(asked(method, &path, &[key]), status, "{method} {path}");
    }
    assert_eq!(asked("GET", "/auth/envoy", &[key]), 403);
    assert_eq!(
        asked("GET", "/auth/nginx?a=b", &original("GET", "/api/v1/orders")),
        200
    );
}

#[test]
fn what_is_not_clearly_an_endpoint_needs_admin() {
    let bench = Bench::new();
    let keys = keys(&bench);
    let served = Served::start(bench);
    for uri in [
        "/api/v1/orders/..",
        "/api/v1/orders/%2e%2E",
        "/api/v1//orders",
        "/api/v1/orders/1%2f2",
        "/api/v1/orders/1;x",
        "/api/v1/orders/1#x",
        "/api/v1/orders/",
        "/orders",
        "",
        "/api/v1/orders/\u{e9}",
        "http://api.zenflow.com.ar/api/v1/orders",
    ] {
        let request = format!("GET {uri}");
        let refused = served.nginx(&request, Some(&keys.reader.secret), &[]);
        assert_eq!(
            (refused.status, refused.reason()),
            (403, "insufficient_scope"),
            "{uri}"
        );
        assert_eq!(
            refused.json()["error"]["message"],
            "This API key does not have the required scope: admin"
        );
        let allowed = served.nginx(&request, Some(&keys.admin.secret), &[]);
        assert_eq!(allowed.status, 200, "{uri}");
    }
}

#[test]
fn the_base_path_must_be_there() {
    let (bench, key) = with_key();
    let mut config = config();
    config.auth.base_path = "/shop/api".parse().unwrap();
    let served = Served::with(bench, config);
    for (uri, status) in [
        ("/shop/api/orders", 200),
        ("/api/v1/orders", 403),
        ("/orders", 403),
        ("/shop/apiorders", 403),
    ] {
        let request = format!("GET {uri}");
        assert_eq!(
            served.nginx(&request, Some(&key.secret), &[]).status,
            status,
            "{uri}"
        );
    }
}

#[test]
fn two_keys_are_none() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let key = ("X-API-Key", key.secret.as_str());
    for (first, second) in [
        (key, key),
        (("x-api-key", ""), key),
        (key, ("X-Api-Key", "")),
    ] {
        let refused = served.nginx(ORDERS, None, &[first, second]);
        assert_eq!((refused.status, refused.reason()), (401, "malformed"));
    }
    for spelt in ["X_API_Key", "X-API-Keys", "API-Key", "Authorization"] {
        let refused = served.nginx(ORDERS, None, &[(spelt, key.1)]);
        assert_eq!(
            (refused.status, refused.reason()),
            (401, "missing"),
            "{spelt}"
        );
    }
}

#[test]
fn a_misconfigured_gateway_lets_nobody_in_and_is_seen_at_once() {
    let (bench, key) = with_key();
    let mut served = Served::start(bench);
    let key = ("X-API-Key", key.secret.as_str());
    let method = ("X-Original-Method", "GET");
    let uri = ("X-Original-URI", "/api/v1/orders");
    let forward = [
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Uri", "/api/v1/orders"),
    ];
    let real = ("X-Real-IP", "203.0.113.7");
    for (path, headers, named) in [
        ("/auth/nginx", vec![], "X-Original-Method"),
        ("/auth/nginx", vec![uri], "X-Original-Method"),
        ("/auth/nginx", vec![method], "X-Original-URI"),
        (
            "/auth/nginx",
            vec![method, method, uri],
            "X-Original-Method",
        ),
        ("/auth/nginx", vec![method, uri, uri], "X-Original-URI"),
        ("/auth/nginx", vec![method, uri, real, real], "X-Real-IP"),
        ("/auth/nginx", forward.to_vec(), "X-Original-Method"),
        ("/auth/forward", vec![method, uri], "X-Forwarded-Method"),
        ("/auth/forward", vec![forward[0]], "X-Forwarded-Uri"),
        (
            "/auth/forward",
            [forward, forward].concat(),
            "X-Forwarded-Method",
        ),
        (
            "/auth/envoy/api/v1/orders",
            vec![("X-Forwarded-For", "a"); 2],
            "x-forwarded-for",
        ),
        ("/auth/nginx/scope/read:orders", vec![], "X-Original-Method"),
        (
            "/auth/nginx/scope/read:orders",
            vec![method],
            "X-Original-URI",
        ),
        (
            "/auth/nginx/scope/read:everything",
            vec![method, uri],
            "read:everything",
        ),
        ("/auth/nginx/scope/", vec![method, uri], "unknown scope"),
        (
            "/auth/nginx/scope/read:orders,",
            vec![method, uri],
            "unknown scope",
        ),
        ("/auth/forward/scope/Admin", forward.to_vec(), "Admin"),
    ] {
        let headers = [&headers[..], &[key]].concat();
        let response = served.ask("GET", path, &headers);
        assert_eq!(response.status, 500, "{path} {headers:?}: {response:?}");
        assert_eq!(response.code(), "gateway_misconfigured");
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(
            response.header("x-zenflow-error"),
            Some(response.body.as_str())
        );
        let message = response.json()["error"]["message"].to_string();
        assert!(message.contains(named), "{message} names {named}");
    }
    let event = served.event("Trouble");
    assert!(
        event.contains("Gateway") && event.contains("X-Original-Method"),
        "{event}"
    );
}

#[test]
fn the_gateways_configuration_may_ask_for_scopes() {
    let bench = Bench::new();
    let key = bench.create("key", &["--scope", "write:stock"]);
    let served = Served::start(bench);
    for (words, status) in [
        ("read:orders", 200),
        ("read:orders,write:stock", 200),
        ("read:products", 403),
        ("read:orders,read:products", 403),
        ("admin", 403),
    ] {
        let path = format!("/auth/nginx/scope/{words}");
        let headers = nginx("GET /anywhere/../at;all", Some(&key.secret), &[]);
        assert_eq!(served.ask("GET", &path, &headers).status, status, "{words}");
    }
    // A client's path is no configuration.
    let envoy = served.ask(
        "GET",
        "/auth/envoy/scope/read:orders",
        &[("X-API-Key", &key.secret)],
    );
    assert_eq!(envoy.reason(), "insufficient_scope");
}

#[test]
fn only_the_gateways_own_word_on_the_address_counts() {
    let bench = Bench::new();
    let Keys { inside, .. } = keys(&bench);
    let mut config = config();
    config.auth.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let served = Served::with(bench, config);
    let key = ("X-API-Key", inside.secret.as_str());
    let (good, bad) = ("203.0.113.7", "198.51.100.1");
    let nginx = |headers: &[(&str, &str)]| {
        served
            .nginx(ORDERS, Some(&inside.secret), headers)
            .reason()
            .to_owned()
    };
    for (value, reason) in [
        (good, ""),
        ("::ffff:203.0.113.7", ""),
        (bad, "ip_not_allowed"),
        ("10.1.2.3", "ip_not_allowed"),
        ("", "ip_unknown"),
        ("unknown", "ip_unknown"),
        ("203.0.113.7, 203.0.113.8", "ip_unknown"),
        ("203.0.113.7:443", "ip_unknown"),
    ] {
        assert_eq!(nginx(&[("X-Real-IP", value)]), reason, "{value}");
    }
    assert_eq!(nginx(&[]), "ip_unknown");
    // What a client can send beside it decides nothing.
    for forged in [
        "X-Forwarded-For",
        "X-Client-IP",
        "Forwarded",
        "True-Client-IP",
        "X-Real-Ip2",
    ] {
        assert_eq!(nginx(&[(forged, good)]), "ip_unknown", "{forged}");
        assert_eq!(
            nginx(&[("X-Real-IP", bad), (forged, good)]),
            "ip_not_allowed",
            "{forged}"
        );
    }
    for (list, reason) in [
        (good, ""),
        ("198.51.100.1, 203.0.113.7", ""),
        ("203.0.113.7, 198.51.100.1", "ip_not_allowed"),
        ("203.0.113.7, 10.0.0.9", ""),
        ("203.0.113.7,10.0.0.9 , 10.255.0.1", ""),
        ("203.0.113.7, 198.51.100.1, 10.0.0.9", "ip_not_allowed"),
        ("10.0.0.9, 10.0.0.8", "ip_unknown"),
        ("203.0.113.7, nonsense", "ip_unknown"),
        ("203.0.113.7, nonsense, 10.0.0.9", "ip_unknown"),
        ("203.0.113.7,", "ip_unknown"),
        ("", "ip_unknown"),
    ] {
        let forward = served.ask(
            "GET",
            "/auth/forward",
            &[
                key,
                ("X-Forwarded-Method", "GET"),
                ("X-Forwarded-Uri", "/api/v1/orders"),
                ("X-Forwarded-For", list),
                ("X-Real-IP", good),
            ],
        );
        assert_eq!(forward.reason(), reason, "{list}");
        let headers = [
            key,
            ("X-Forwarded-For", list),
            ("X-Original-URI", "/api/v1/stock"),
        ];
        let envoy = served.ask("GET", "/auth/envoy/api/v1/orders", &headers);
        assert_eq!(envoy.reason(), reason, "{list}");
    }
}

#[test]
fn another_header_with_the_address_can_be_named() {
    let bench = Bench::new();
    let Keys { inside, .. } = keys(&bench);
    let mut config = config();
    config.auth.client_ip_from = Some("cf-connecting-ip".parse().unwrap());
    let served = Served::with(bench, config);
    let nginx = |headers: &[(&str, &str)]| {
        let response = served.nginx(ORDERS, Some(&inside.secret), headers);
        (response.status, response.reason().to_owned())
    };
    let named = ("CF-Connecting-IP", "203.0.113.7");
    assert_eq!(
        nginx(&[named, ("X-Real-IP", "198.51.100.1")]),
        (200, String::new())
    );
    assert_eq!(
        nginx(&[("X-Real-IP", "203.0.113.7")]),
        (403, "ip_unknown".into())
    );
    assert_eq!(nginx(&[named, named]).0, 500);
}

#[test]
fn headers_of_one_gateway_mean_nothing_to_another() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    // A client sends what other gateways would send: the path that is judged stays the same.
    let forged = [
        ("X-Original-URL", "/api/v1/orders"),
        ("X-Forwarded-Uri", "/api/v1/orders"),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Path", "/api/v1/orders"),
        ("X-Rewrite-URL", "/api/v1/orders"),
        ("X-HTTP-Method-Override", "GET"),
        ("X-Envoy-Original-Path", "/api/v1/orders"),
        ("X-ZenFlow-Scopes", "admin"),
        ("X-ZenFlow-Key-Id", "aaaaaaaaaa"),
    ];
    let refused = served.nginx("POST /api/v1/stock/bulk", Some(&key.secret), &forged);
    assert_eq!(
        (refused.status, refused.reason()),
        (403, "insufficient_scope")
    );
    assert_eq!(refused.header("x-zenflow-key-id"), Some(key.id.as_str()));
    assert_eq!(refused.header("x-zenflow-scopes"), Some("read:orders"));
}

/// What Traefik's documentation says of ForwardAuth: the client's headers, and five of its own.
#[test]
fn traefik_asks_as_it_documents() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let ask = |method, uri| {
        served.ask(
            "GET",
            "/auth/forward",
            &[
                ("User-Agent", "curl/8"),
                ("Accept-Encoding", "gzip"),
                ("X-Api-Key", &key.secret),
                ("X-Forwarded-For", "203.0.113.7"),
                ("X-Forwarded-Host", "api.example.com"),
                ("X-Forwarded-Method", method),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Uri", uri),
            ],
        )
    };
    assert_eq!(ask("GET", "/api/v1/orders/17?page=2").status, 200);
    let refused = ask("POST", "/api/v1/orders");
    assert_eq!(
        (refused.status, refused.code()),
        (403, "insufficient_scope".into())
    );
}

/// What Envoy's documentation says of `ext_authz` over HTTP: the original method, the original path
/// behind the prefix, no body, and the headers that are allowed.
#[test]
fn envoy_asks_as_it_documents() {
    let (bench, key) = with_key();
    let served = Served::start(bench);
    let ask = |method, path: &str| {
        served.ask(
            method,
            &format!("/auth/envoy{path}"),
            &[
                ("content-length", "0"),
                ("x-envoy-internal", "true"),
                ("x-envoy-expected-rq-timeout-ms", "2000"),
                ("x-forwarded-for", "203.0.113.7"),
                ("x-api-key", &key.secret),
            ],
        )
    };
    for method in ["GET", "HEAD"] {
        let allowed = ask(method, "/api/v1/orders/17?page=2");
        assert_eq!(allowed.status, 200, "{method}");
        assert_eq!(allowed.header("x-zenflow-key-id"), Some(key.id.as_str()));
    }
    for (method, path) in [
        ("POST", "/api/v1/orders"),
        ("PUT", "/api/v1/stock/product/3"),
        ("DELETE", "/api/v1/products/9"),
        ("GET", "/api/v1/orders/../stock"),
        ("GET", "/api/v1/orders/%2e%2e/stock"),
        ("GET", "/auth/envoy/api/v1/orders"),
        ("GET", "/health/live"),
        ("GET", "/"),
    ] {
        let refused = ask(method, path);
        assert_eq!(
            (refused.status, refused.reason()),
            (403, "insufficient_scope"),
            "{method} {path}"
        );
    }
}
