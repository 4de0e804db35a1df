//! What a script learns from the exit status, and that nothing ever waits for an answer.

use crate::support::process::{Bench, feed, id};

#[test]
fn the_exit_status_tells_what_happened() {
    let bench = Bench::new();
    bench.run(&["scopes"]).exits(0);
    bench.run(&["--help"]).exits(0);
    bench.run(&["--version"]).exits(0);
    bench.run(&[]).exits(2);
    bench.run(&["nonsense"]).exits(2);
    bench.run(&["list"]).exits(6);
    bench.create("shop");
    bench.run(&["list"]).exits(0);
    bench.run(&["show", "nobody"]).exits(3);
    bench
        .run(&["create", "Shop", "--preset", "read-only"])
        .exits(4);
    bench
        .run(&[
            "create",
            "other",
            "--preset",
            "read-only",
            "--out",
            "no/such/directory",
        ])
        .exits(1);
    bench.run(&["log", "--verify"]).exits(0);
    bench
        .run(&[
            "log",
            "--verify",
            "--expect",
            &format!("1:{}", "0".repeat(64)),
        ])
        .exits(7);
}

#[test]
fn a_check_tells_the_reason_by_its_exit_status() {
    let (bench, key) = Bench::with_key("shop");
    let check = |key: &str, more: &[&str]| {
        bench
            .feed(&[&["check"], more].concat(), key.as_bytes())
            .status
    };
    assert_eq!(check(&key, &["--scope", "read:orders"]), 0);
    assert_eq!(check(&key, &["--scope", "admin"]), 20);
    assert_eq!(check(&key, &["--env", "test"]), 11);
    bench
        .run(&["allowlist", "add", "shop", "192.0.2.0/24"])
        .exits(0);
    assert_eq!(check(&key, &["--ip", "198.51.100.1"]), 21);
    bench.run(&["update", "shop", "--expires", "1d"]).exits(0);
    assert_eq!(check(&key, &["--at", "2999-01-01"]), 13);
    bench.run(&["revoke", "shop", "--yes"]).exits(0);
    assert_eq!(check(&key, &[]), 12);
}

#[test]
fn whatever_is_on_standard_input_is_judged_and_no_failure() {
    let bench = Bench::new();
    let key = bench.create("shop");
    let check = |input: &[u8]| bench.feed(&["check", "--json"], input);
    for blank in [&b""[..], b"\n", b" \t ", b"\r\n"] {
        assert_eq!(check(blank).exits(10).json()["reason"], "missing");
    }
    let huge = vec![b'a'; 10 << 20];
    let lines = "a\n".repeat(5 << 20).into_bytes();
    let zeroes = vec![0; 10 << 20];
    let bytes: Vec<u8> = (0..=255).collect();
    let latin1 = b"zenflow_live_k3m9x2q7vd_\xe9\xe8";
    for wrong in [
        &huge[..],
        &lines,
        &zeroes,
        &bytes,
        latin1,
        b"\xff\xfe",
        &[key.as_bytes(), b"\0"].concat(),
    ] {
        let outcome = check(wrong).exits(11);
        assert_eq!(outcome.json()["verdict"], "invalid_api_key");
        assert_eq!(outcome.stderr, "");
    }
    assert_eq!(check(format!("{key}\r\n").as_bytes()).status, 0);
    assert_eq!(
        feed(bench.shell("exec \"$@\" <&-", &["check", "--json"]), b"")
            .exits(10)
            .json()["reason"],
        "missing"
    );
}

#[test]
fn without_a_terminal_nothing_is_asked_even_if_an_answer_is_there() {
    let (bench, key) = Bench::with_key("shop");
    bench
        .run(&["allowlist", "add", "shop", "192.0.2.1"])
        .exits(0);
    let before = bench.actions();
    for args in [
        &["revoke", "shop"][..],
        &["rotate", "shop", "--overlap", "0"],
        &["allowlist", "clear", "shop"],
        &["allowlist", "remove", "shop", "192.0.2.1"],
        &["allowlist", "add", "shop", "0.0.0.0/0"],
    ] {
        for answer in [&b""[..], b"y\ny\nyes\n"] {
            let outcome = bench.feed(args, answer).exits(5);
            assert!(outcome.stderr.contains("--yes"), "{outcome:?}");
            assert_eq!(outcome.stdout, "");
        }
    }
    bench.feed(&["revoke", "-"], key.as_bytes()).exits(5);
    assert_eq!(bench.actions(), before);
}

#[test]
fn without_a_terminal_a_missing_argument_is_wrong_usage() {
    let bench = Bench::new();
    for args in [
        &["create"][..],
        &["create", "shop"],
        &["show"],
        &["revoke"],
        &["rotate"],
        &["allowlist", "add"],
    ] {
        bench.feed(args, b"shop\n\n\ny\n").exits(2);
    }
    assert!(bench.files().is_empty());
}

#[test]
fn a_leaked_key_is_revoked_from_standard_input() {
    let (bench, key) = Bench::with_key("shop");
    bench
        .feed(&["revoke", "-", "--yes"], key.as_bytes())
        .exits(0);
    assert_eq!(
        bench.run(&["show", id(&key), "--json"]).exits(0).json()["key"]["status"],
        "revoked"
    );
}
