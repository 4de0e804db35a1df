//! Serving a store: the switch to a write-ahead log and back, and files that take its place.

use std::os::unix::fs::PermissionsExt;

use rusqlite::OpenFlags;

use super::*;
use crate::store::{connect, schema};

/// A store in a directory of its own.
struct Bench(tempfile::TempDir);

struct Zeroes(u8);

impl crate::domain::Entropy for Zeroes {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        bytes.fill(self.0);
        Ok(())
    }
}

const BEGAN: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix(BEGAN + second).unwrap()
}

fn begun() -> Timestamp {
    at(0)
}

fn later() -> Timestamp {
    at(60)
}

fn actor() -> Text {
    "tester".parse().unwrap()
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let bench = Bench(directory);
        bench.make("keys.db", 0);
        bench
    }

    /// Makes a store whose id consists of this byte.
    fn make(&self, name: &str, id: u8) -> PathBuf {
        let path = self.0.path().join(name);
        file::create(&path, &schema::new_store(&mut Zeroes(id)).unwrap()).unwrap();
        path
    }

    fn db(&self) -> PathBuf {
        self.0.path().join("keys.db")
    }

    fn serve(&self, counts: bool) -> Arc<Serving> {
        Arc::new(Serving::begin(&self.db(), counts, &begun, &actor()).unwrap())
    }

    /// The mode that the header says the store has.
    fn uses_wal(&self) -> bool {
        file::uses_wal(&fs::read(self.db()).unwrap())
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// What is left when a `serve` is killed.
    fn killed(&self) -> Bench {
        let left = Bench(tempfile::tempdir().unwrap());
        fs::set_permissions(left.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
        for name in self.files() {
            fs::copy(self.0.path().join(&name), left.0.path().join(&name)).unwrap();
        }
        left
    }

    fn servings(&self) -> Vec<(Option<i64>, Option<i64>, i64)> {
        let store = Store::open(&self.db(), Access::Read).unwrap();
        let mut statement = store
            .conn
            .prepare("SELECT counted_until, ended_at, turned_on_wal FROM servings ORDER BY seq")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows = rows.unwrap().map(Result::unwrap);
        rows.map(|(until, end, wal): (Option<i64>, Option<i64>, i64)| {
            (until.map(|at| at - BEGAN), end.map(|at| at - BEGAN), wal)
        })
        .collect()
    }
}

fn id_of(reader: &Reader) -> Result<u8, Code> {
    reader
        .read(|view, _| {
            let id: Vec<u8> = view
                .conn
                .query_row("SELECT id FROM store", [], |row| row.get(0))?;
            Ok(id[0])
        })
        .map_err(|error| error.code)
}

#[test]
fn a_store_has_a_write_ahead_log_for_as_long_as_it_is_served() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    assert!(bench.uses_wal());
    assert_eq!(id_of(&serving.reader()), Ok(0));
    assert_eq!(bench.servings(), [(Some(0), None, 1)]);
    serving.end(&later).unwrap();
    assert!(!bench.uses_wal());
    assert_eq!(bench.servings(), [(Some(0), Some(60), 0)]);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn a_log_that_its_owner_chose_stays() {
    let bench = Bench::new();
    let owner = rusqlite::Connection::open(bench.db()).unwrap();
    owner.pragma_update(None, "journal_mode", "WAL").unwrap();
    drop(owner);
    bench.serve(true).end(&later).unwrap();
    assert!(bench.uses_wal());
    assert_eq!(bench.servings(), [(Some(0), Some(60), 0)]);
}

#[test]
fn the_last_of_several_switches_back_and_leaves_no_note_of_those_that_count_nothing() {
    let bench = Bench::new();
    let (first, second) = (bench.serve(false), bench.serve(true));
    first.end(&later).unwrap();
    assert!(bench.uses_wal());
    second.end(&later).unwrap();
    assert!(!bench.uses_wal());
    assert_eq!(bench.servings(), [(Some(0), Some(60), 0)]);
}

#[test]
fn while_somebody_has_it_open_the_log_stays_and_the_next_change_ends_it() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = Store::open(&bench.db(), Access::Read).unwrap();
    reader.read(|_| Ok(())).unwrap();
    serving.end(&later).unwrap();
    assert!(bench.uses_wal());
    drop(reader);
    drop(Store::open_to_write(&bench.db(), &later).unwrap());
    assert!(!bench.uses_wal());
}

#[test]
fn what_a_killed_one_has_left_is_put_right_by_the_next_change() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let _ = serving.record(&[], &|| at(30)).unwrap();
    let left = bench.killed();
    drop(Store::open_to_write(&left.db(), &later).unwrap());
    assert!(!left.uses_wal());
    // Nothing says that it counted any longer.
    assert_eq!(left.servings(), [(Some(30), Some(30), 0)]);
}

