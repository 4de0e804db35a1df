//! The manual's ways back, as they stand there: from a backup, and from a damaged file.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;

use crate::support::process::{Bench, PROGRAM, id, mode};
use crate::support::tools;

/// The first block of commands below these words of the page.
fn block(words: &str) -> String {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/backup.md")).unwrap();
    let (_, below) = page
        .split_once(words)
        .unwrap_or_else(|| panic!("the page has no {words}"));
    let (_, block) = below.split_once("```sh\n").unwrap();
    block.split_once("\n```").unwrap().0.to_owned()
}

/// A person whose home this is, with the store in its default place.
struct Home(Bench);

impl Home {
    fn new() -> Self {
        let home = Home(Bench::new());
        home.run("mkdir -p -m 700 ~/.local/share/zenflow-keys")
            .1
            .then_some(())
            .unwrap();
        home
    }

    /// Runs commands as somebody would who types them: each of them, whatever came of the one
    /// before.
    fn run(&self, script: &str) -> (String, bool) {
        let mut command = self.0.prepared(Command::new("sh"), &["-c", script]);
        let path = format!(
            "{}:{}",
            Path::new(PROGRAM).parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        command
            .env("HOME", self.0.directory())
            .env("PATH", path)
            .env_remove("ZENFLOW_KEYS_DB")
            .stderr(std::process::Stdio::inherit());
        let output = command.output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap(),
            output.status.success(),
        )
    }

    #[track_caller]
    fn ok(&self, script: &str) -> String {
        let (stdout, done) = self.run(script);
        assert!(done, "{script}\n{stdout}");
        stdout
    }

    fn create(&self, name: &str) -> String {
        self.ok(&format!(
            "zenflow-keys create '{name}' --preset read-only -q"
        ))
        .trim()
        .to_owned()
    }

    fn store(&self) -> std::path::PathBuf {
        self.0.path(".local/share/zenflow-keys/keys.db")
    }

    fn check(&self, key: &str) -> bool {
        self.run(&format!("printf %s {key} | zenflow-keys check -q"))
            .1
    }

    fn keys(&self) -> usize {
        self.ok("zenflow-keys list --all --ids").lines().count()
    }

    /// Many keys, so that every table has several pages.
    fn fill(&self) {
        let conn = Connection::open(self.store()).unwrap();
        conn.execute_batch("BEGIN").unwrap();
        for n in 0..400 {
            conn.execute(
                "INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at) VALUES (?1, randomblob(32), ?2, ?2, 'live', 'admin', 1)",
                (format!("a{n:09}"), format!("key {n}")),
            )
            .unwrap();
        }
        conn.execute_batch("COMMIT").unwrap();
    }

    /// Overwrites the n-th page of this kind.
    fn damage(&self, name: &str, kind: &str, n: usize) {
        let conn = Connection::open(self.store()).unwrap();
        let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = ?2 ORDER BY path LIMIT 1 OFFSET ?3";
        let page: i64 = conn
            .query_row(sql, (name, kind, n as i64), |row| row.get(0))
            .unwrap();
        drop(conn);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(self.store())
            .unwrap();
        file.write_all_at(&[0x5a; 4096], (page as u64 - 1) * 4096)
            .unwrap();
    }
}

/// Whether there is a `sqlite3` that can do this. Debian 12's lacks what `.recover` needs, so that is
/// no failure in CI.
fn has_sqlite3(can: &str) -> bool {
    tools::are_there(&["sqlite3", "mv", "sed"])
        && Command::new("sqlite3")
            .args([":memory:", can])
            .output()
            .unwrap()
            .status
            .success()
}

#[test]
fn a_store_comes_back_from_its_backup() {
    if !tools::are_there(&["cp", "mkdir", "mv"]) {
        return;
    }
    let home = Home::new();
    let (kept, revoked) = (home.create("kept"), home.create("revoked later"));
    home.ok(&block("# Backup and restore"));
    assert_eq!(
        (
            mode(&home.0.path("backups")),
            mode(&home.0.path("backups/keys.db"))
        ),
        (0o700, 0o600)
    );
    let made_later = home.create("made later");
    home.ok("zenflow-keys revoke 'revoked later' --yes");
    home.ok(&format!("set -e; {}", block("**From a backup.**")));
    assert_eq!(mode(&home.store()), 0o600);
    // As the page warns.
    assert!(home.check(&kept) && home.check(&revoked) && !home.check(&made_later));
    let log = home.ok("zenflow-keys log --since 30d --db ~/old-store/keys.db");
    assert!(
        log.contains(id(&made_later)) && log.contains("revoke"),
        "{log}"
    );
    home.create("after");
    home.ok("zenflow-keys doctor --deep");
}

#[test]
fn what_can_be_read_of_a_damaged_store_is_saved() {
    if !has_sqlite3("SELECT json_valid('{}')") {
        return;
    }
    for (table, kind, n) in [
        ("keys", "leaf", 3),
        ("keys_by_name", "leaf", 1),
        ("sqlite_autoindex_keys_1", "internal", 0),
        ("usage", "leaf", 0),
    ] {
        let home = Home::new();
        let key = home.create("kept");
        home.fill();
        home.damage(table, kind, n);
        assert!(
            !home.run("zenflow-keys doctor --deep").1,
            "{table}: the damage is not found"
        );
        home.run(&block("**From a damaged file.**"));
        assert_eq!(mode(&home.store()), 0o600, "{table}");
        assert!(home.check(&key), "{table}");
        let saved = home.keys();
        assert!(
            if table == "keys" {
                (300..401).contains(&saved)
            } else {
                saved == 401
            },
            "{table}: {saved} keys"
        );
        // The chain is whole; most keys here were made without an entry, which is told.
        let (verified, _) = home.run("zenflow-keys log --verify");
        assert!(
            verified.contains("does not hold as many keys"),
            "{table}: {verified}"
        );
        let report = home.run("zenflow-keys doctor --deep").0;
        assert!(
            !report.contains("error damaged") && !report.contains("schema_differs"),
            "{table}: {report}"
        );
        home.create("after");
    }
}

#[test]
fn recover_keeps_the_marks_of_a_store_where_sqlite3_has_it() {
    // Debian's has it not, so that its absence is no failure in CI.
    if !has_sqlite3("SELECT count(*) FROM sqlite_dbpage") {
        return;
    }
    let home = Home::new();
    let key = home.create("kept");
    home.ok("mkdir -m 700 ~/old-store; mv ~/.local/share/zenflow-keys/keys.db ~/old-store");
    home.ok("umask 077; sqlite3 ~/old-store/keys.db .recover | sqlite3 ~/.local/share/zenflow-keys/keys.db");
    home.ok("zenflow-keys doctor --deep; zenflow-keys log --verify");
    assert!(home.check(&key));
}
