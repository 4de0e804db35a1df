//! What the store promises whatever the commands do: the log only grows, a damaged row never
//! answers for another key, and its idea of a state is the domain's.

mod log;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rusqlite::Connection;
use zenflow_keys::domain::event::Action;
use zenflow_keys::domain::selection::{Filter, Selection, Sort};
use zenflow_keys::domain::{
    ApiKey, Entropy, Environment, Key, KeyId, Presented, Revocation, Status, Timestamp,
};
use zenflow_keys::error::Code;
use zenflow_keys::store::{Access, Lock, Store};

const NOW: i64 = 1_800_000_000;

fn at(offset: i64) -> Timestamp {
    Timestamp::from_unix(NOW + offset).unwrap()
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 33) as u8;
        }
        Ok(())
    }
}

struct Bench {
    directory: tempfile::TempDir,
    entropy: Counter,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        Bench {
            directory,
            entropy: Counter(7),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("keys.db")
    }

    fn store(&mut self) -> Store {
        Store::open_or_create(&self.path(), false, &mut self.entropy, &|| at(0)).unwrap()
    }

    /// Adds a key as `settle` leaves it.
    fn add(&mut self, name: &str, settle: impl FnOnce(Key) -> Key) -> (Key, ApiKey) {
        let id = KeyId::draw(&mut self.entropy).unwrap();
        let secret = ApiKey::draw(Environment::Live, id, &mut self.entropy).unwrap();
        let key = crate::support::plain::key(id, name, at(0));
        let mut store = self.store();
        let mut write = store
            .write(Lock::Exclusive, &|| at(0), &"tester".parse().unwrap())
            .unwrap();
        write
            .insert(&key, &secret.digest(), Action::Create)
            .unwrap();
        let settled = settle(key.clone());
        write.save(&key, &settled, Action::Update).unwrap();
        write.commit().unwrap();
        (settled, secret)
    }

    fn sql(&self, sql: &str) -> rusqlite::Result<()> {
        Connection::open(self.path()).unwrap().execute_batch(sql)
    }

    fn read(&self) -> Store {
        Store::open(&self.path(), Access::Read).unwrap()
    }
}

fn presented(key: &ApiKey) -> Presented {
    Presented::from_bytes(key.expose().as_bytes())
}

#[test]
fn a_row_never_answers_for_another_key() {
    let mut bench = Bench::new();
    let (_, one) = bench.add("one", |key| key);
    let (other, _) = bench.add("other", |key| key);
    let digest = one.digest().to_string();
    bench
        .sql(&format!(
            "UPDATE keys SET digest = randomblob(32) WHERE hex(digest) = upper('{digest}')"
        ))
        .unwrap();
    assert_eq!(
        bench
            .read()
            .read(|view| view.key_presented(&presented(&one)))
            .unwrap(),
        None
    );
    bench
        .sql(&format!(
            "UPDATE keys SET digest = unhex('{digest}') WHERE id = '{}'",
            other.id
        ))
        .unwrap();
    let fault = bench
        .read()
        .read(|view| view.key_presented(&presented(&one)))
        .unwrap_err();
    assert_eq!(fault.code, Code::StoreDamaged);
}

#[test]
fn a_digest_that_stands_only_in_the_row_or_only_in_the_index_finds_nothing() {
    let mut bench = Bench::new();
    let (_, secret) = bench.add("one", |key| key);
    let whole = std::fs::read(bench.path()).unwrap();
    let digest = secret.digest();
    let places: Vec<usize> = (0..whole.len() - 32)
        .filter(|at| whole[*at..].starts_with(digest.as_bytes()))
        .collect();
    assert_eq!(places.len(), 2, "the row and the index");
    for place in places {
        let mut damaged = whole.clone();
        damaged[place + 16] ^= 1;
        std::fs::write(bench.path(), damaged).unwrap();
        let found = bench
            .read()
            .read(|view| view.key_presented(&presented(&secret)));
        assert!(!matches!(found, Ok(Some(_))), "{found:?}");
    }
}

