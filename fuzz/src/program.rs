//! The whole program in process: a fixed clock, a counting generator, no terminal.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use serde_json::Value;
use zenflow_keys::context::{Context, Prompt, Streams};
use zenflow_keys::domain::{Entropy, Timestamp};
use zeroize::Zeroizing;

/// The instant at which everything happens.
pub const NOW: i64 = 1_800_000_000;

pub struct Outcome {
    pub status: u8,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {:?}", self.stdout))
    }
}

pub fn run(db: &Path, args: &[&str], stdin: &[u8]) -> Outcome {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let db = db.as_os_str().to_owned();
    let context = Context {
        clock: &|| Timestamp::from_unix(NOW).unwrap(),
        entropy: &mut Counter(args.iter().map(|arg| arg.len() as u64).sum()),
        variable: &|name| (name == "ZENFLOW_KEYS_DB").then(|| db.clone()),
        user: &|| "tester".into(),
        stdin: &mut &*stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
        streams: Streams::default(),
        prompt: &mut Nobody,
    };
    let status = zenflow_keys::run(
        ["zenflow-keys"].iter().chain(args).map(OsString::from),
        context,
    );
    Outcome {
        status,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[1];
        }
        Ok(())
    }
}

/// There is no terminal, so nobody is asked.
struct Nobody;

impl Prompt for Nobody {
    fn say(&mut self, line: &str) -> io::Result<()> {
        panic!("{line}")
    }

    fn confirm(&mut self, question: &str, _: bool) -> io::Result<bool> {
        panic!("{question}")
    }

    fn text(
        &mut self,
        question: &str,
        _: &str,
        _: &dyn Fn(&str) -> Result<(), String>,
    ) -> io::Result<String> {
        panic!("{question}")
    }

    fn choose(&mut self, question: &str, _: &[String]) -> io::Result<usize> {
        panic!("{question}")
    }

    fn choose_many(&mut self, question: &str, _: &[String]) -> io::Result<Vec<usize>> {
        panic!("{question}")
    }

    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        panic!("{question}")
    }
}
