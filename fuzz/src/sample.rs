//! A store with keys of every kind, made by the program.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::program::run;

/// An undamaged store, and the keys that are in it.
pub struct Sample {
    pub bytes: Vec<u8>,
    /// Where something is written: most of a young store is empty.
    pub written: Vec<usize>,
    pub secrets: Vec<String>,
}

impl Sample {
    /// The same for every input.
    pub fn get() -> &'static Sample {
        static SAMPLE: OnceLock<Sample> = OnceLock::new();
        SAMPLE.get_or_init(Sample::new)
    }

    fn new() -> Self {
        let directory = directory();
        let db = directory.path().join("keys.db");
        let ok = |args: &[&str], stdin: &str| {
            let outcome = run(&db, args, stdin.as_bytes());
            assert_eq!(outcome.status, 0, "{args:?}: {}", outcome.stderr);
            outcome.json()
        };
        let made = |args: &[&str]| ok(args, "")["api_key"].as_str().unwrap().to_owned();
        let mut secrets = vec![
            made(&[
                "create",
                "ERP",
                "--preset",
                "erp-sync",
                "--allow-ip",
                "203.0.113.0/24",
                "--owner",
                "ops",
                "--json",
            ]),
            made(&[
                "create",
                "Shop front",
                "--scope",
                "read:orders",
                "--expires",
                "90d",
                "--note",
                "till spring",
                "--json",
            ]),
            made(&["create", "Admin of all", "--scope", "admin", "--json"]),
            made(&["create", "Gone", "--scope", "write:stock", "--json"]),
            made(&[
                "create",
                "Silent",
                "--env",
                "test",
                "--preset",
                "read-only",
                "--json",
            ]),
        ];
        ok(
            &["check", "--record", "--ip", "203.0.113.7", "--json"],
            &secrets[0],
        );
        secrets.push(made(&["rotate", "Admin of all", "--json"]));
        ok(
            &["revoke", "Gone", "--yes", "--reason", "leaked", "--json"],
            "",
        );
        ok(&["disable", "Silent", "--json"], "");
        let bytes = fs::read(&db).unwrap();
        let written = (4..bytes.len() - 4)
            .filter(|at| bytes[at - 4..=at + 4].iter().any(|byte| *byte != 0))
            .collect();
        Sample {
            bytes,
            written,
            secrets,
        }
    }
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    directory
}

/// A store with these bytes, as long as its directory is kept.
pub fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = directory();
    let db = directory.path().join("keys.db");
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&db)
        .unwrap()
        .write_all(bytes)
        .unwrap();
    (directory, db)
}