#[test]
fn what_a_killed_one_has_left_is_put_right_by_the_end_of_the_next() {
    let bench = Bench::new();
    let _killed = bench.serve(true);
    let left = bench.killed();
    let next = Serving::begin(&left.db(), true, &later, &actor()).unwrap();
    assert!(left.uses_wal());
    assert_eq!(
        left.servings(),
        [(Some(0), Some(0), 0), (Some(60), None, 1)]
    );
    next.end(&later).unwrap();
    assert!(!left.uses_wal());
}

#[test]
fn a_change_beside_a_live_one_puts_nothing_right() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    drop(Store::open_to_write(&bench.db(), &later).unwrap());
    assert!(bench.uses_wal());
    assert_eq!(bench.servings(), [(Some(0), None, 1)]);
    serving.end(&later).unwrap();
}

#[test]
fn the_mode_that_cannot_be_changed_is_an_error() {
    let bench = Bench::new();
    let mut current = Current::open(&bench.db()).unwrap();
    let server = Server {
        counts: true,
        actor: actor(),
    };
    let other = connect(&bench.db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    other.execute_batch("BEGIN; SELECT * FROM store").unwrap();
    current.store.conn.busy_timeout(Duration::ZERO).unwrap();
    let failed = current.settle_in(&server, &begun, |tries| tries < 3);
    assert_eq!(failed.unwrap_err().code, Code::StoreLocked);
    assert!(!bench.uses_wal());
}

#[test]
fn a_store_that_was_replaced_is_the_one_that_answers() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let (first, second) = (serving.reader(), serving.reader());
    assert_eq!((id_of(&first), id_of(&second)), (Ok(0), Ok(0)));
    let _ = serving.record(&[], &begun).unwrap();
    assert_eq!(bench.files().len(), 3);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!((id_of(&first), id_of(&second)), (Ok(7), Ok(7)));
    assert_eq!(bench.files(), ["keys.db"], "the log of the old one is gone");
    serving.look_after(&later).unwrap();
    assert!(bench.uses_wal());
    assert_eq!(id_of(&first), Ok(7));
    serving.end(&later).unwrap();
    assert!(!bench.uses_wal());
}

#[test]
fn one_that_is_away_is_waited_for_with_its_log() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    let away = bench.0.path().join("away");
    fs::rename(bench.db(), &away).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreMissing));
    assert_eq!(
        serving.look_after(&later).unwrap_err().code,
        Code::StoreMissing
    );
    assert_eq!(bench.files(), ["away", "keys.db-shm", "keys.db-wal"]);
    fs::rename(&away, bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(0));
    // Another one while it was away is another one.
    fs::rename(bench.db(), &away).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreMissing));
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
    assert_eq!(bench.files(), ["away", "keys.db"]);
    // And what its log held is in the old one.
    fs::rename(&away, bench.db()).unwrap();
    assert_eq!(bench.servings(), [(Some(0), None, 1)]);
}

#[test]
fn one_that_is_no_store_or_not_safe_is_not_read_until_it_is() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    assert_eq!(id_of(&reader), Ok(0));
    fs::set_permissions(bench.0.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(
        serving.look_after(&later).unwrap_err().code,
        Code::StoreUnsafe
    );
    assert_eq!(id_of(&reader), Err(Code::StoreUnsafe));
    fs::set_permissions(bench.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(id_of(&reader), Ok(0));
    let other = bench.0.path().join("other");
    fs::write(&other, "something else").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&other, bench.db()).unwrap();
    assert_eq!(id_of(&reader), Err(Code::StoreForeign));
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    assert_eq!(id_of(&reader), Ok(7));
}

#[test]
fn the_state_of_the_store_is_another_one_after_each_change_and_each_replacement() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let state = || reader.read(|_, state| Ok(state)).unwrap();
    let first = state();
    assert_eq!(state(), first);
    let mut store = Store::open_to_write(&bench.db(), &later).unwrap();
    store
        .write(Lock::Immediate, &later, &actor())
        .and_then(|mut write| {
            write.note_serving(None, false, false)?;
            write.commit()
        })
        .unwrap();
    let second = state();
    assert_ne!(second, first);
    drop(store);
    fs::rename(bench.make("restored", 7), bench.db()).unwrap();
    let third = state();
    assert!(third != first && third != second);
}

#[test]
fn a_reader_does_not_wait_for_a_writer() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let mut store = Store::open_to_write(&bench.db(), &later).unwrap();
    let write = store.write(Lock::Exclusive, &later, &actor()).unwrap();
    assert_eq!(id_of(&reader), Ok(0));
    drop(write);
}

/// SQLite's locks would be lost with any other descriptor of the file that is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_served_store_stays_locked_whatever_is_looked_at() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    let reader = serving.reader();
    let inode = format!(":{} ", fs::metadata(bench.db()).unwrap().ino());
    let process = format!(" {} ", std::process::id());
    let is_locked = || {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks
            .lines()
            .any(|line| line.contains(&inode) && line.contains(&process))
    };
    assert!(is_locked());
    for _ in 0..2 {
        serving.look_after(&later).unwrap();
        assert_eq!(id_of(&reader), Ok(0));
        assert!(is_locked());
    }
    drop(serving.reader());
    assert!(is_locked());
}
