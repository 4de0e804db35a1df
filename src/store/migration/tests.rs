use std::os::unix::fs::PermissionsExt;
use std::thread;

use super::*;
use crate::domain::api_key::entropy::tests::Repeated;
use crate::store::{Access, Store};

fn epoch() -> Timestamp {
    Timestamp::from_unix(0).unwrap()
}

struct Bench(tempfile::TempDir);

impl Bench {
    /// A store of the present version in a directory of its own.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let bench = Bench(directory);
        file::create(&bench.db(), &schema::new_store(&mut Repeated(0)).unwrap()).unwrap();
        bench
    }

    fn db(&self) -> PathBuf {
        self.0.path().join("keys.db")
    }

    fn open(&self) -> Connection {
        connect(&self.db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
    }

    /// Takes this step as if a newer program had it.
    fn migrate(&self, step: &str) -> Result<Option<Migration>, Error> {
        steps(&mut self.open(), &self.db(), &epoch, &with(step))
    }

    fn version(&self) -> i64 {
        self.open()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn with(step: &str) -> Vec<&str> {
    STEPS.into_iter().chain([step]).collect()
}

fn copy_name(number: &str) -> String {
    format!("keys.db.v{VERSION}{number}.bak")
}

const STEP: &str = "CREATE TABLE extra (a INTEGER) STRICT; INSERT INTO extra VALUES (7);";

#[test]
fn an_older_store_is_copied_and_then_brought_up_to_date() {
    let bench = Bench::new();
    let before = fs::read(bench.db()).unwrap();
    let migration = bench.migrate(STEP).unwrap().unwrap();
    assert_eq!((migration.from, migration.to), (VERSION, VERSION + 1));
    assert_eq!(bench.version(), VERSION + 1);
    assert_eq!(
        bench
            .open()
            .query_row("SELECT a FROM extra", [], |row| row.get::<_, i64>(0))
            .unwrap(),
        7
    );
    assert_eq!(bench.files(), ["keys.db".into(), copy_name("")]);
    assert_eq!(
        migration.copy.file_name().unwrap().to_str(),
        Some(&*copy_name(""))
    );
    assert_eq!(
        migration.copy.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    // The counters of changes in the header differ, and nothing else.
    let copy = fs::read(&migration.copy).unwrap();
    assert!(copy.len() == before.len() && copy[100..] == before[100..]);
    assert!(
        Store::open(&migration.copy, Access::Write)
            .unwrap()
            .audit(None)
            .unwrap()
            .first_bad
            .is_none()
    );
    assert_eq!(bench.migrate(STEP).unwrap_err().code, Code::StoreNewer);
}

#[test]
fn a_present_store_is_left_alone() {
    let bench = Bench::new();
    let before = fs::read(bench.db()).unwrap();
    assert_eq!(
        migrate(&mut bench.open(), &bench.db(), &epoch).unwrap(),
        None
    );
    assert_eq!(
        steps(&mut bench.open(), &bench.db(), &epoch, &STEPS).unwrap(),
        None
    );
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn a_step_that_fails_leaves_the_store_as_it_was() {
    let bench = Bench::new();
    let before = fs::read(bench.db()).unwrap();
    assert!(
        bench
            .migrate("CREATE TABLE extra (a); CREATE TABLE keys (a)")
            .is_err()
    );
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn an_error_of_the_commit_is_success_if_the_store_was_brought_up_to_date() {
    let bench = Bench::new();
    // The commit that follows finds no transaction.
    let migration = bench.migrate(&format!("{STEP} COMMIT;")).unwrap().unwrap();
    assert_eq!((migration.from, migration.to), (VERSION, VERSION + 1));
    assert_eq!(bench.version(), VERSION + 1);
    assert_eq!(bench.files(), ["keys.db".into(), copy_name("")]);
}

#[test]
fn a_commit_that_fails_leaves_the_store_as_it_was() {
    let bench = Bench::new();
    let before = fs::read(bench.db()).unwrap();
    let refused_late = "CREATE TABLE extra (a INTEGER PRIMARY KEY, b INTEGER REFERENCES extra DEFERRABLE INITIALLY DEFERRED) STRICT; \
                        INSERT INTO extra VALUES (1, 2);";
    let failure = bench.migrate(refused_late).unwrap_err();
    assert!(failure.sentence().contains("FOREIGN KEY"), "{failure:?}");
    assert!(fs::read(bench.db()).unwrap() == before);
    assert_eq!(bench.version(), VERSION);
    assert_eq!(bench.files(), ["keys.db"]);
}

#[test]
fn without_a_copy_the_store_stays_as_it_was() {
    let bench = Bench::new();
    // A name with no room for an ending.
    let long = bench.0.path().join("n".repeat(250));
    fs::rename(bench.db(), &long).unwrap();
    let before = fs::read(&long).unwrap();
    let mut conn = connect(&long, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let failure = steps(&mut conn, &long, &epoch, &with(STEP)).unwrap_err();
    assert_eq!(failure.code, Code::StoreUnwritable, "{failure:?}");
    assert!(fs::read(&long).unwrap() == before);
    assert_eq!(bench.files().len(), 1);
}

#[test]
fn a_copy_that_is_there_is_never_written_over() {
    let bench = Bench::new();
    fs::write(bench.0.path().join(copy_name("")), "mine").unwrap();
    let migration = bench.migrate(STEP).unwrap().unwrap();
    assert_eq!(
        bench.files(),
        ["keys.db".into(), copy_name(".2"), copy_name("")]
    );
    assert_eq!(
        migration.copy.file_name().unwrap().to_str(),
        Some(&*copy_name(".2"))
    );
    assert_eq!(
        fs::read(bench.0.path().join(copy_name(""))).unwrap(),
        b"mine"
    );
}

#[test]
fn of_many_that_begin_a_migration_one_does_it() {
    let bench = Bench::new();
    let done: Vec<_> = thread::scope(|scope| {
        // All have seen the old version before any of them gets the lock.
        let conns: Vec<_> = (0..8).map(|_| bench.open()).collect();
        let begin = |mut conn: Connection| {
            let db = bench.db();
            scope.spawn(move || steps(&mut conn, &db, &epoch, &with(STEP)))
        };
        let threads: Vec<_> = conns.into_iter().map(begin).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    // To this program the store is a newer one by then.
    assert_eq!(
        done.iter().filter(|one| matches!(one, Ok(Some(_)))).count(),
        1,
        "{done:?}"
    );
    assert!(
        done.iter().all(|one| matches!(one, Ok(Some(_)))
            || one.as_ref().is_err_and(|e| e.code == Code::StoreNewer)),
        "{done:?}"
    );
    assert_eq!(bench.files(), ["keys.db".into(), copy_name("")]);
}

#[test]
fn a_kill_in_the_middle_leaves_the_old_store_whole() {
    let bench = Bench::new();
    let before = Store::open(&bench.db(), Access::Read)
        .unwrap()
        .read(|view| view.extent())
        .unwrap();
    let mut conn = bench.open();
    conn.pragma_update(None, "cache_size", 1).unwrap();
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    tx.execute_batch(&format!(
        "{STEP} CREATE TABLE large AS SELECT randomblob(90000) AS a; PRAGMA user_version = {}",
        VERSION + 1
    ))
    .unwrap();
    // What a kill at this instant would leave.
    let killed = Bench::new();
    for name in ["keys.db", "keys.db-journal"] {
        fs::copy(bench.0.path().join(name), killed.0.path().join(name)).unwrap();
    }
    drop(tx);
    assert_ne!(
        fs::read(killed.db()).unwrap(),
        fs::read(bench.db()).unwrap(),
        "nothing was half-written"
    );
    let store = Store::open(&killed.db(), Access::Write).unwrap();
    assert_eq!(store.migration(), None);
    assert_eq!(store.read(|view| view.extent()).unwrap(), before);
    assert_eq!(killed.version(), VERSION);
    drop(store);
    assert!(killed.migrate(STEP).unwrap().is_some());
}