#[test]
fn a_row_that_no_door_of_the_domain_lets_in_is_damage() {
    for damage in [
        "name = 'a  b'",
        "scopes = 'root'",
        "scopes = 'write:orders read:orders'",
        "allowed_ips = '10.0.0.1/8'",
        "created_at = -1",
        "expires_at = 253402300800",
        "owner = char(27) || '[31m'",
        "last_used_at = 1, last_used_ip = 'here'",
        "allowed_ips = '10.0.0.1 9.0.0.1'",
    ] {
        let mut bench = Bench::new();
        let (key, secret) = bench.add("one", |key| key);
        bench.sql(&format!("UPDATE keys SET {damage}")).unwrap();
        let fault = bench
            .read()
            .read(|view| view.key_presented(&presented(&secret)))
            .unwrap_err();
        assert_eq!(fault.code, Code::StoreDamaged, "{damage}");
        assert!(
            bench.read().read(|view| view.key(key.id)).is_err(),
            "{damage}"
        );
    }
}

#[test]
fn the_stores_idea_of_a_state_is_the_domains() {
    let mut bench = Bench::new();
    let ends = [None, Some(-1), Some(0), Some(1)];
    let mut keys = Vec::new();
    for expiry in ends {
        for revocation in ends {
            for disabled in [None, Some(-5)] {
                let name = format!("key {}", keys.len());
                let settle = |key| Key {
                    expires_at: expiry.map(at),
                    revocation: revocation.map(|offset| Revocation {
                        at: at(offset),
                        reason: None,
                    }),
                    disabled_at: disabled.map(at),
                    ..key
                };
                keys.push(bench.add(&name, settle).0);
            }
        }
    }
    let store = bench.read();
    let select = |filter: Filter| {
        let mut found = Vec::new();
        let selection = Selection {
            filter,
            ..Selection::default()
        };
        store
            .each_key(&selection, at(0), |key| {
                found.push(key.id);
                Ok(true)
            })
            .unwrap();
        found
    };
    let expected = |meant: &dyn Fn(&Key) -> bool| {
        keys.iter()
            .filter(|key| meant(key))
            .map(|key| key.id)
            .collect::<Vec<_>>()
    };
    for status in Status::ALL {
        let found = select(Filter {
            statuses: vec![status],
            ..Filter::default()
        });
        assert_eq!(
            found,
            expected(&|key| key.status(at(0)) == status),
            "{status:?}"
        );
    }
    assert_eq!(
        select(Filter::default()),
        expected(&|key| key.is_usable(at(0)))
    );
    assert_eq!(
        select(Filter {
            all: true,
            ..Filter::default()
        }),
        expected(&|_| true)
    );
}

#[test]
fn pages_of_a_list_lose_no_key_and_repeat_none() {
    let mut bench = Bench::new();
    bench.add("one", |key| key);
    // A million would not tell more than three pages.
    bench
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
             INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at, expires_at)
             SELECT 'a' || printf('%09d', i), randomblob(32), 'n' || (i % 7), 'n' || (i % 7), 'live', 'admin', 1800000000, iif(i % 3, NULL, 1900000000 + i % 11) FROM n",
        )
        .unwrap();
    let store = bench.read();
    for sort in Sort::ALL {
        for reverse in [false, true] {
            let mut seen = std::collections::BTreeSet::new();
            let selection = Selection {
                sort,
                reverse,
                ..Selection::default()
            };
            store
                .each_key(&selection, at(0), |key| {
                    assert!(seen.insert(key.id), "{sort:?} twice");
                    Ok(true)
                })
                .unwrap();
            assert_eq!(seen.len(), 2500, "{sort:?} {reverse}");
        }
    }
}

#[test]
fn a_row_is_read_as_it_is_written_and_no_more_generously() {
    for damage in [
        "id = upper(id)",
        "environment = 'LIVE'",
        "scopes = 'read:orders,admin'",
    ] {
        let mut bench = Bench::new();
        bench.add("one", |key| key);
        bench
            .sql(&format!(
                "PRAGMA ignore_check_constraints = ON; UPDATE keys SET {damage}"
            ))
            .unwrap();
        let all = Selection {
            filter: Filter {
                all: true,
                ..Filter::default()
            },
            ..Selection::default()
        };
        assert_eq!(
            bench
                .read()
                .each_key(&all, at(0), |_| Ok(true))
                .unwrap_err()
                .code,
            Code::StoreDamaged,
            "{damage}"
        );
    }
}

