//! Bytes of the file that are changed: an error, or an answer that the row's own text supports.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use zenflow_keys::context::{Context, Prompt, Streams};
use zenflow_keys::domain::{
    Allowlist, ApiKey, Entropy, Environment, KeyId, Name, ScopeSet, Text, Timestamp,
};
use zeroize::Zeroizing;

use crate::fault::extent;
use crate::fault::random::Random;
use crate::support::process::{Bench, id};
use crate::support::tools;

/// Later than anything in the store.
const NOW: i64 = 1_900_000_000;

/// What the store says while it is whole.
struct Whole {
    bytes: Vec<u8>,
    keys: Vec<String>,
    events: Vec<Value>,
}

fn whole() -> Whole {
    let bench = Bench::new();
    let mut keys: Vec<String> = (0..24)
        .map(|n| bench.create(&format!("shop {n}")))
        .collect();
    for n in 0..6 {
        let args = [
            "rotate",
            &format!("shop {n}"),
            "--overlap",
            if n % 2 == 0 { "0" } else { "7d" },
            "--yes",
        ];
        keys.push(bench.run(&args).exits(0).stdout.trim_end().to_owned());
    }
    for (n, key) in keys.iter().enumerate().take(12).skip(6) {
        let name = format!("shop {n}");
        bench
            .run(&["allowlist", "add", &name, "192.0.2.0/24", "2001:db8::/32"])
            .exits(0);
        bench
            .run(&[
                "update",
                &name,
                "--note",
                "a note",
                "--owner",
                "an owner",
                "--add-scope",
                "write:orders",
            ])
            .exits(0);
        bench
            .feed(
                &["check", "--record", "--ip", "192.0.2.1", "--quiet"],
                key.as_bytes(),
            )
            .exits(0);
    }
    bench
        .run(&["revoke", "shop 6", "shop 12", "--yes", "--reason", "leaked"])
        .exits(0);
    bench.run(&["disable", "shop 13"]).exits(0);
    bench
        .run(&["update", "shop 14", "--expires", "1d"])
        .exits(0);
    let events = bench.run(&["log", "--json"]).exits(0).json()["events"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .cloned()
        .collect();
    Whole {
        bytes: fs::read(bench.db()).unwrap(),
        keys,
        events,
    }
}

/// Changes bytes, mostly one.
fn damage(bytes: &mut [u8], random: &mut Random) -> String {
    let page = 4096;
    let at = random.below(bytes.len());
    match random.below(10) {
        0 => {
            let run = &mut bytes[at..];
            let length = run.len().min(1 + random.below(64));
            let byte = [0, 0xff, 0x41][random.below(3)];
            run[..length].fill(byte);
            format!("{length} times {byte} at {at}")
        }
        1 => {
            let (from, to) = (
                random.below(bytes.len() / page) * page,
                random.below(bytes.len() / page) * page,
            );
            bytes.copy_within(from..from + page, to);
            format!("the page at {from} over the one at {to}")
        }
        2 => {
            let other = random.below(bytes.len());
            bytes.swap(at, other);
            format!("{at} and {other} exchanged")
        }
        3 => {
            // The beginning of a page, where the structure is.
            let at = at / page * page + random.below(40);
            bytes[at] ^= 1 << random.below(8);
            format!("a bit at {at}")
        }
        _ => {
            let by = 1 + random.below(255) as u8;
            bytes[at] ^= by;
            format!("{by} at {at}")
        }
    }
}

#[test]
fn a_changed_byte_gives_an_error_or_what_the_row_says() {
    let whole = whole();
    let times = if extent::all() { 5_000 } else { 300 };
    let bench = Bench::new();
    let mut told: BTreeMap<i32, usize> = BTreeMap::new();
    for seed in 0..times {
        let mut random = Random::new(seed);
        let mut bytes = whole.bytes.clone();
        let what = damage(&mut bytes, &mut random);
        fs::write(bench.db(), &bytes).unwrap();
        crate::support::process::set_mode(&bench.db(), 0o600);
        let judged = catch_unwind(AssertUnwindSafe(|| {
            judge(&bench.db(), &whole, &mut random, &mut told)
        }));
        if let Err(panic) = judged {
            tools::say(&format!("seed {seed}: {what}"));
            resume_unwind(panic);
        }
        assert!(
            fs::read(bench.db()).unwrap() == bytes,
            "seed {seed}: reading changes a damaged store"
        );
    }
    if extent::all() {
        tools::say(&format!(
            "damage: {times} damaged stores, answers by exit status {told:?}, none wrong"
        ));
    }
}

fn judge(db: &Path, whole: &Whole, random: &mut Random, told: &mut BTreeMap<i32, usize>) {
    let mut ask = |args: &[&str], input: &str| {
        let (status, stdout, stderr) = run(db, &[args, &["--json"]].concat(), input);
        *told.entry(status).or_default() += 1;
        if stderr.is_empty() {
            return Some((status, serde_json::from_str::<Value>(&stdout).unwrap()));
        }
        let error: Value =
            serde_json::from_str(&stderr).unwrap_or_else(|e| panic!("{e} {stderr} {stdout}"));
        assert!(
            [3, 6].contains(&status) && stdout.is_empty() && error["error"]["hint"].is_string(),
            "{args:?}: {status} {error}"
        );
        None
    };
    let raw = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    if let Some((_, list)) = ask(&["list", "--all"], "") {
        let mut ids = BTreeSet::new();
        for key in list["keys"].as_array().unwrap() {
            assert!(
                ids.insert(key["id"].as_str().unwrap().to_owned()),
                "twice: {key}"
            );
            supported(
                &raw,
                "NOT INDEXED WHERE id = ?1",
                key["id"].as_str().unwrap().to_owned().into(),
                key,
            );
        }
    }
    for key in [
        &whole.keys[random.below(12)],
        &whole.keys[random.below(whole.keys.len())],
    ] {
        let digest = ApiKey::parse(key).unwrap().digest().as_bytes().to_vec();
        if let Some((status, verdict)) = ask(
            &["check", "--scope", "read:orders", "--ip", "192.0.2.1"],
            key,
        ) {
            if verdict["key"].is_null() {
                assert_eq!(
                    (status, verdict["reason"].as_str()),
                    (11, Some("unknown")),
                    "{verdict}"
                );
                assert!(
                    !is_there(&raw, &digest),
                    "a row that is there is called unknown"
                );
            } else {
                assert_eq!(verdict["key"]["id"], id(key), "the answer of another key");
                supported_verdict(&raw, digest, &verdict);
            }
        }
        if let Some((_, shown)) = ask(&["show", id(key)], "") {
            assert_eq!(shown["key"]["id"], id(key));
            supported(
                &raw,
                "WHERE id = ?1",
                id(key).to_owned().into(),
                &shown["key"],
            );
        }
    }
    if let Some((status, verified)) = ask(&["log", "--verify"], "") {
        assert_eq!(status, if verified["ok"] == true { 0 } else { 7 });
        if let Some((_, log)) = ask(&["log"], "")
            && verified["ok"] == true
        {
            // What is cut off at the end does not show without a mark that was kept elsewhere.
            let events: Vec<&Value> = log["events"].as_array().unwrap().iter().rev().collect();
            let changed = whole
                .events
                .iter()
                .zip(&events)
                .find(|(was, is)| was != *is);
            assert_eq!(changed, None, "the log is changed, and verified");
            assert!(events.len() <= whole.events.len());
        }
    }
}

const COLUMNS: &str = "id, name, environment, scopes, allowed_ips, owner, note, created_at, expires_at, disabled_at, revoked_at, revocation_reason, \
     last_used_at, last_used_ip, digest";

fn rows(raw: &Connection, filter: &str, value: &Cell) -> rusqlite::Result<Vec<Vec<Cell>>> {
    let mut statement = raw.prepare(&format!("SELECT {COLUMNS} FROM keys {filter}"))?;
    let mut rows = statement.query([value])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((0..15).map(|at| row.get(at)).collect::<Result<_, _>>()?);
    }
    Ok(found)
}

