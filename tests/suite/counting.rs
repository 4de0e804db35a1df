//! What the store counts: uses by the hour, and how far a log was counted.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rusqlite::Connection;
use zenflow_keys::domain::event::Action;
use zenflow_keys::domain::usage::{ImportMark, Outcome, Totals, UsageBucket};
use zenflow_keys::domain::{ApiKey, Entropy, Environment, KeyId, Reason, ScopeSet, Timestamp};
use zenflow_keys::store::{Access, Lock, Store, Unrecorded, WriteTx};

/// The start of an hour.
const HOUR: i64 = 1_800_000_000;

fn at(offset: i64) -> Timestamp {
    Timestamp::from_unix(HOUR + offset).unwrap()
}

struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        bytes.fill(7);
        Ok(())
    }
}

struct Bench {
    directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        Bench { directory }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("keys.db")
    }

    fn write<T>(&self, change: impl FnOnce(&mut WriteTx<'_>) -> T) -> T {
        let mut store = Store::open_or_create(&self.path(), false, &mut Fixed, &|| at(0)).unwrap();
        let mut write = store
            .write(Lock::Immediate, &|| at(0), &"tester".parse().unwrap())
            .unwrap();
        let changed = change(&mut write);
        write.commit().unwrap();
        changed
    }

    fn key(&self) -> KeyId {
        let id: KeyId = "k3m9x2q7vd".parse().unwrap();
        let key = crate::support::plain::key(id, "ERP", at(0));
        let digest = ApiKey::draw(Environment::Live, id, &mut Fixed)
            .unwrap()
            .digest();
        self.write(|write| write.insert(&key, &digest, Action::Create).unwrap());
        id
    }

    fn read(&self) -> Store {
        Store::open(&self.path(), Access::Read).unwrap()
    }

    fn rows(&self) -> Vec<(i64, String, String, i64, i64, i64)> {
        let conn = Connection::open(self.path()).unwrap();
        let mut statement = conn
            .prepare("SELECT hour, ip, outcome, count, first_at, last_at FROM usage")
            .unwrap();
        let rows = statement.query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn uses(key: KeyId, ip: &str, outcome: Outcome, count: u64, first: i64, last: i64) -> UsageBucket {
    let ip = Some(ip.parse().unwrap());
    UsageBucket {
        key,
        ip,
        endpoint: None,
        scopes: ScopeSet::EMPTY,
        outcome,
        count,
        first_at: at(first),
        last_at: at(last),
    }
}

/// Records all of them.
fn record(write: &mut WriteTx<'_>, all: &[UsageBucket]) {
    assert_eq!(write.record(all).unwrap(), Unrecorded::default());
}

#[test]
fn uses_add_up_within_their_hour_whatever_the_order_they_come_in() {
    let bench = Bench::new();
    let key = bench.key();
    let refused = Outcome::Refused(Reason::InsufficientScope);
    bench.write(|write| {
        record(
            write,
            &[
                uses(key, "203.0.113.7", Outcome::Allowed, 3, 100, 200),
                uses(key, "203.0.113.0/24", refused, 2, 10, 20),
            ],
        );
        record(
            write,
            &[
                uses(key, "203.0.113.7", Outcome::Allowed, 1, 50, 50),
                uses(key, "203.0.113.7", Outcome::Other, 1, 3600, 3600),
            ],
        );
    });
    let row = |ip: &str, outcome: Outcome, hour, count, first, last| {
        (
            HOUR + hour,
            ip.to_owned(),
            outcome.as_str().to_owned(),
            count,
            HOUR + first,
            HOUR + last,
        )
    };
    assert_eq!(
        bench.rows(),
        [
            row("203.0.113.0/24", refused, 0, 2, 10, 20),
            row("203.0.113.7", Outcome::Allowed, 0, 4, 50, 200),
            row("203.0.113.7", Outcome::Other, 3600, 1, 3600, 3600)
        ]
    );
    let store = bench.read();
    assert_eq!(
        store.use_totals(key, at(0)).unwrap(),
        Totals {
            allowed: 4,
            refused: 2,
            other: 1
        }
    );
    assert_eq!(store.read(|view| view.usage_since()).unwrap(), Some(at(10)));
}

#[test]
fn the_last_use_is_the_newest_allowed_one() {
    let bench = Bench::new();
    let key = bench.key();
    bench.write(|write| {
        record(
            write,
            &[
                uses(key, "203.0.113.7", Outcome::Allowed, 1, 70, 70),
                uses(key, "203.0.113.8", Outcome::Other, 1, 90, 90),
            ],
        );
        record(
            write,
            &[
                uses(key, "203.0.113.0/24", Outcome::Allowed, 2, 10, 80),
                uses(key, "203.0.113.9", Outcome::Allowed, 1, 60, 60),
            ],
        );
    });
    let last = bench
        .read()
        .read(|view| view.known_key(key))
        .unwrap()
        .last_use
        .unwrap();
    assert_eq!(
        (last.at, last.ip.unwrap().to_string()),
        (at(80), "203.0.113.0/24".into())
    );
}

#[test]
fn what_was_counted_of_a_log_is_found_by_its_first_line_and_earlier_notes_stay() {
    let bench = Bench::new();
    bench.key();
    let part = |head, bytes, digest| ImportMark {
        head: [head; 32],
        bytes,
        lines: 1,
        digest: [digest; 32],
    };
    bench.write(|write| {
        for part in [part(1, 10, 1), part(1, 9, 2), part(2, 5, 3)] {
            write.counted(&part).unwrap();
        }
    });
    bench.write(|write| write.counted(&part(1, 30, 4)).unwrap());
    let store = bench.read();
    let counted = |head| store.read(|view| view.counted([head; 32])).unwrap();
    assert_eq!(counted(1), [part(1, 9, 2), part(1, 10, 1), part(1, 30, 4)]);
    assert_eq!(counted(2), [part(2, 5, 3)]);
    assert!(counted(3).is_empty());
}

#[test]
fn a_store_of_the_first_version_is_brought_up_to_date_by_who_may_write() {
    let bench = Bench::new();
    let old = Connection::open(bench.path()).unwrap();
    old.execute_batch(include_str!("../../src/store/schema/001_keys.sql"))
        .unwrap();
    old.execute_batch("INSERT INTO store (one, id) VALUES (1, zeroblob(32)); PRAGMA application_id = 0x5a464b31; PRAGMA user_version = 1;")
        .unwrap();
    drop(old);
    std::fs::set_permissions(bench.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(bench.read().read(|view| view.usage_since()).unwrap(), None);
    let key = bench.key();
    bench.write(|write| {
        record(
            write,
            &[uses(key, "203.0.113.7", Outcome::Allowed, 1, 0, 0)],
        )
    });
    assert!(
        bench
            .read()
            .read(|view| view.counted([0; 32]))
            .unwrap()
            .is_empty()
    );
}
