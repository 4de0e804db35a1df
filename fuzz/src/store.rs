//! A store with changed bytes: each command gives an error or an answer, and what is allowed is
//! what the row of that very key says. A doctor that finds nothing means that nothing is
//! decided otherwise.

use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use zenflow_keys::domain::{Allowlist, Presented, Timestamp};
use zenflow_keys::store::{Depth, doctor};

use super::Choices;
use super::program::{NOW, run};
use super::sample::{self, Sample};

const SCOPE: &str = "read:orders";
const ADDRESS: &str = "203.0.113.7";

pub fn holds(bytes: &[u8]) {
    let sample = Sample::get();
    let (_directory, db) = sample::file(&changed(sample, &mut Choices(bytes)));
    for args in READERS {
        answers_or_fails(&db, args, "");
    }
    let looks_well = looks_well(&db);
    assert!(
        looks_well || !bytes.is_empty(),
        "an undamaged store looks damaged"
    );
    for (secret, verdict) in sample.secrets.iter().zip(VERDICTS) {
        let status = is_allowed_only_by_its_row(&db, secret);
        assert!(
            !looks_well || status == verdict,
            "{secret}: {status}, and nothing is wrong with the store"
        );
    }
    for args in WRITERS {
        answers_or_fails(&db, args, "");
    }
    a_revoked_key_is_revoked(&db, &sample.secrets[0]);
}

/// What `check` answers for each key of the undamaged store.
const VERDICTS: [u8; 6] = [0, 0, 0, 12, 11, 0];

const READERS: [&[&str]; 7] = [
    &["list", "--all", "--json"],
    &["list", "--sort", "name", "--reverse", "--format", "csv"],
    &["list", "--name", "e*", "--scope", SCOPE],
    &["show", "erp", "--json"],
    &["show", "Shop"],
    &["log", "--json"],
    &["log", "--verify", "--json"],
];

const WRITERS: [&[&str]; 4] = [
    &["create", "New", "--scope", SCOPE, "--json"],
    &["update", "Shop", "--note", "changed", "--json"],
    &["rotate", "Shop", "--json"],
    &["allowlist", "add", "erp", "192.0.2.0/24", "--json"],
];

/// The input is a list of changes: bytes set, turned, moved, or the end cut off.
fn changed(sample: &Sample, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = sample.bytes.clone();
    while !choices.is_empty() && !bytes.is_empty() {
        let kind = choices.byte() & 15;
        let at =
            sample.written[choices.number(2) as usize % sample.written.len()].min(bytes.len() - 1);
        let length = |wanted: usize| wanted.min(bytes.len() - at);
        match kind {
            0..=7 => bytes[at] = choices.byte(),
            8..=9 => bytes[at] ^= 1 << (choices.byte() & 7),
            10..=11 => {
                let length = length(choices.below(256));
                let from = choices.number(3) as usize % (bytes.len() - length + 1);
                bytes.copy_within(from..from + length, at);
            }
            12..=13 => {
                let given = choices.text(64).as_bytes();
                let length = length(given.len());
                bytes[at..at + length].copy_from_slice(&given[..length]);
            }
            14 => {
                let length = length(choices.below(256));
                bytes[at..at + length].fill(choices.byte());
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// Runs a command that may find damage, and checks that it says so or gives a whole answer.
fn answers_or_fails(db: &Path, args: &[&str], stdin: &str) -> (u8, Option<Value>) {
    let outcome = run(db, args, stdin.as_bytes());
    let is_check = args[0] == "check";
    let expected = matches!(outcome.status, 0 | 3 | 4 | 6)
        || (outcome.status == 7 && args[0] == "log")
        || (is_check && outcome.status >= 10);
    assert!(expected, "{args:?}: {} {}", outcome.status, outcome.stderr);
    let answered = matches!(outcome.status, 0 | 7) || is_check && outcome.status >= 10;
    assert!(answered || !outcome.stderr.is_empty(), "{args:?}");
    (
        outcome.status,
        (answered && args.contains(&"--json")).then(|| outcome.json()),
    )
}

/// What `doctor --deep` says; the command itself would listen for signals anew each time.
fn looks_well(db: &Path) -> bool {
    let now = Timestamp::from_unix(NOW).unwrap();
    let outcome = doctor(db, Depth::Deep, now, &|| ControlFlow::Continue(()));
    outcome.is_ok_and(|outcome| {
        !outcome
            .findings
            .iter()
            .any(|finding| finding.wants_action())
    })
}

fn is_allowed_only_by_its_row(db: &Path, secret: &str) -> u8 {
    let (status, answer) = answers_or_fails(
        db,
        &["check", "--scope", SCOPE, "--ip", ADDRESS, "--json"],
        secret,
    );
    let Some(answer) = answer else { return status };
    if let Some(id) = answer["key"]["id"].as_str() {
        assert_eq!(id, &secret[13..23], "another key's answer");
    }
    assert_eq!(status == 0, answer["allowed"] == true);
    if status == 0 {
        let rows = rows(db, secret);
        assert!(
            rows.unwrap_or_else(|| vec![true]).contains(&true),
            "{secret} is allowed by no row"
        );
    }
    status
}

/// For each row with the digest of the key, found without an index, whether its text allows what
/// was asked; `None` if it cannot be read.
fn rows(db: &Path, secret: &str) -> Option<Vec<bool>> {
    let digest = Presented::from_bytes(secret.as_bytes()).digest()?;
    let conn = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let sql = "SELECT scopes, allowed_ips, disabled_at IS NULL AND coalesce(revoked_at, ?2 + 1) > ?2 AND coalesce(expires_at, ?2 + 1) > ?2 \
               FROM keys NOT INDEXED WHERE digest = ?1";
    let mut statement = conn.prepare(sql).ok()?;
    let rows = statement.query_map((digest.as_bytes(), NOW), |row| {
        let (scopes, allowed_ips, is_active): (String, String, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let admits = allowed_ips
            .parse::<Allowlist>()
            .is_ok_and(|list| list.admits(ADDRESS.parse().unwrap()));
        Ok(is_active
            && admits
            && scopes
                .split(' ')
                .any(|word| word == SCOPE || word == "admin"))
    });
    rows.ok()?.collect::<Result<_, _>>().ok()
}

/// A revocation that was acknowledged holds, whatever the file is like.
fn a_revoked_key_is_revoked(db: &Path, secret: &str) {
    let (status, _) = answers_or_fails(db, &["revoke", &secret[13..23], "--yes", "--json"], "");
    let (after, _) = answers_or_fails(db, &["check", "--json"], secret);
    assert!(status != 0 || after != 0, "a revoked key is allowed");
}
