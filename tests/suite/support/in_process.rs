//! What the outside world is in these tests: a directory, a clock that stands still, seeded
//! randomness, and scripted answers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use zenflow_keys::context::{Context, Prompt, Streams};
use zenflow_keys::domain::{Entropy, Timestamp};
use zeroize::Zeroizing;

use crate::support::schema;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The instant at which every bench begins.
pub const START: &str = "2026-01-01T00:00:00Z";

pub struct Bench {
    directory: TempDir,
    clock: Mutex<Timestamp>,
    /// How much later it is while somebody reads or writes the store.
    wait: AtomicI64,
    entropy: RefCell<Xorshift>,
    env: RefCell<BTreeMap<String, OsString>>,
    pub streams: Cell<Streams>,
    answers: RefCell<VecDeque<Answer>>,
    /// What the terminal showed: each question, with the default, and each line between them.
    said: RefCell<Vec<String>>,
}

#[derive(Debug)]
pub struct Outcome {
    pub status: u8,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    #[track_caller]
    pub fn exits(self, status: u8) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// A key that was just made.
pub struct Made {
    pub id: String,
    pub secret: String,
}

impl Bench {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let bench = Bench {
            clock: Mutex::new(Timestamp::parse(START).unwrap()),
            wait: AtomicI64::new(0),
            entropy: RefCell::new(Xorshift(0x9e37_79b9_7f4a_7c15)),
            env: RefCell::default(),
            streams: Cell::default(),
            answers: RefCell::default(),
            said: RefCell::default(),
            directory,
        };
        bench.set("ZENFLOW_KEYS_DB", bench.db());
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path("keys.db")
    }

    pub fn bytes(&self) -> Option<Vec<u8>> {
        fs::read(self.db()).ok()
    }

    pub fn set(&self, name: &str, value: impl Into<OsString>) {
        self.env.borrow_mut().insert(name.into(), value.into());
    }

    pub fn unset(&self, name: &str) {
        self.env.borrow_mut().remove(name);
    }

    pub fn later(&self, seconds: i64) {
        let mut clock = self.clock.lock().unwrap();
        *clock = Timestamp::from_unix(clock.unix() + seconds).unwrap();
    }

    /// How many seconds after [`START`] it is.
    pub fn age(&self) -> i64 {
        let now = *self.clock.lock().unwrap();
        now.seconds_since(Timestamp::parse(START).unwrap())
    }

    /// It takes so long until the store can be read or written.
    pub fn waits_for_the_store(&self, seconds: i64) {
        self.wait.store(seconds, Ordering::Relaxed);
    }

