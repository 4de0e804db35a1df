//! Taking time and memory. The machine does other things too, so much is repeated, in turns, and
//! the fastest tenth counts: what disturbs can only make it slower.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

static INSTALLED: OnceLock<PathBuf> = OnceLock::new();

/// Installs the program in this directory as `cargo install` does: as a copy. Of the file that the
/// linker has put together piece by piece the system maps each page by itself, which takes a tenth
/// of a millisecond longer.
pub fn install(directory: &Path) {
    let path = directory.join("zenflow-keys");
    let _ = fs::remove_file(&path);
    fs::copy(env!("CARGO_BIN_EXE_zenflow-keys"), &path).unwrap();
    INSTALLED.set(path).unwrap();
}

/// Where it is installed.
pub fn installed() -> &'static Path {
    INSTALLED.get().unwrap()
}

/// The program, with a store and arguments.
pub fn program(store: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(installed());
    command
        .args(args)
        .env("ZENFLOW_KEYS_DB", store)
        .env("ZENFLOW_KEYS_ACTOR", "bench")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The same, on one processor only; `None` without `taskset`.
pub fn on_one_core(store: &Path, args: &[&str]) -> Option<Command> {
    Command::new("taskset")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let mut command = Command::new("taskset");
    command
        .args(["-c", "0"])
        .arg(installed())
        .args(args)
        .env("ZENFLOW_KEYS_DB", store)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    Some(command)
}

/// One run of a process whose output nobody reads. Cargo tells the benchmark where to look for
/// libraries first; processes that people start have no such places to look at.
pub fn once(command: &mut Command, stdin: Option<&Path>) -> Duration {
    command.env_remove("LD_LIBRARY_PATH");
    if let Some(stdin) = stdin {
        command.stdin(File::open(stdin).unwrap());
    }
    command.stdout(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed()
}

/// Many runs of several things, in turns; of each the time that a tenth of its runs do not exceed.
pub fn in_turns(rounds: usize, things: &mut [&mut dyn FnMut() -> Duration]) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); things.len()];
    for _ in 0..rounds {
        for (thing, times) in things.iter_mut().zip(&mut times) {
            times.push(thing());
        }
    }
    times.iter_mut().map(|times| fastest_tenth(times)).collect()
}

fn fastest_tenth(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 10]
}

/// How long it takes to do something.
pub fn took<T>(what: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(what());
    start.elapsed()
}

/// The processor time that a process takes, which others cannot lengthen; where it cannot be had,
/// how long it takes. To a hundredth of a second, so only for what takes long.
pub fn processor_time(command: &mut Command, stdin: Option<&Path>) -> Duration {
    let before = children();
    let took = once(command, stdin);
    children()
        .zip(before)
        .map_or(took, |(after, before)| after - before)
}

/// The processor time of all processes that were started here and have ended (Linux).
fn children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<u64> = stat
        .rsplit_once(") ")?
        .1
        .split(' ')
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    Some(Duration::from_millis(
        10 * (fields.get(13)? + fields.get(14)?),
    ))
}

/// The processor time that something takes on this thread.
pub fn own_time<T>(what: impl FnOnce() -> T) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(
            time.tv_sec.unsigned_abs(),
            u32::try_from(time.tv_nsec).unwrap_or_default(),
        )
    };
    let before = now();
    black_box(what());
    now() - before
}

/// How long until the first line of output, of several runs.
pub fn first_line(rounds: usize, command: impl Fn() -> Command) -> Duration {
    let mut run = || {
        let start = Instant::now();
        let mut child = command().stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let took = start.elapsed();
        child.kill().unwrap();
        child.wait().unwrap();
        took
    };
    in_turns(rounds, &mut [&mut run])[0]
}

/// The most memory that a process has had, in MiB (Linux): looked at again and again while it runs,
/// as it is gone once it has ended.
pub fn peak(command: &mut Command, stdin: Option<&Path>) -> f64 {
    if let Some(stdin) = stdin {
        command.stdin(File::open(stdin).unwrap());
    }
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        peak = resident(&child).max(peak);
        std::thread::sleep(Duration::from_micros(100));
    }
    peak
}

fn resident(child: &Child) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .parse::<f64>()
            .ok()
    });
    kib.unwrap_or_default() / 1024.0
}