/// Whether a row can be read that has this digest, whatever the indexes say.
fn is_there(raw: &Connection, digest: &[u8]) -> bool {
    rows(
        raw,
        "NOT INDEXED WHERE digest = ?1",
        &Cell::Blob(digest.to_vec()),
    )
    .is_ok_and(|rows| !rows.is_empty())
}

/// The text of a row says what was told of it, and each of its words is one.
fn supported(raw: &Connection, filter: &str, value: Cell, told: &Value) {
    let rows = rows(raw, filter, &value).unwrap();
    assert!(rows.iter().any(|row| says(row, told)), "{told} {rows:?}");
}

fn says(row: &[Cell], told: &Value) -> bool {
    let text = |at: usize| match &row[at] {
        Cell::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let instant = |at: usize| match row[at] {
        Cell::Integer(seconds) => {
            Timestamp::from_unix(seconds).map(|at| Value::from(at.to_string()))
        }
        _ => None,
    };
    let list = |field: &str| {
        told[field]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let words = text(0).is_some_and(|id| id.parse::<KeyId>().is_ok())
        && text(1).is_some_and(|name| name.parse::<Name>().is_ok())
        && text(2).is_some_and(|environment| environment.parse::<Environment>().is_ok())
        && text(3).is_some_and(|scopes| {
            scopes
                .parse::<ScopeSet>()
                .is_ok_and(|scopes| !scopes.is_empty())
        })
        && text(4).is_some_and(|nets| nets.parse::<Allowlist>().is_ok())
        && [5, 6, 11].into_iter().all(|at| {
            row[at] == Cell::Null || text(at).is_some_and(|text| text.parse::<Text>().is_ok())
        });
    words
        && told["id"] == text(0).unwrap()
        && told["name"] == text(1).unwrap()
        && told["environment"] == text(2).unwrap()
        && list("scopes") == text(3).unwrap()
        && list("allowed_ips") == text(4).unwrap()
        && told["owner"].as_str() == text(5)
        && told["note"].as_str() == text(6)
        && Some(&told["created_at"]) == instant(7).as_ref()
        && told["expires_at"] == instant(8).unwrap_or_default()
        && told["disabled_at"] == instant(9).unwrap_or_default()
        && told["revoked_at"] == instant(10).unwrap_or_default()
        && told["last_used_at"] == instant(12).unwrap_or_default()
}

/// The row with this digest allows what was allowed, and refuses what was refused.
fn supported_verdict(raw: &Connection, digest: Vec<u8>, verdict: &Value) {
    let rows = rows(raw, "WHERE digest = ?1", &Cell::Blob(digest.clone())).unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row[14], Cell::Blob(digest), "the row of another key");
    let (Cell::Text(scopes), Cell::Text(nets)) = (&row[3], &row[4]) else {
        panic!("{row:?}")
    };
    let is_over = |at: usize| matches!(row[at], Cell::Integer(seconds) if seconds <= NOW);
    let may = scopes
        .split(' ')
        .any(|scope| scope == "read:orders" || scope == "admin");
    let nets: Allowlist = nets.parse().unwrap();
    let from = nets.is_empty() || nets.admits("192.0.2.1".parse().unwrap());
    let reason = match () {
        () if is_over(10) => Some("revoked"),
        () if row[9] != Cell::Null => Some("disabled"),
        () if is_over(8) => Some("expired"),
        () if !from => Some("ip_not_allowed"),
        () if !may => Some("insufficient_scope"),
        () => None,
    };
    assert_eq!(verdict["reason"].as_str(), reason, "{row:?}");
}

/// The program in this process: its exit status and what it wrote.
fn run(db: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["zenflow-keys", "--db"]
        .into_iter()
        .map(OsString::from)
        .chain([db.into()])
        .chain(args.iter().map(OsString::from));
    let status = zenflow_keys::run(
        args,
        Context {
            clock: &|| Timestamp::from_unix(NOW).unwrap(),
            entropy: &mut Nobody,
            variable: &|_| None,
            user: &|| "tester".into(),
            stdin: &mut input.as_bytes(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            streams: Streams::default(),
            prompt: &mut Nobody,
        },
    );
    (
        status.into(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

/// Nobody is asked, and nothing is drawn.
struct Nobody;

impl Entropy for Nobody {
    fn fill(&mut self, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Prompt for Nobody {
    fn say(&mut self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn confirm(&mut self, _: &str, _: bool) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn text(
        &mut self,
        _: &str,
        _: &str,
        _: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn choose(&mut self, _: &str, _: &[String]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn choose_many(&mut self, _: &str, _: &[String]) -> io::Result<Vec<usize>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn secret(&mut self, _: &str) -> io::Result<Zeroizing<String>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