    /// Somebody sits at a terminal and will answer this.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.streams.set(Streams {
            stdin_is_terminal: true,
            stderr_is_terminal: true,
            ..Streams::default()
        });
        self.answers.borrow_mut().extend(answers);
    }

    /// What was said and asked at the terminal so far.
    pub fn said(&self) -> Vec<String> {
        self.said.take()
    }

    #[must_use]
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_with_stdin(args, "")
    }

    #[must_use]
    #[track_caller]
    pub fn run_with_stdin(&self, args: &[&str], stdin: &str) -> Outcome {
        self.run_reading(args, &mut stdin.as_bytes())
    }

    /// Runs with this standard input.
    #[must_use]
    #[track_caller]
    pub fn run_reading(&self, args: &[&str], stdin: &mut dyn io::Read) -> Outcome {
        let mut stdout = Vec::new();
        let (status, stderr) = self.run_between(args, stdin, &mut stdout);
        let outcome = Outcome {
            status,
            stdout: String::from_utf8(stdout).unwrap(),
            stderr,
        };
        schema::hold(args, &outcome);
        outcome
    }

    /// Runs with this standard output; the exit status and standard error.
    pub fn run_into(&self, stdout: &mut dyn io::Write, args: &[&str]) -> (u8, String) {
        self.run_between(args, &mut io::empty(), stdout)
    }

    fn run_between(
        &self,
        args: &[&str],
        stdin: &mut dyn io::Read,
        stdout: &mut dyn io::Write,
    ) -> (u8, String) {
        let mut stderr = Vec::new();
        let (clock, wait, db) = (&self.clock, &self.wait, self.db());
        let args = ["zenflow-keys"].iter().chain(args).map(OsString::from);
        let context = Context {
            clock: &|| {
                let wait = wait.load(Ordering::Relaxed);
                let now = clock.lock().unwrap().unix();
                let waited = if wait > 0 && is_in_use(&db) { wait } else { 0 };
                Timestamp::from_unix(now + waited).unwrap()
            },
            entropy: &mut Shared(&self.entropy),
            variable: &|name| self.env.borrow().get(name).cloned(),
            user: &|| "tester".into(),
            stdin,
            stdout,
            stderr: &mut stderr,
            streams: self.streams.get(),
            prompt: &mut Script(self),
        };
        let status = zenflow_keys::run(args, context);
        (status, String::from_utf8(stderr).unwrap())
    }

    /// Runs what must succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Outcome {
        let outcome = self.run(args);
        assert_eq!(outcome.status, 0, "{args:?}: {outcome:?}");
        outcome
    }

    /// Runs what must succeed; its document.
    pub fn json(&self, args: &[&str]) -> Value {
        let document = self.ok(&[args, &["--json"]].concat()).json();
        assert_eq!(document["schema_version"], 1, "{args:?}");
        document
    }

    /// Runs what must fail like this, say what to do, and leave the store as it is; the error.
    pub fn refused(&self, args: &[&str], status: u8, code: &str) -> Value {
        let before = self.bytes();
        let outcome = self.run(&[args, &["--json"]].concat());
        assert_eq!(outcome.status, status, "{args:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{args:?}");
        let document: Value =
            serde_json::from_str(&outcome.stderr).unwrap_or_else(|e| panic!("{e}: {outcome:?}"));
        assert_eq!(document["schema_version"], 1);
        let error = document["error"].clone();
        assert_eq!(error["code"], code, "{args:?}: {error}");
        assert!(
            error["message"].is_string() && error.as_object().unwrap().contains_key("hint"),
            "{error}"
        );
        assert!(self.bytes() == before, "{args:?} changed the store");
        error
    }

    /// Makes a key that may read orders, or more.
    #[track_caller]
    pub fn create(&self, name: &str, more: &[&str]) -> Made {
        let document = self.json(&[&["create", name, "--scope", "read:orders"], more].concat());
        made(&document)
    }

    pub fn rotate(&self, key: &str, more: &[&str]) -> Made {
        made(&self.json(&[&["rotate", key], more].concat()))
    }

    /// The key, as JSON.
    pub fn key(&self, id: &str) -> Value {
        self.json(&["show", id])["key"].clone()
    }

    #[must_use]
    #[track_caller]
    pub fn check(&self, secret: &str, args: &[&str]) -> Outcome {
        self.run_with_stdin(&[&["check"], args].concat(), secret)
    }

    /// Counts one allowed use.
    pub fn use_it(&self, key: &Made) {
        let outcome = self.check(&key.secret, &["--record"]);
        assert_eq!(outcome.status, 0, "{outcome:?}");
    }

    pub fn names(&self, args: &[&str]) -> Vec<String> {
        let document = self.json(&[&["list"], args].concat());
        document["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The actions in the log, newest first.
    pub fn actions(&self) -> Vec<String> {
        let document = self.json(&["log"]);
        document["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Whether somebody is reading or writing a store.
fn is_in_use(db: &Path) -> bool {
    let other = rusqlite::Connection::open(db).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE; ROLLBACK").is_err()
}

fn made(document: &Value) -> Made {
    Made {
        id: document["key"]["id"].as_str().unwrap().into(),
        secret: document["api_key"].as_str().unwrap().into(),
    }
}

/// One run may happen while another is under way.
struct Shared<'a>(&'a RefCell<Xorshift>);

impl Entropy for Shared<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.0.borrow_mut().fill(bytes)
    }
}

struct Xorshift(u64);

impl Entropy for Xorshift {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        for byte in bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

/// What somebody at the terminal will do next.
#[derive(Debug)]
pub enum Answer {
    Yes,
    /// Agrees after somebody else has run this command.
    YesAfter(Vec<String>),
    No,
    Text(&'static str),
    One(usize),
    Many(Vec<usize>),
    Secret(String),
    Interrupt,
}

struct Script<'a>(&'a Bench);

impl Script<'_> {
    fn next(&self, question: &str) -> io::Result<Answer> {
        let next = self.0.answers.borrow_mut().pop_front();
        match next {
            Some(Answer::Interrupt) => Err(io::ErrorKind::Interrupted.into()),
            Some(answer) => Ok(answer),
            None => panic!("unexpected question: {question}"),
        }
    }
}

impl Prompt for Script<'_> {
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.said.borrow_mut().push(line.into());
        Ok(())
    }

    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool> {
        let shown = if default { "[Y/n]" } else { "[y/N]" };
        self.0.said.borrow_mut().push(format!("{question} {shown}"));
        match self.next(question)? {
            Answer::Yes => Ok(true),
            Answer::YesAfter(command) => {
                let command: Vec<_> = command.iter().map(String::as_str).collect();
                self.0.ok(&command);
                Ok(true)
            }
            Answer::No => Ok(false),
            other => panic!("{question} {other:?}"),
        }
    }

    fn text(
        &mut self,
        question: &str,
        default: &str,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String> {
        self.0
            .said
            .borrow_mut()
            .push(format!("{question} [{default}]"));
        loop {
            match self.next(question)? {
                Answer::Text("") if check(default).is_ok() => return Ok(default.into()),
                Answer::Text(text) if check(text).is_ok() => return Ok(text.into()),
                Answer::Text(_) => {}
                other => panic!("{question} {other:?}"),
            }
        }
    }

    fn choose(&mut self, question: &str, items: &[String]) -> io::Result<usize> {
        match self.next(question)? {
            Answer::One(place) if place < items.len() => Ok(place),
            other => panic!("{question} {other:?}"),
        }
    }

    fn choose_many(&mut self, question: &str, _: &[String]) -> io::Result<Vec<usize>> {
        match self.next(question)? {
            Answer::Many(places) => Ok(places),
            other => panic!("{question} {other:?}"),
        }
    }

    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        match self.next(question)? {
            Answer::Secret(secret) => Ok(Zeroizing::new(secret)),
            other => panic!("{question} {other:?}"),
        }
    }
}

/// A standard output whose reader has gone away.
pub struct Gone;

impl io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
