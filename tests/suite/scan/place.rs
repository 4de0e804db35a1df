//! A directory to scan, beside a store that knows some keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::process::{Bench, Outcome, feed, finish};
use crate::support::schema::SCHEMAS;

/// A store, and a directory `tree` in which the program is run.
pub struct Place {
    pub bench: Bench,
}

/// A key that no store has.
pub fn stranger() -> String {
    whole("zenflow_live_zzzzzzzzzz_abcdefghijabcdefghijabcdefghij01")
}

/// The body with its checksum.
pub fn whole(body: &str) -> String {
    let sum = zenflow_keys::domain::api_key::checksum(body);
    body.to_owned() + std::str::from_utf8(&sum).unwrap()
}

pub fn utf_16(text: &str, is_little: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| {
            if is_little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}

impl Place {
    /// With a store that has one key, and that key.
    pub fn with_key() -> (Self, String) {
        let (bench, key) = Bench::with_key("ERP");
        fs::create_dir(bench.path("tree")).unwrap();
        (Place { bench }, key)
    }

    /// With a key, and a repository that has no commit yet.
    pub fn with_repository() -> (Self, String) {
        let (place, key) = Place::with_key();
        place.git(&["init", "--quiet", "--initial-branch=main"]);
        (place, key)
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.bench.path("tree").join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(&[&["scan"], args].concat());
        command.current_dir(self.path("."));
        command
    }

    pub fn scan(&self, args: &[&str]) -> Outcome {
        finish(self.command(args))
    }

    /// Scans this standard input.
    pub fn feed(&self, args: &[&str], input: impl AsRef<[u8]>) -> Outcome {
        feed(self.command(args), input.as_ref())
    }

    /// The document of a scan, whatever it finds.
    pub fn json(&self, args: &[&str]) -> Value {
        document(
            &self
                .scan(&[args, &["--json", "--fail-on", "never"]].concat())
                .exits(0),
        )
    }

    /// Where keys were found: `path:line:column`, in the order of the document.
    pub fn places(&self, args: &[&str]) -> Vec<String> {
        places(&self.json(args))
    }

    /// Runs git as its user, with an identity and nobody's configuration.
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.git_command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    pub fn git_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for (who, date) in [
            ("AUTHOR", "2026-01-02T03:04:05Z"),
            ("COMMITTER", "2026-02-03T04:05:06Z"),
        ] {
            command
                .env(format!("GIT_{who}_NAME"), "n")
                .env(format!("GIT_{who}_EMAIL"), "e@example.org")
                .env(format!("GIT_{who}_DATE"), date);
        }
        command
            .args(args)
            .current_dir(self.path("."))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    /// Commits everything; the name of the commit.
    pub fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=m"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// The document, which meets its schema.
pub fn document(outcome: &Outcome) -> Value {
    let document = outcome.json();
    assert_eq!(SCHEMAS.fault("scan", &document), None, "{document:#}");
    document
}

pub fn places(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap();
    let places = findings
        .iter()
        .flat_map(|finding| finding["places"].as_array().unwrap());
    places
        .map(|place| {
            let path = place["path"].as_str().unwrap();
            format!("{path}:{}:{}", place["line"], place["column"])
        })
        .collect()
}
