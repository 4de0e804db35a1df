//! `--revoke`: the end of the keys that were found.

use crate::scan::place::stranger;
use crate::support::in_process::{Answer, Bench};

fn reason(bench: &Bench, id: &str) -> String {
    bench.key(id)["revocation_reason"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn usable_keys_are_revoked_in_one_change_with_one_event_each() {
    let bench = Bench::new();
    let keys = ["one", "two"].map(|name| bench.create(name, &[]));
    let test = bench.create("test", &["--env", "test"]);
    let old = bench.create("old", &[]);
    bench.ok(&["disable", &keys[1].id]);
    bench.ok(&["revoke", &old.id, "--yes", "--reason", "earlier"]);
    let events = bench.actions().len();
    let text = format!(
        "{}\n{}\n{} {}\n{}",
        keys[0].secret,
        keys[1].secret,
        test.secret,
        old.secret,
        stranger()
    );
    let outcome = bench.run_with_stdin(&["scan", "-", "--revoke", "--yes"], &text);
    assert_eq!(outcome.status, 7, "{outcome:?}");
    for key in [&keys[0], &keys[1], &test] {
        assert_eq!(bench.key(&key.id)["status"], "revoked");
        assert_eq!(reason(&bench, &key.id), "leaked: standard input");
    }
    assert_eq!(reason(&bench, &old.id), "earlier");
    assert_eq!(
        bench.actions()[..bench.actions().len() - events],
        ["revoke"; 3]
    );
    let again = bench.run_with_stdin(&["scan", "-", "--revoke"], &text);
    assert!(
        again.stderr.contains("No usable key was found"),
        "{again:?}"
    );
    // The stranger is still a finding.
    assert_eq!(again.status, 7);
}

#[test]
fn it_asks_first_and_a_refusal_changes_nothing() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let before = bench.bytes();
    let outcome = bench.run_with_stdin(&["scan", "-", "--revoke"], &key.secret);
    assert_eq!(outcome.status, 5, "{outcome:?}");
    assert!(
        outcome.stdout.contains("ERP"),
        "the report comes first: {outcome:?}"
    );
    let json = bench.run_with_stdin(&["scan", "-", "--revoke", "--json"], &key.secret);
    assert_eq!((json.status, json.stdout.as_str()), (5, ""), "{json:?}");
    bench.answers([Answer::No]);
    assert_eq!(
        bench
            .run_with_stdin(&["scan", "-", "--revoke"], &key.secret)
            .status,
        5
    );
    assert!(bench.said()[0].contains("Revoke 'ERP'"));
    assert!(bench.bytes() == before);
    bench.answers([Answer::Yes]);
    assert_eq!(
        bench
            .run_with_stdin(&["scan", "-", "--revoke"], &key.secret)
            .status,
        7
    );
    assert_eq!(bench.key(&key.id)["status"], "revoked");
}

#[test]
fn the_exit_status_is_that_of_the_findings() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let outcome = bench.run_with_stdin(
        &[
            "scan",
            "-",
            "--revoke",
            "--yes",
            "--fail-on",
            "never",
            "--json",
        ],
        &key.secret,
    );
    assert_eq!(outcome.status, 0);
    // The document tells what was found, before anything was done about it.
    assert_eq!(outcome.json()["findings"][0]["status"], "active");
    assert_eq!(bench.key(&key.id)["status"], "revoked");
}

#[test]
fn the_reason_is_cut_and_its_secrets_are_masked() {
    let bench = Bench::new();
    let secret = |name: &str| bench.create(name, &[]);
    let (one, two, three) = (secret("one"), secret("two"), secret("three"));
    let directory = bench.path(&format!("d {}", one.secret));
    std::fs::create_dir(&directory).unwrap();
    let path = directory.join(format!("a\tb{}", "é".repeat(100)));
    std::fs::write(&path, &one.secret).unwrap();
    let refused = bench.run(&["scan", directory.to_str().unwrap(), "--revoke", "--yes"]);
    // As an argument a key is refused; a variable of the shell may hide one in another spelling.
    assert_eq!(refused.status, 2);
    assert_eq!(
        bench.key(&one.id)["status"],
        "active",
        "the argument holds a key"
    );
    let outcome = bench.run(&[
        "scan",
        bench.path("").to_str().unwrap(),
        "--revoke",
        "--yes",
    ]);
    assert_eq!(outcome.status, 7, "{outcome:?}");
    let reason_of_path = reason(&bench, &one.id);
    assert!(
        reason_of_path.starts_with("leaked: ") && reason_of_path.contains("[API key]"),
        "{reason_of_path}"
    );
    assert!(reason_of_path.chars().count() <= 200 && !reason_of_path.contains('\t'));
    let long = "r".repeat(300);
    let outcome = bench.run_with_stdin(
        &["scan", "-", "--revoke", "--yes", "--reason", &long],
        &two.secret,
    );
    assert_eq!(outcome.status, 7, "{outcome:?}");
    assert_eq!(reason(&bench, &two.id), "r".repeat(200));
    // Most of a key is refused before it could be masked.
    let bare = format!("found {}", &three.secret[24..]);
    let refused = bench.run_with_stdin(
        &["scan", "-", "--revoke", "--yes", "--reason", &bare],
        &three.secret,
    );
    assert_eq!(refused.status, 2, "{refused:?}");
    assert_eq!(bench.key(&three.id)["status"], "active");
}
