//! The commands whose every step is made to fail, the store that each begins with, and what each
//! leaves when nothing fails.

use std::fs;

use rusqlite::Connection;

use crate::fault::inject::ACTOR;
use crate::fault::state::State;
use crate::support::earlier;
use crate::support::process::{Bench, Outcome, feed, finish, set_mode};

/// How changes are kept safe until they are in the file, and who else has it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// What every store has that is not served.
    Rollback,
    /// A write-ahead log, as one who served and was killed leaves it.
    Wal,
    /// The same, while somebody else has the store open: nothing is written back then, as long as
    /// the log is short.
    WalBesideAnother,
}

/// A command, and what it finds.
pub struct Case {
    pub name: &'static str,
    pub args: Vec<&'static str>,
    pub input: String,
    /// The bytes of the store before, if there is one.
    store: Option<Vec<u8>>,
    pub journal: Journal,
    /// The keys in it.
    pub keys: Vec<String>,
    pub old: State,
    pub new: State,
    /// A state between the two that is whole and may stay when the command fails.
    pub between: Option<State>,
    /// What always fails, since it is a file system that cannot do it.
    pub impossible: Option<&'static str>,
    /// The exit status when nothing fails.
    pub status: i32,
}

/// The file that `--out` names.
pub const OUT: &str = "key";

impl Case {
    /// A case whose store `prepare` makes, returning its keys.
    fn new(name: &'static str, args: &str, prepare: impl FnOnce(&Bench) -> Vec<String>) -> Self {
        let bench = Bench::new();
        let keys = prepare(&bench);
        let mut case = Case {
            name,
            args: args.to_owned().leak().split(' ').collect(),
            input: keys.last().cloned().unwrap_or_default(),
            store: fs::read(bench.db()).ok(),
            journal: Journal::Rollback,
            keys,
            old: State::of(&bench.db()),
            new: State::none(),
            between: None,
            impossible: None,
            status: 0,
        };
        let bench = case.bench();
        case.status = case.run(&bench, &case.args).status;
        case.new = State::of(&bench.db());
        assert_ne!(case.old.alike, case.new.alike, "{name} does nothing");
        case
    }

    /// Whether the store gets another form.
    pub fn is_migration(&self) -> bool {
        self.old != State::none() && self.old.exact.first() != self.new.exact.first()
    }

    /// The same with another journal.
    pub fn with_journal(mut self, journal: Journal) -> Self {
        let bench = self.bench();
        bench.sql("PRAGMA journal_mode = WAL");
        self.store = fs::read(bench.db()).ok();
        self.journal = journal;
        self
    }

    /// Whoever else has the store open.
    pub fn another(&self, bench: &Bench) -> Option<Connection> {
        (self.journal == Journal::WalBesideAnother).then(|| {
            let another = Connection::open(bench.db()).unwrap();
            another.execute_batch("SELECT count(*) FROM keys").unwrap();
            another
        })
    }

    /// What SQLite may keep beside the store.
    pub fn beside(&self) -> &'static [&'static str] {
        match self.journal {
            Journal::Rollback => &["keys.db-journal"],
            Journal::Wal | Journal::WalBesideAnother => {
                &["keys.db-journal", "keys.db-wal", "keys.db-shm"]
            }
        }
    }

    /// A fresh bench with the store of the case.
    pub fn bench(&self) -> Bench {
        let bench = Bench::new();
        if let Some(bytes) = &self.store {
            fs::write(bench.db(), bytes).unwrap();
            set_mode(&bench.db(), 0o600);
        }
        bench
    }

    fn run(&self, bench: &Bench, args: &[&str]) -> Outcome {
        let mut command = bench.command(args);
        command.env("ZENFLOW_KEYS_ACTOR", ACTOR);
        feed(command, self.input.as_bytes())
    }

    /// With what is left when the command has gone half its way.
    fn with_between(mut self, half: impl FnOnce(&Bench)) -> Self {
        let bench = self.bench();
        half(&bench);
        self.between = Some(State::of(&bench.db()));
        self
    }
}

