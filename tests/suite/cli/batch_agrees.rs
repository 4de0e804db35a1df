//! `check --batch` gives the same verdicts as `check`, in order.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::cli::batch::{UNKNOWN, answers, batch};
use crate::support::in_process::{Bench, DAY};

/// Keys of every kind, and what is none.
fn presented(bench: &Bench) -> Vec<String> {
    let good = bench.create("good", &[]).secret;
    let inside = bench
        .create(
            "inside",
            &["--allow-ip", "203.0.113.0/24", "--scope", "write:stock"],
        )
        .secret;
    let admin = bench
        .create("admin", &["--scope", "admin", "--env", "test"])
        .secret;
    let expired = bench
        .create("expired", &["--expires", "1d", "--allow-ip", "10.0.0.0/8"])
        .secret;
    let [disabled, revoked, ending] =
        ["disabled", "revoked", "ending"].map(|name| bench.create(name, &[]).secret);
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "revoked", "--yes"]);
    bench.ok(&["revoke", "ending", "--in", "7d"]);
    bench.later(2 * DAY);
    let mistyped =
        format!("{}!", &good[..61]).replace('!', if good.ends_with('0') { "1" } else { "0" });
    let others = [
        UNKNOWN,
        "zenflow_live_short",
        "hello",
        "",
        " \t",
        "two\nlines",
        "é",
    ]
    .map(str::to_owned);
    [
        good.clone(),
        format!("{good}\r\n"),
        format!(" {good}"),
        inside,
        admin,
        expired,
        disabled,
        revoked,
        ending,
        mistyped,
    ]
    .into_iter()
    .chain(others)
    .collect()
}

/// What can be asked: the options of a single check, and the fields of a line.
#[derive(Debug, Clone, Default)]
struct Query {
    scopes: Vec<&'static str>,
    request: Option<&'static str>,
    ip: Option<&'static str>,
    env: Option<&'static str>,
    at: Option<&'static str>,
}

impl Query {
    fn strategy() -> impl Strategy<Value = Query> {
        let scopes = subsequence(vec!["read:orders", "write:stock", "admin"], 0..=2);
        let request = select(vec![
            None,
            None,
            Some("GET /orders/17?x=1"),
            Some("POST https://api.zenflow.com.ar/api/v1/products/bulk/"),
        ]);
        let ip = select(vec![
            None,
            Some("203.0.113.9"),
            Some("::ffff:203.0.113.9"),
            Some("10.1.1.1"),
            Some("::1"),
        ]);
        let env = select(vec![None, Some("live"), Some("test")]);
        let at = select(vec![
            None,
            None,
            Some("6d"),
            Some("2026-01-01"),
            Some("2026-01-08T00:00:00Z"),
        ]);
        (scopes, request, ip, env, at).prop_map(|(scopes, request, ip, env, at)| Query {
            scopes,
            request,
            ip,
            env,
            at,
        })
    }

    fn options(&self) -> Vec<&'static str> {
        let mut options = Vec::new();
        for scope in &self.scopes {
            options.extend(["--scope", scope]);
        }
        for (option, value) in [
            ("--request", self.request),
            ("--ip", self.ip),
            ("--env", self.env),
            ("--at", self.at),
        ] {
            options.extend(value.map(|value| [option, value]).into_iter().flatten());
        }
        options
    }

    fn fields(&self, key: &str) -> Value {
        let mut fields = json!({ "key": key });
        match self.scopes.as_slice() {
            [] => {}
            [one] => fields["scope"] = json!(one),
            several => fields["scope"] = json!(several),
        }
        for (field, value) in [
            ("request", self.request),
            ("ip", self.ip),
            ("env", self.env),
            ("at", self.at),
        ] {
            if let Some(value) = value {
                fields[field] = json!(value);
            }
        }
        fields
    }

    /// What holds where `self` says nothing.
    fn or(&self, defaults: &Query) -> Query {
        Query {
            scopes: if self.scopes.is_empty() {
                defaults.scopes.clone()
            } else {
                self.scopes.clone()
            },
            request: self.request.or(defaults.request),
            ip: self.ip.or(defaults.ip),
            env: self.env.or(defaults.env),
            at: self.at.or(defaults.at),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_says_of_each_key_what_a_single_check_says(
        defaults in Query::strategy(),
        asked in proptest::collection::vec((any::<prop::sample::Index>(), Query::strategy()), 1..30),
    ) {
        let bench = Bench::new();
        let keys = presented(&bench);
        let asked: Vec<_> = asked.iter().map(|(key, asked)| (key.get(&keys).as_str(), asked)).collect();
        let lines: Vec<_> = asked.iter().map(|(key, asked)| asked.fields(key).to_string()).collect();
        let outcome = batch(&bench, &defaults.options(), &lines);
        prop_assert_eq!(outcome.status, 0, "{:?}", outcome);
        let answers = answers(&outcome);
        prop_assert_eq!(answers.len(), lines.len());
        for ((key, asked), answer) in asked.iter().zip(answers) {
            let single = bench.check(key, &[&asked.or(&defaults).options()[..], &["--json"]].concat()).json();
            let expected = json!({
                "ref": null, "allowed": single["allowed"], "verdict": single["verdict"], "reason": single["reason"],
                "key_id": single["key"]["id"], "message": single["response"]["body"]["error"]["message"],
            });
            prop_assert_eq!(answer, expected, "{} {:?}", key, asked);
        }
    }
}
