//! Stores of many keys, made quickly: the rows that the program would have written, in one
//! transaction, with indexes and audit chain.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use zenflow_keys::domain::event::{Entry, Hash};
use zenflow_keys::domain::{ApiKey, Entropy, Environment, KeyId, Timestamp};
use zenflow_keys::store::{Store, key_row_hash};

use crate::measure;
use crate::report::{Report, count};

/// A store, and what is known of it.
pub struct Fixture {
    pub keys: usize,
    pub path: PathBuf,
}

/// SplitMix64: each key is drawn from its number, so that it need not be remembered.
pub struct Numbered(pub u64);

impl Numbered {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for Numbered {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        bytes
            .chunks_mut(8)
            .for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]));
        Ok(())
    }
}

/// The key with this number. Numbers from the size of a store on are not in it.
pub fn key(number: usize) -> (KeyId, ApiKey) {
    let entropy = &mut Numbered((number as u64) << 20);
    let id = KeyId::draw(entropy).unwrap();
    (id, ApiKey::draw(environment(number), id, entropy).unwrap())
}

fn environment(number: usize) -> Environment {
    if number % 10_000 == 77 {
        Environment::Test
    } else {
        Environment::Live
    }
}

pub fn name(number: usize) -> String {
    format!("Shop {number:07}")
}

const SCOPES: [&str; 4] = [
    "read:orders read:products read:stock",
    "read:orders write:orders read:products read:stock write:stock",
    "read:products read:stock write:stock",
    "read:orders write:webhooks",
];

impl Fixture {
    pub fn make(directory: &Path, keys: usize) -> Self {
        eprintln!("a store of {} keys …", count(keys as f64));
        // A directory for each, since a path is part of what is measured.
        let directory = directory.join(keys.to_string());
        let path = directory.join("keys.db");
        if path.exists() {
            return Fixture { keys, path };
        }
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        drop(Store::open_or_create(&path, false, &mut Numbered(1), &|| Timestamp::MAX).unwrap());
        fill(&mut Connection::open(&path).unwrap(), keys).unwrap();
        Fixture { keys, path }
    }

    /// A file of questions for `check --batch`; `from` is the first number that may be drawn, of
    /// `among`.
    pub fn questions(&self, name: &str, lines: usize, from: usize, among: usize) -> PathBuf {
        let path = self.path.with_file_name(name);
        let mut random = Numbered(5);
        let mut text = Vec::with_capacity(lines * 100);
        for line in 0..lines {
            let (_, key) = key(from + random.next() as usize % among);
            text.extend(
                format!(
                    "{{\"ref\":{line},\"key\":\"{}\",\"scope\":\"read:orders\"}}\n",
                    key.expose()
                )
                .into_bytes(),
            );
        }
        fs::write(&path, text).unwrap();
        path
    }
}

fn fill(store: &mut Connection, keys: usize) -> rusqlite::Result<()> {
    store.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000;",
    )?;
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let origin = store.query_row("SELECT id FROM store", [], |row| row.get(0))?;
    let tx = store.transaction()?;
    let mut previous = Hash(origin);
    {
        let mut insert = tx.prepare(
            "INSERT INTO keys (id, digest, name, name_folded, environment, scopes, allowed_ips, owner, created_at, expires_at, disabled_at, \
             revoked_at, last_used_at, last_used_ip) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        let mut log =
            tx.prepare("INSERT INTO events VALUES (?1, ?2, 'bench', 'create', ?3, ?4, ?5, ?6)")?;
        for number in 0..keys {
            let (id, key) = key(number);
            let (name, scopes, environment) = (
                name(number),
                SCOPES[number % 4],
                environment(number).as_str(),
            );
            let created_at =
                now - 30_000_000 + (number * 20 / keys.div_ceil(1_000_000)) as i64 % 29_000_000;
            let every = |n: usize, seconds: i64| (number % n == n / 2).then_some(now + seconds);
            let expires_at =
                every(10_000, 86_400).or(every(2, 90 * 86_400 + number as i64 % 1_000_000));
            let used_at = every(3, -(number as i64 % 9_000_000));
            let (disabled_at, revoked_at) = (every(10_000, -500), every(100, -1_000));
            let allowed_ips = if number % 10 == 3 {
                "203.0.113.0/24"
            } else {
                ""
            };
            let owner = (number % 2 == 0).then(|| format!("team {}", number / 100));
            let seq = number as i64 + 1;
            let row_hash = key_row_hash(seq, id, instant(created_at), &key.digest());
            let id = id.as_str();
            insert.execute(params![
                id,
                key.digest().as_bytes(),
                name,
                name.to_lowercase(),
                environment,
                scopes,
                allowed_ips,
                owner,
                created_at,
                expires_at,
                disabled_at,
                revoked_at,
                used_at,
                used_at.map(|_| "203.0.113.7"),
            ])?;
            let at = |at: Option<i64>| at.map(|at| instant(at).to_string());
            let fields = [
                ("allowed_ips", list(allowed_ips)),
                ("disabled_at", at(disabled_at).into()),
                ("environment", environment.into()),
                ("expires_at", at(expires_at).into()),
                ("name", name.clone().into()),
                ("owner", owner.into()),
                ("revoked_at", at(revoked_at).into()),
                ("row_hash", row_hash.to_string().into()),
                ("scopes", list(scopes)),
            ];
            let details: Map<String, Value> = fields
                .into_iter()
                .filter(|(_, after)| !after.is_null())
                .map(|(field, after)| (field.into(), json!({ "before": null, "after": after })))
                .collect();
            let details = Value::Object(details).to_string();
            let entry = Entry {
                seq,
                at: created_at,
                actor: "bench",
                action: "create",
                key_id: id,
                key_name: &name,
                details: &details,
            };
            previous = entry.hash(previous);
            log.execute(params![seq, created_at, id, name, details, previous.0])?;
        }
    }
    tx.commit()?;
    assert!(Timestamp::from_unix(now).is_some());
    Ok(())
}

fn instant(at: i64) -> Timestamp {
    Timestamp::from_unix(at).unwrap()
}

/// What stands in an event for a list that is joined by spaces.
fn list(joined: &str) -> Value {
    match joined {
        "" => Value::Null,
        joined => joined.split(' ').collect(),
    }
}

/// What it takes on the disk.
pub fn section(fixtures: &[Fixture], report: &mut Report) {
    let size = |path: &Path| fs::metadata(path).unwrap().len() as f64;
    report.fact(
        "the program on the disk",
        0,
        format!("{:.2} MiB", size(measure::installed()) / 1_048_576.0),
        "≤ 6 MiB",
    );
    for fixture in fixtures.iter().filter(|fixture| fixture.keys >= 1000) {
        // A store that was kept from an earlier run holds what that run made.
        let count: u32 = Connection::open(&fixture.path)
            .unwrap()
            .query_row("SELECT count(*) FROM keys", [], |row| row.get(0))
            .unwrap();
        let bytes = format!("{:.0} bytes", size(&fixture.path) / f64::from(count));
        report.fact(
            "store per key, with its audit entry",
            fixture.keys,
            bytes,
            "",
        );
    }
    let Some(largest) = fixtures.last() else {
        return;
    };
    let mut check = measure::program(&largest.path, &["check", "--key-env", "NONE"]);
    report.fact(
        "peak memory of `check`",
        largest.keys,
        format!("{:.1} MiB", measure::peak(&mut check, None)),
        "",
    );
}