fn one_key(bench: &Bench) -> Vec<String> {
    vec![bench.create("shop")]
}

fn rotated_and_used(bench: &Bench) -> Vec<String> {
    let old = bench.create("shop");
    let new = bench
        .run(&["rotate", "shop"])
        .exits(0)
        .stdout
        .trim_end()
        .to_owned();
    bench.feed(&["check", "--record"], new.as_bytes()).exits(0);
    vec![old, new]
}

const CREATE: &str = "create erp --preset erp-sync --allow-ip 192.0.2.0/24 --expires 90d --note n";

pub fn create() -> Case {
    Case::new("create", CREATE, one_key)
}

pub fn create_as_json() -> Case {
    Case::new("create --json", &format!("{CREATE} --json"), one_key)
}

pub fn create_to_a_file() -> Case {
    Case::new(
        "create --out",
        &format!("{CREATE} --json --out {OUT}"),
        one_key,
    )
}

/// The store is made before the key, so an empty one may stay: the next `create` uses it.
fn first(name: &'static str, args: &str) -> Case {
    Case::new(name, args, |_| Vec::new()).with_between(|bench| {
        finish(bench.shell(
            "exec \"$@\" >/dev/full",
            &["create", "erp", "--preset", "erp-sync"],
        ))
        .exits(1);
    })
}

pub fn first_create() -> Case {
    first("the first create", CREATE)
}

pub fn first_create_to_a_file() -> Case {
    first("the first create --out", &format!("{CREATE} --out {OUT}"))
}

/// On a file system that has no files without a name.
pub fn first_create_by_a_temporary_name() -> Case {
    Case {
        impossible: Some("inject=open:error=EOPNOTSUPP"),
        ..first("the first create by a temporary name", CREATE)
    }
}

pub fn rotate() -> Case {
    Case::new("rotate", "rotate shop", one_key)
}

pub fn rotate_to_a_file() -> Case {
    Case::new(
        "rotate --out",
        &format!("rotate shop --overlap 0 --yes --out {OUT}"),
        one_key,
    )
}

pub fn finish_a_rotation() -> Case {
    Case::new(
        "rotate --finish",
        "rotate shop --finish --json",
        rotated_and_used,
    )
}

pub fn revoke() -> Case {
    Case::new("revoke", "revoke shop --yes --json", one_key)
}

pub fn revoke_many() -> Case {
    let many = |bench: &Bench| ["a", "b", "c"].map(|name| bench.create(name)).to_vec();
    Case::new("revoke of several", "revoke a b c --yes", many)
}

pub fn update() -> Case {
    Case::new(
        "update",
        "update shop --name store --expires 30d --note n --add-scope write:orders --json",
        one_key,
    )
}

pub fn set_an_allowlist() -> Case {
    Case::new(
        "allowlist set",
        "allowlist set shop 192.0.2.0/24 2001:db8::/32 --json",
        one_key,
    )
}

pub fn record_a_use() -> Case {
    Case::new(
        "check --record",
        "check --record --scope read:orders --ip 192.0.2.1",
        one_key,
    )
}

pub fn record_a_refusal() -> Case {
    Case::new(
        "check --record, refused",
        "check --record --scope admin --json",
        one_key,
    )
}

pub fn prune() -> Case {
    let long_over = |bench: &Bench| {
        let keys = vec![bench.create("shop"), bench.create("old")];
        bench.run(&["revoke", "old", "--yes"]).exits(0);
        keys
    };
    Case::new("prune", "prune --older-than 0 --yes --json", long_over)
}

/// The migration is a change of its own, so it may be done and the command not.
pub fn migrate() -> Case {
    let early = |bench: &Bench| {
        let keys = one_key(bench);
        earlier::make_first_version(&bench.db());
        keys
    };
    Case::new("a migration", "update shop --note n", early).with_between(|bench| {
        bench.run(&["revoke", "nobody", "--yes"]).exits(3);
    })
}
