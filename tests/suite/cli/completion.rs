//! What the program answers to a shell that asks what can be completed.

use crate::support::in_process::{Bench, DAY};

impl Bench {
    /// The words that can stand in the place of the last one.
    fn completes(&self, words: &[&str]) -> Vec<String> {
        self.described(words)
            .into_iter()
            .map(|(word, _)| word)
            .collect()
    }

    fn described(&self, words: &[&str]) -> Vec<(String, String)> {
        let lines = self.asked("words", &format!("zenflow-keys\0{}\0", words.join("\0")));
        let split = |line: &str| {
            line.split_once('\t')
                .map(|(word, help)| (word.to_owned(), help.to_owned()))
                .unwrap()
        };
        lines.iter().map(|line| split(line)).collect()
    }

    /// What bash is to insert for this line.
    fn inserts(&self, line: &str) -> Vec<String> {
        self.asked("bash", &format!(" \t\n\"'@><=;|&(:\0zenflow-keys {line}\0"))
    }

    fn asked(&self, form: &str, stdin: &str) -> Vec<String> {
        self.set("ZENFLOW_KEYS_COMPLETE", form);
        let outcome = self.run_with_stdin(&[], stdin);
        self.unset("ZENFLOW_KEYS_COMPLETE");
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
        outcome.lines().into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn commands_and_options_are_completed() {
    let bench = Bench::new();
    assert_eq!(bench.completes(&["ro"]), ["rotate"]);
    assert_eq!(
        bench.described(&["rot"]),
        [(
            "rotate".into(),
            "Replace a key with a new one, without downtime".into()
        )]
    );
    assert_eq!(bench.completes(&["allowlist", "cl"]), ["clear"]);
    assert_eq!(bench.completes(&["create", "--if"]), ["--if-absent"]);
    assert!(
        bench.completes(&["list", "-"]).contains(&"--all".into()),
        "an option that has a letter too"
    );
    assert!(
        bench.completes(&["scopes", ""]).contains(&"--json".into()),
        "there is nothing else"
    );
    assert_eq!(bench.completes(&["show", ""]), Vec::<String>::new());
}

#[test]
fn the_options_of_a_command_are_offered_before_those_of_every_command() {
    let bench = Bench::new();
    for command in ["create", "review", "check", "usage report"] {
        let words: Vec<&str> = command.split(' ').chain(["--"]).collect();
        let offered = bench.completes(&words);
        let globals = [
            "--db", "--format", "--json", "--color", "--quiet", "--actor",
        ];
        let is_global: Vec<bool> = offered
            .iter()
            .map(|option| globals.contains(&option.as_str()))
            .collect();
        assert!(
            is_global.is_sorted() && is_global.contains(&true),
            "{offered:?}"
        );
    }
}

#[test]
fn words_of_the_catalogue_are_completed() {
    let bench = Bench::new();
    assert_eq!(
        bench.completes(&["create", "x", "--preset", "e"]),
        ["erp-sync"]
    );
    assert_eq!(
        bench.described(&["create", "-p", "stock"]),
        [("stock-sync".into(), "Inventory synchronization".into())]
    );
    assert_eq!(bench.completes(&["create", "--env", ""]), ["live", "test"]);
    assert_eq!(
        bench.completes(&["list", "--sort", ""]),
        ["created", "name", "expires", "used"]
    );
    assert_eq!(
        bench.completes(&["list", "--status", "active,re"]),
        ["active,revoked"]
    );
    assert_eq!(
        bench.completes(&["list", "--format", ""]),
        ["human", "json", "jsonl", "csv"]
    );
    assert_eq!(
        bench.completes(&["show", "--format", ""]),
        ["human", "json"]
    );
    assert_eq!(bench.completes(&["--color", "n"]), ["never"]);
    assert_eq!(
        bench.completes(&["check", "--request", "POST /stock/b"]),
        ["POST /stock/bulk"]
    );
    assert_eq!(bench.completes(&["completions", "e"]), ["elvish"]);
    assert!(
        bench
            .completes(&["create", "--expires", ""])
            .contains(&"90d".into())
    );
}

#[test]
fn scopes_are_completed_behind_a_comma_and_an_equals_sign() {
    let bench = Bench::new();
    assert_eq!(
        bench.completes(&["create", "--scope", "read:o"]),
        ["read:orders"]
    );
    assert_eq!(
        bench.completes(&["create", "--scope", "read:orders,write:s"]),
        ["read:orders,write:stock"]
    );
    assert_eq!(
        bench.completes(&["create", "--scope=read:o"]),
        ["--scope=read:orders"]
    );
    assert_eq!(
        bench.completes(&["create", "--scope=admin,read:st"]),
        ["--scope=admin,read:stock"]
    );
    assert_eq!(bench.completes(&["create", "-sread:o"]), ["-sread:orders"]);
    // Bash replaces only what stands behind the colon.
    assert_eq!(bench.inserts("create --scope read:o"), ["orders"]);
    assert_eq!(
        bench.inserts("create --scope=read:orders,write:s"),
        ["stock"]
    );
    assert_eq!(
        bench
            .inserts("create --scope read:orders,wr")
            .first()
            .unwrap(),
        "orders,write:orders"
    );
}

#[test]
fn what_was_chosen_is_not_offered_again() {
    let bench = Bench::new();
    bench.create("admin", &[]);
    for words in [
        &["create", "x", "-s", "read:orders", "-s", "read:o"][..],
        &[
            "create",
            "--scope=write:stock,read:orders",
            "--scope",
            "read:o",
        ],
        &["create", "--scope", "read:orders,read:o"],
        &["create", "--scope=read:orders,read:o"],
        &["list", "--status", "active", "--status", "act"],
    ] {
        assert_eq!(bench.completes(words), Vec::<String>::new(), "{words:?}");
    }
    assert_eq!(bench.inserts("create --scope read:orders,read:o"), [""; 0]);
    assert_eq!(
        bench.completes(&["update", "admin", "--add-scope", "adm"]),
        ["admin"],
        "the key is called so, nothing was chosen"
    );
}

#[test]
fn owners_are_completed_from_the_store() {
    let bench = Bench::new();
    for (name, owner) in [("a", "finance"), ("b", "finance"), ("c", "Field & Co")] {
        bench.create(name, &["--owner", owner]);
    }
    bench.create("d", &[]);
    assert_eq!(
        bench.completes(&["list", "--owner", ""]),
        ["Field & Co", "finance"]
    );
    assert_eq!(
        bench.completes(&["create", "x", "--owner", "fin"]),
        ["finance"]
    );
    assert_eq!(bench.completes(&["update", "d", "--owner", "x"]), [""; 0]);
}

#[test]
fn entries_that_a_key_has_are_offered_to_be_removed() {
    let bench = Bench::new();
    bench.create("ERP", &["--allow-ip", "203.0.113.7,2001:db8::/32"]);
    bench.create("other", &["--allow-ip", "192.0.2.1"]);
    assert_eq!(
        bench.completes(&["allowlist", "remove", "ERP", ""]),
        ["203.0.113.7", "2001:db8::/32"]
    );
    assert_eq!(
        bench.completes(&[
            "allowlist",
            "remove",
            "--env",
            "live",
            "ERP",
            "203.0.113.7",
            ""
        ]),
        ["2001:db8::/32"]
    );
    assert_eq!(
        bench.completes(&["allowlist", "add", "ERP", ""]),
        [""; 0],
        "what is added is not there yet"
    );
    assert_eq!(
        bench.completes(&["allowlist", "remove", "no key", ""]),
        [""; 0]
    );
}

#[test]
fn commands_that_have_a_page_are_completed() {
    let bench = Bench::new();
    assert_eq!(bench.completes(&["man", "rot"]), ["rotate"]);
    assert_eq!(bench.completes(&["man", "usage", ""]), ["import", "report"]);
    assert_eq!(bench.completes(&["man", "rotate", ""]), [""; 0]);
}

#[test]
fn files_are_left_to_the_shell() {
    let bench = Bench::new();
    let files = [(String::new(), "files".to_owned())];
    for words in [
        &["--db", "x"][..],
        &["create", "--out", ""],
        &["check", "--key-file", "/"],
        &["--db=x"],
    ] {
        assert_eq!(bench.described(words), files, "{words:?}");
    }
    assert_eq!(bench.inserts("list > fi"), ["\tfiles"]);
    assert_eq!(bench.inserts("--db ke"), ["\tfiles"]);
}

#[test]
fn names_come_with_what_they_stand_for() {
    let bench = Bench::new();
    bench.create("ERP Integration", &["--expires", "90d"]);
    bench.create("Integración ERP", &["--env", "test"]);
    assert_eq!(
        bench.described(&["show", ""]),
        [
            (
                "ERP Integration".into(),
                "active, live, read:orders, ends in 90d".into()
            ),
            (
                "Integración ERP".into(),
                "active, test, read:orders, no expiry".into()
            )
        ]
    );
    assert_eq!(bench.completes(&["show", "ERP In"]), ["ERP Integration"]);
    assert_eq!(
        bench.completes(&["show", "INTEGRACIÓN"]),
        ["Integración ERP"],
        "whatever the case"
    );
    assert_eq!(
        bench.completes(&["show", "--env", "live", ""]),
        ["ERP Integration"]
    );
    assert_eq!(
        bench.completes(&["show", "--env=test", ""]),
        ["Integración ERP"]
    );
}

#[test]
fn ids_are_completed_where_no_name_begins_so() {
    let bench = Bench::new();
    let key = bench.create("ERP", &[]);
    assert_eq!(bench.completes(&["show", ""]), ["ERP"]);
    let begun = &key.id[..3];
    assert_eq!(
        bench.described(&["show", begun]),
        [(
            key.id.clone(),
            "ERP: active, live, read:orders, no expiry".into()
        )]
    );
    assert_eq!(
        bench.completes(&["enable", begun]),
        Vec::<String>::new(),
        "it is enabled"
    );
    bench.create(&key.id[..2], &[]);
    assert_eq!(bench.completes(&["show", &key.id[..1]]), [&key.id[..2]]);
}

#[test]
fn a_command_is_offered_only_keys_that_make_sense() {
    let bench = Bench::new();
    for name in ["active", "disabled", "expired", "revoked", "scheduled"] {
        bench.create(
            name,
            if name == "expired" {
                &["--expires", "1d"]
            } else {
                &[]
            },
        );
    }
    bench.later(2 * DAY);
    bench.ok(&["disable", "disabled"]);
    bench.ok(&["revoke", "revoked", "--yes"]);
    bench.ok(&["revoke", "scheduled", "--in", "9d"]);
    for (words, names) in [
        (&["enable", ""][..], &["disabled"][..]),
        (&["disable", ""], &["active", "scheduled"]),
        (
            &["revoke", ""],
            &["active", "disabled", "expired", "scheduled"],
        ),
        (&["revoke", "--cancel", ""], &["scheduled"]),
        (
            &["revoke", "active", ""],
            &["disabled", "expired", "scheduled"],
        ),
        (&["rotate", ""], &["active", "disabled", "scheduled"]),
        (&["rotate", "--finish", ""], &[]),
        (
            &["update", ""],
            &["active", "disabled", "expired", "scheduled"],
        ),
        (
            &["allowlist", "add", ""],
            &["active", "disabled", "expired", "scheduled"],
        ),
        (
            &["allowlist", "list", ""],
            &["active", "disabled", "expired", "revoked", "scheduled"],
        ),
        (
            &["log", ""],
            &["active", "disabled", "expired", "revoked", "scheduled"],
        ),
    ] {
        assert_eq!(bench.completes(words), names, "{words:?}");
    }
}

#[test]
fn while_a_rotation_is_open_an_id_stands_where_a_name_would_be_ambiguous() {
    let bench = Bench::new();
    let old = bench.create("ERP", &[]);
    let new = bench.rotate("ERP", &[]);
    assert_eq!(
        bench.completes(&["show", ""]),
        [old.id.clone(), "ERP".into()],
        "the name means the new key"
    );
    assert_eq!(bench.completes(&["revoke", ""]), [old.id.clone(), new.id]);
    assert_eq!(bench.completes(&["rotate", "--finish", ""]), [old.id]);
}

#[test]
fn a_name_is_quoted_so_that_bash_runs_nothing_of_it() {
    let bench = Bench::new();
    for name in [
        "ERP Integration",
        "team@factory 7",
        "a,b/c+d",
        "Integración",
    ] {
        bench.create(name, &[]);
    }
    assert_eq!(bench.inserts("show ERP"), [r"ERP\ Integration"]);
    assert_eq!(bench.inserts(r"show ERP\ I"), [r"ERP\ Integration"]);
    assert_eq!(bench.inserts("show \"ERP I"), ["ERP Integration"]);
    assert_eq!(bench.inserts("show 'ERP I"), ["ERP Integration"]);
    assert_eq!(
        bench.inserts("show team@"),
        [r"@factory\ 7"],
        "an @ is where bash begins to replace"
    );
    assert_eq!(bench.inserts("show a,b"), ["a,b/c+d"]);
    assert_eq!(bench.inserts("show I"), ["Integración"]);
}

#[test]
fn of_very_many_keys_the_first_and_the_last_are_offered() {
    let bench = Bench::new();
    bench.create("b", &[]);
    let store = rusqlite::Connection::open(bench.db()).unwrap();
    let more = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 204)
        INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
        SELECT printf('a%09d', n), randomblob(32), printf('a%03d', n), printf('a%03d', n), environment, scopes, created_at FROM keys, n";
    store.execute_batch(more).unwrap();
    let offered = bench.completes(&["show", ""]);
    assert_eq!(
        (
            offered.len(),
            offered[0].as_str(),
            offered[99].as_str(),
            offered[100].as_str()
        ),
        (101, "a000", "a099", "b")
    );
    assert_eq!(
        bench.completes(&["show", "a20"]),
        ["a200", "a201", "a202", "a203", "a204"]
    );
}

#[test]
fn a_store_that_cannot_be_read_offers_nothing_and_nothing_is_made() {
    let bench = Bench::new();
    assert_eq!(bench.completes(&["show", ""]), Vec::<String>::new());
    assert!(!bench.db().exists());
    std::fs::write(bench.db(), b"not a store, but long enough to be taken for one ............................................").unwrap();
    assert_eq!(bench.completes(&["show", "x"]), Vec::<String>::new());
    std::fs::remove_file(bench.db()).unwrap();

    bench.create("ERP", &[]);
    assert_eq!(
        bench.completes(&["--db", "/nowhere/keys.db", "show", ""]),
        Vec::<String>::new()
    );
    let mut bytes = bench.bytes().unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(bench.db(), bytes).unwrap();
    assert_eq!(bench.completes(&["show", ""]), Vec::<String>::new());
}

#[test]
fn a_store_that_is_being_written_offers_nothing_at_once() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    let other = rusqlite::Connection::open(bench.db()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(bench.completes(&["show", ""]), Vec::<String>::new());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(bench.completes(&["show", ""]), ["ERP"]);
}

#[test]
fn what_makes_no_sense_is_answered_with_nothing() {
    let bench = Bench::new();
    for stdin in [
        "",
        "\0",
        "zenflow-keys",
        "zenflow-keys\0nonsense\0x\0",
        "\u{0}\u{0}\u{0}",
    ] {
        bench.asked("words", stdin);
        bench.asked("bash", stdin);
    }
}

#[test]
fn a_stray_variable_changes_no_command() {
    let bench = Bench::new();
    bench.create("ERP", &[]);
    for form in ["words", "bash", "1", "words ", ""] {
        bench.set("ZENFLOW_KEYS_COMPLETE", form);
        assert_eq!(bench.check("bogus", &["--quiet"]).status, 11, "{form}");
        assert_eq!(bench.ok(&["list", "--ids"]).lines().len(), 1, "{form}");
    }
    bench.ok(&["revoke", "ERP", "--yes"]);
    bench.unset("ZENFLOW_KEYS_COMPLETE");
    assert_eq!(bench.names(&["--status", "revoked"]), ["ERP"]);
}

#[test]
fn a_form_that_no_script_uses_and_a_terminal_are_no_question() {
    let bench = Bench::new();
    bench.set("ZENFLOW_KEYS_COMPLETE", "1");
    assert_eq!(bench.run_with_stdin(&[], "zenflow-keys\0").status, 2);
    bench.set("ZENFLOW_KEYS_COMPLETE", "words");
    bench.answers([]);
    // Nothing is read: somebody who types nothing would wait for ever.
    assert_eq!(bench.run_reading(&[], &mut Unread).status, 2);
}

struct Unread;

impl std::io::Read for Unread {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        panic!("standard input was read")
    }
}
