//! Exit statuses, errors for people and for scripts, and what is refused before anything is read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::in_process::Bench;

#[test]
fn only_create_makes_a_store() {
    let bench = Bench::new();
    for args in [
        &["list"][..],
        &["show", "x"],
        &["update", "x", "--note", "y"],
        &["revoke", "x", "--yes"],
        &["disable", "x"],
        &["enable", "x"],
        &["rotate", "x"],
        &["allowlist", "list", "x"],
        &["allowlist", "clear", "x", "--yes"],
        &["check"],
        &["check", "--record"],
        &["log"],
        &["usage", "import", "-"],
        &["usage", "report"],
    ] {
        let error = bench.refused(args, 6, "store_missing");
        assert!(
            error["hint"].as_str().unwrap().contains("create"),
            "{error}"
        );
        assert!(
            error["message"].as_str().unwrap().contains("keys.db"),
            "{error}"
        );
    }
    assert!(bench.bytes().is_none());
}

#[test]
fn the_catalogue_needs_no_store() {
    let bench = Bench::new();
    let scopes = bench.json(&["scopes"]);
    assert_eq!(scopes["scopes"].as_array().unwrap().len(), 9);
    assert_eq!(
        (
            &scopes["scopes"][0]["scope"],
            &scopes["scopes"][0]["description"]
        ),
        (&json!("read:orders"), &json!("Read order data"))
    );
    assert!(
        scopes["scopes"][0]["endpoints"]
            .as_array()
            .unwrap()
            .contains(&json!("GET /orders"))
    );
    let presets = bench.json(&["presets"]);
    assert_eq!(presets["presets"].as_array().unwrap().len(), 4);
    let expected = json!({"id": "read-only", "name": "Read Only", "scopes": ["read:orders", "read:products", "read:stock"], "use_case": "Reporting and analytics"});
    assert_eq!(presets["presets"][0], expected);
    for args in [
        &["scopes"][..],
        &["presets"],
        &["completions", "bash"],
        &["--help"],
        &["create", "--help"],
        &["--version"],
    ] {
        assert!(!bench.ok(args).stdout.is_empty(), "{args:?}");
    }
    assert!(bench.bytes().is_none());
}

#[test]
fn a_secret_in_an_argument_is_refused_unread_and_unrepeated() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let upper = key.secret.to_uppercase();
    let flag = format!("--note={}", key.secret);
    let prefixed = format!("zenflow_test_{}_S", "a".repeat(10));
    for argument in [
        key.secret.as_str(),
        &upper,
        &flag,
        "zenflow_live_abcdefghij0123456",
        &prefixed,
        &key.secret.replace('_', "%5F"),
        &key.secret[1..],
        &format!("note={}", &key.secret[24..]),
    ] {
        for args in [
            &["show", argument][..],
            &["update", "x", "--note", argument],
            &["nonsense", argument],
            &[argument],
        ] {
            let error = bench.refused(args, 2, "secret_in_argument").to_string();
            assert!(
                !error.contains(&argument[argument.len() - 7..])
                    && error.contains("standard input"),
                "{error}"
            );
        }
    }
    bench.ok(&["show", &format!("zenflow_live_{}_…", key.id)]);
    let commit = "deployed from 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
    bench.ok(&["update", &key.id, "--note", commit]);
}

#[test]
fn a_variable_that_holds_a_key_where_it_does_not_belong_is_refused_and_not_repeated() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    for secret in [
        key.secret.clone(),
        key.secret[..61].to_owned(),
        key.secret[2..].to_owned(),
        format!("/var/lib/{}/keys.db", key.secret.replace('_', "%5F")),
    ] {
        for (variable, code) in [
            ("ZENFLOW_KEYS_ACTOR", "secret_in_argument"),
            ("ZENFLOW_KEYS_DB", "secret_in_argument"),
        ] {
            bench.set(variable, &secret);
            let error = bench.run(&["disable", &key.id, "--json"]);
            assert_eq!((error.status, error.stdout.as_str()), (2, ""), "{error:?}");
            assert!(
                error.stderr.contains(code) && !error.stderr.contains(&secret[34..44]),
                "{error:?}"
            );
        }
        bench.unset("ZENFLOW_KEYS_ACTOR");
        bench.set("ZENFLOW_KEYS_DB", bench.db());
    }
}

