//! Serving a store: the switch to a write-ahead log and back, and who waits for whom.

mod replaced;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::atomic::AtomicI64;
use std::thread;
use std::time::Duration;

use rusqlite::OpenFlags;

use super::current::switch_to_wal;
use super::*;
use crate::domain::api_key::entropy::tests::Repeated;
use crate::error::Code;
use crate::store::{Access, connect, schema};

/// A store in a directory of its own.
struct Bench(tempfile::TempDir);

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
        file::create(&path, &schema::new_store(&mut Repeated(id)).unwrap()).unwrap();
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

/// Another second each time, so that a reader looks at the path.
fn next_second() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    at(SECONDS.fetch_add(1, Ordering::Relaxed))
}

fn id_of(reader: &Reader) -> Result<u8, Code> {
    reader
        .read(next_second(), |view, _| {
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
fn a_mode_that_cannot_be_changed_is_tried_again_and_is_an_error_then() {
    let bench = Bench::new();
    let conn = connect(&bench.db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    conn.busy_timeout(Duration::ZERO).unwrap();
    let other = connect(&bench.db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    other.execute_batch("BEGIN; SELECT * FROM store").unwrap();
    let tried = std::cell::Cell::new(0);
    let three_times = |tries| {
        tried.set(tries);
        tries < 3
    };
    let failed = switch_to_wal(&conn, three_times).unwrap_err();
    assert_eq!((failed.code, tried.get()), (Code::StoreLocked, 3));
    assert!(!bench.uses_wal());
    let until_it_ends = |_| other.execute_batch("ROLLBACK").is_ok();
    switch_to_wal(&conn, until_it_ends).unwrap();
    assert!(bench.uses_wal());
}

#[test]
fn the_last_of_several_that_end_at_the_same_time_switches_back() {
    let bench = Bench::new();
    let all: Vec<_> = (0..4).map(|_| bench.serve(true)).collect();
    thread::scope(|scope| {
        for serving in &all {
            scope.spawn(|| serving.end(&later).unwrap());
        }
    });
    assert!(!bench.uses_wal());
    assert_eq!(bench.servings(), [(Some(0), Some(60), 0); 4]);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn a_new_reader_does_not_wait_for_what_is_being_recorded() {
    let bench = Bench::new();
    let serving = bench.serve(true);
    // As one does who records, for as long as another writer has the lock.
    let recording = lock(&serving.current);
    assert_eq!(id_of(&serving.reader()), Ok(0));
    drop(recording);
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
    let is_listed = |_| {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks
            .lines()
            .any(|line| line.contains(&inode) && line.contains(&process))
    };
    // The list is read in parts, and one that moves between them while others lock is missed.
    let is_locked = || (0..100).any(is_listed);
    assert!(is_locked());
    for _ in 0..2 {
        serving.look_after(&later).unwrap();
        assert_eq!(id_of(&reader), Ok(0));
        assert!(is_locked());
    }
    drop(serving.reader());
    assert!(is_locked());
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