#[test]
fn a_damaged_index_does_not_hide_a_key() {
    let mut bench = Bench::new();
    let (_, key) = bench.add("one", |key| key);
    bench.sql("PRAGMA writable_schema = ON; CREATE TABLE empty (digest BLOB); CREATE INDEX none ON empty (digest)").unwrap();
    // The index of the digests is now one that has no entry.
    let roots = "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'none') WHERE name = 'sqlite_autoindex_keys_2'; \
                 DELETE FROM sqlite_schema WHERE name IN ('none', 'empty')";
    bench
        .sql(&format!("PRAGMA writable_schema = ON; {roots}"))
        .unwrap();
    let fault = bench
        .read()
        .read(|view| view.key_presented(&presented(&key)))
        .unwrap_err();
    assert_eq!(fault.code, Code::StoreDamaged);
    let confirm = |store: Store| {
        store.read(|view| {
            view.lookup()?
                .confirm_absence(key.id().unwrap(), &key.digest())
        })
    };
    assert_eq!(confirm(bench.read()).unwrap_err().code, Code::StoreDamaged);
}

#[test]
fn a_key_that_was_made_after_it_was_not_found_is_no_damage() {
    let mut bench = Bench::new();
    let (_, key) = bench.add("one", |key| key);
    bench
        .read()
        .read(|view| {
            view.lookup()?
                .confirm_absence(key.id().unwrap(), &key.digest())
        })
        .unwrap();
}

#[test]
fn a_list_in_which_a_key_comes_twice_is_damage() {
    let mut bench = Bench::new();
    bench.add("one", |key| key);
    bench
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
             INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
             SELECT 'a' || printf('%09d', i), randomblob(32), 'n', 'n', 'live', 'admin', 1800000000 FROM n",
        )
        .unwrap();
    // Two pages of the table that hold the same rows.
    let mut bytes = std::fs::read(bench.path()).unwrap();
    // The row itself, and not its id in an index: id, digest, name and what follows.
    let is_row = |window: &[u8], id: &str| {
        window.starts_with(id.as_bytes()) && window.ends_with(b"nnliveadmin")
    };
    let page = |bytes: &[u8], id: &str| {
        bytes
            .windows(53)
            .position(|window| is_row(window, id))
            .unwrap()
            / 4096
            * 4096
    };
    let (from, to) = (page(&bytes, "a000000100"), page(&bytes, "a000000200"));
    assert_ne!(from, to);
    bytes.copy_within(from..from + 4096, to);
    std::fs::write(bench.path(), bytes).unwrap();
    let all = Selection {
        filter: Filter {
            all: true,
            ..Filter::default()
        },
        ..Selection::default()
    };
    for reverse in [false, true] {
        let fault = bench
            .read()
            .each_key(
                &Selection {
                    reverse,
                    ..all.clone()
                },
                at(0),
                |_| Ok(true),
            )
            .unwrap_err();
        assert_eq!(fault.code, Code::StoreDamaged);
    }
}

#[test]
fn a_key_that_is_renamed_under_a_list_by_name_is_not_listed_twice() {
    let mut bench = Bench::new();
    bench.add("a", |key| key);
    bench
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
             INSERT INTO keys (id, digest, name, name_folded, environment, scopes, created_at)
             SELECT 'a' || printf('%09d', i), randomblob(32), 'b' || i, 'b' || i, 'live', 'admin', 1800000000 FROM n",
        )
        .unwrap();
    let mut seen = Vec::new();
    let selection = Selection {
        sort: Sort::Name,
        ..Selection::default()
    };
    bench
        .read()
        .each_page(&selection, at(0), |page| {
            seen.extend(page.iter().map(|key| key.id));
            bench
                .sql("UPDATE keys SET name = 'c', name_folded = 'c' WHERE seq = 1")
                .unwrap();
            Ok(true)
        })
        .unwrap();
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (2500, 2500));
}