#[test]
fn a_secret_in_a_variable_is_refused_and_unrepeated() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    for variable in [
        "ZENFLOW_KEYS_DB",
        "ZENFLOW_KEYS_ACTOR",
        "XDG_DATA_HOME",
        "HOME",
    ] {
        for value in [
            key.secret.clone(),
            format!("/srv/{}/x", key.secret.to_uppercase()),
        ] {
            let was = (variable == "ZENFLOW_KEYS_DB").then(|| bench.db());
            bench.set(variable, value);
            for args in [
                &["list"][..],
                &["check"],
                &["revoke", "ERP", "--yes"],
                &["scopes"],
                &["list", "--db", "other.db"],
            ] {
                let error = bench.refused(args, 2, "secret_in_argument").to_string();
                assert!(
                    error.contains(variable) && error.contains("standard input"),
                    "{error}"
                );
                assert!(!error.to_lowercase().contains(&key.id), "{error}");
            }
            match was {
                Some(path) => bench.set(variable, path),
                None => bench.unset(variable),
            }
        }
    }
    bench.ok(&["list"]);
}

#[test]
fn a_key_in_a_path_is_masked_wherever_it_is_told() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    let secret = &key.secret;
    // Named after a key: what a link leads to, and a directory.
    std::os::unix::fs::symlink(format!("elsewhere/{secret}"), bench.path("dangling")).unwrap();
    let named = bench.path(secret);
    std::fs::create_dir(&named).unwrap();
    std::fs::set_permissions(&named, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink(&named, bench.path("link")).unwrap();
    let path = |name: &str| bench.path(name).to_str().unwrap().to_owned();
    for args in [
        &["list", "--db", &path("dangling")][..],
        &["backup", &path("link/copy.db"), "--json"],
        &["backup", &path("link/copy2.db")],
        &["doctor", "--db", &path("link/copy.db")],
        &["doctor", "--db", &path("link/copy.db"), "--json"],
        &["list", "--db", &path("link")],
    ] {
        let outcome = bench.run(args);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!told.contains(secret), "{args:?} {told}");
    }
    assert!(bench.path("link/copy.db").exists());
}

#[test]
fn an_unknown_word_gets_the_nearest_one() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    for (args, near) in [
        (
            &["create", "X", "--scope", "read:order"][..],
            "unknown scope 'read:order'; did you mean 'read:orders'?",
        ),
        (
            &["create", "X", "--preset", "erp-sink"],
            "did you mean 'erp-sync'?",
        ),
        (&["list", "--sort", "nam"], "did you mean 'name'?"),
        (&["list", "--status", "actve"], "did you mean 'active'?"),
        (&["list", "--env", "liv"], "did you mean 'live'?"),
        (&["lst"], "list"),
        (&["list", "--ownr", "x"], "--owner"),
    ] {
        let error = bench.refused(args, 2, "usage");
        assert!(error["message"].as_str().unwrap().contains(near), "{error}");
    }
}

#[test]
fn an_unknown_command_leads_to_one_that_does_what_was_meant() {
    let bench = Bench::new();
    for (args, message, hint) in [
        (
            &["rename"][..],
            "unknown command 'rename'",
            "to change or rename a key, see 'zenflow-keys update --help'",
        ),
        (
            &["delete", "ERP"],
            "unknown command 'delete'",
            "to end a key for good, see 'zenflow-keys revoke --help'",
        ),
        (
            &["ls"],
            "unknown command 'ls'",
            "to list keys, see 'zenflow-keys list --help'",
        ),
        (
            &["whoami"],
            "unknown command 'whoami'",
            "to show a key, or find out which key one is, see 'zenflow-keys show --help'",
        ),
        (
            &["allowlist", "rm", "ERP"],
            "unknown command 'rm'",
            "to remove entries, see 'zenflow-keys allowlist remove --help'",
        ),
        (
            &["rename", "list", "--all"],
            "unknown command 'rename'",
            "to change or rename a key, see 'zenflow-keys update --help'",
        ),
        (
            &["lst"],
            "unknown command 'lst'; did you mean 'list'?",
            "'zenflow-keys --help' lists the commands",
        ),
        (
            &["usage", "nonsense"],
            "unknown command 'nonsense'",
            "'zenflow-keys usage --help' lists the commands",
        ),
        (
            &["usage", "report", "--nonsense"],
            "unknown option '--nonsense'",
            "see 'zenflow-keys usage report --help'",
        ),
        (
            &["completions", "ksh"],
            "unknown shell 'ksh'; did you mean 'zsh'?",
            "there are bash, zsh, fish, powershell, elvish",
        ),
    ] {
        let error = bench.refused(args, 2, "usage");
        assert_eq!(
            (&error["message"], &error["hint"]),
            (&message.into(), &hint.into()),
            "{args:?}"
        );
    }
    for word in ["rm", "new", "get", "verify"] {
        let hint = bench.refused(&[word], 2, "usage")["hint"].to_string();
        assert!(hint.contains("see 'zenflow-keys "), "{hint}");
    }
}

