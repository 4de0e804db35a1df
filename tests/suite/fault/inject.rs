//! System calls that fail, or at which the process is killed: what `strace` can do without a line
//! of code in the program.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use crate::fault::case::Case;
use crate::support::process::{Bench, PROGRAM, end};
use crate::support::tools;

/// Every system call that writes, syncs, opens, renames, links or unlinks. Those that an
/// architecture does not have are ignored.
const CALLS: &str = "?write,?pwrite64,?writev,?pwritev,?pwritev2,?sendfile,?copy_file_range,?fsync,?fdatasync,?sync_file_range,?msync,\
     ?open,?openat,?openat2,?creat,?rename,?renameat,?renameat2,?link,?linkat,?symlink,?symlinkat,?unlink,?unlinkat,?mkdir,?mkdirat,\
     ?truncate,?ftruncate,?fallocate,?chmod,?fchmod,?fchmodat,?chown,?fchown,?fchownat";

/// Who does it.
pub const ACTOR: &str = "somebody";

/// What is done to the N-th call of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The process is killed before it happens.
    Kill,
    /// It fails with this error.
    Once(&'static str),
    /// It and all later calls of its kind do.
    Onwards(&'static str),
    /// It and all later calls do, of every kind that is for files.
    Dead(&'static str),
}

pub const EFFECTS: [Effect; 10] = [
    Effect::Kill,
    Effect::Once("EIO"),
    Effect::Onwards("EIO"),
    Effect::Dead("EIO"),
    Effect::Once("ENOSPC"),
    Effect::Onwards("ENOSPC"),
    Effect::Dead("ENOSPC"),
    Effect::Once("EACCES"),
    Effect::Onwards("EACCES"),
    Effect::Dead("EACCES"),
];

/// A call, by its kind and its place among those of its kind, from 1 on; and what is done to it.
#[derive(Debug, Clone)]
pub struct Fault {
    pub call: String,
    pub at: usize,
    pub effect: Effect,
    /// How many calls of each kind come before it.
    pub before: BTreeMap<String, usize>,
}

impl Fault {
    fn expressions(&self) -> Vec<String> {
        let Fault {
            call,
            at,
            effect,
            before,
        } = self;
        match effect {
            Effect::Kill => vec![format!("inject={call}:signal=KILL:when={at}")],
            Effect::Once(error) => vec![format!("inject={call}:error={error}:when={at}")],
            Effect::Onwards(error) => vec![format!("inject={call}:error={error}:when={at}+")],
            Effect::Dead(error) => {
                // What is said to people still arrives.
                let kinds = before
                    .iter()
                    .filter(|(kind, _)| *kind != "write" || call == "write");
                kinds
                    .map(|(kind, count)| format!("inject={kind}:error={error}:when={}+", count + 1))
                    .collect()
            }
        }
    }

    /// Whether it may keep a file from being removed.
    pub fn keeps_files(&self) -> bool {
        self.call == "unlink" || matches!(self.effect, Effect::Kill | Effect::Dead(_))
    }

    /// Whether what the program says may be lost with it.
    pub fn silences(&self) -> bool {
        self.call == "write" && matches!(self.effect, Effect::Onwards(_) | Effect::Dead(_))
    }
}

/// A run of the program under `strace`.
#[derive(Debug)]
pub struct Traced {
    pub output: Output,
    pub calls: Vec<String>,
    pub injected: usize,
    pub killed: bool,
}

/// Runs a command of a case in a bench, and does to it what the fault says.
pub fn run(bench: &Bench, case: &Case, fault: Option<&Fault>) -> Traced {
    let log = bench.path("trace");
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-a1",
            "-s0",
            "-e",
            &format!("trace={CALLS}"),
            "-o",
        ])
        .arg(&log);
    let expressions = fault.map(Fault::expressions).unwrap_or_default();
    for expression in case
        .impossible
        .map(str::to_owned)
        .into_iter()
        .chain(expressions)
    {
        strace.args(["-e", &expression]);
    }
    // Where cargo looks for libraries only makes loading the program longer.
    strace.arg(PROGRAM).env_remove("LD_LIBRARY_PATH");
    let mut command = bench.prepared(strace, &case.args);
    // The name of the user is read from files, too, and that it cannot be read is no failure.
    command.env("ZENFLOW_KEYS_ACTOR", ACTOR);
    let output = end(command, case.input.as_bytes());
    let trace = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    // `12345 openat(AT_FDCWD, "…"..., O_RDONLY) = -1 EIO (Input/output error) (INJECTED)`
    let name = |line: &str| {
        Some(
            line.split_once(' ')?
                .1
                .trim_start()
                .split_once('(')?
                .0
                .to_owned(),
        )
    };
    let killed = output.status.signal() == Some(9) || trace.contains("killed by SIGKILL");
    let injected = trace
        .lines()
        .filter(|line| line.contains("(INJECTED)") && !line.contains("EOPNOTSUPP"))
        .count();
    Traced {
        output,
        calls: trace.lines().filter_map(name).collect(),
        injected,
        killed,
    }
}

/// Whether `strace` can be had. That it cannot is no excuse in CI.
pub fn is_possible() -> bool {
    let traced = || {
        Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .output()
            .unwrap()
            .status
            .success()
    };
    tools::are_there(&["strace", "true"])
        && (traced() || tools::skip("needs leave to trace a process"))
}