#[test]
fn an_error_for_people_says_what_to_do() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    let outcome = bench.run(&["create", "ERP", "--scope", "admin"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (4, ""));
    assert!(
        outcome.stderr.starts_with("error: ") && outcome.stderr.contains("\nhint: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn lists_alone_have_jsonl_and_csv() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    for format in ["jsonl", "csv"] {
        for args in [
            &["show", &key.id][..],
            &["scopes"],
            &["check"],
            &["disable", &key.id],
            &["log", "--verify"],
        ] {
            assert_eq!(
                bench.run(&[args, &["--format", format]].concat()).status,
                2,
                "{args:?} {format}"
            );
        }
    }
    assert_eq!(bench.run(&["list", "--format", "xml"]).status, 2);
}

#[test]
fn an_empty_path_is_wrong_usage() {
    let bench = Bench::new();
    bench.refused(&["list", "--db", ""], 2, "usage");
    bench.set("ZENFLOW_KEYS_DB", "");
    bench.refused(&["create", "ERP", "--scope", "admin"], 2, "usage");
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let bench = Bench::new();
    fs::write(
        bench.db(),
        "a text that is surely no database, and long enough to be looked at".repeat(20),
    )
    .unwrap();
    fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o600)).unwrap();
    bench.refused(&["list"], 6, "store_foreign");
    bench.refused(&["create", "ERP", "--scope", "admin"], 6, "store_foreign");
}

#[test]
fn a_store_that_others_can_write_is_refused() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o666)).unwrap();
    bench.refused(&["list"], 6, "store_unsafe");
}

#[test]
fn colours_are_as_asked() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    assert!(!bench.ok(&["list"]).stdout.contains('\u{1b}'));
    assert!(
        bench
            .ok(&["scopes", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
    assert!(
        !bench
            .ok(&["scopes", "--color", "never"])
            .stdout
            .contains('\u{1b}')
    );
}

#[test]
fn a_damaged_or_newer_store_is_refused_and_left_alone() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    let good = bench.bytes().unwrap();
    // The header of SQLite has the user version at byte 60.
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(bench.db(), newer).unwrap();
    for args in [&["list"][..], &["create", "New", "--scope", "admin"]] {
        bench.refused(args, 6, "store_newer");
    }
    let mut damaged = good.clone();
    damaged[100..].fill(0x5a);
    fs::write(bench.db(), damaged).unwrap();
    bench.refused(&["show", "ERP"], 6, "store_damaged");
}

#[test]
fn a_list_that_fails_prints_nothing() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    let mut damaged = bench.bytes().unwrap();
    damaged[100..].fill(0x5a);
    fs::write(bench.db(), damaged).unwrap();
    bench.refused(&["list"], 6, "store_damaged");
    bench.refused(&["log"], 6, "store_damaged");
}

#[test]
fn a_read_only_store_can_be_read() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    fs::set_permissions(bench.db(), fs::Permissions::from_mode(0o400)).unwrap();
    for args in [
        &["list"][..],
        &["show", &key.id],
        &["log"],
        &["log", "--verify"],
        &["revoke", &key.id, "--dry-run"],
    ] {
        bench.ok(args);
    }
    assert_eq!(bench.check(&key.secret, &[]).status, 0);
}

#[test]
fn strange_paths_are_ordinary_file_names() {
    let bench = Bench::new();
    let path = bench.path("file:keys?mode=memory");
    bench.ok(&[
        "create",
        "ERP",
        "--scope",
        "admin",
        "--db",
        path.to_str().unwrap(),
    ]);
    assert!(path.is_file());
}

#[test]
fn without_arguments_the_short_help_stands_on_standard_error() {
    let bench = Bench::new();
    let outcome = bench.run(&[]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (2, ""));
    assert_eq!(outcome.stderr, bench.ok(&["-h"]).stdout);
}
