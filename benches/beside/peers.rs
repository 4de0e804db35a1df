//! Other programs that do the same, and how long a process takes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the rule for Kingfisher stands.
const PAGE: &str = include_str!("../../docs/leaks.md");

/// Kingfisher, with the documented rule and no other.
pub struct Kingfisher {
    program: OsString,
    rule: PathBuf,
    home: PathBuf,
}

impl Kingfisher {
    /// Its exit status if it has found a key.
    pub const FOUND: i32 = 200;

    /// The one that `KINGFISHER` names, or that on the `PATH`; if there is none, that is said. Its
    /// files go to this directory.
    pub fn here(directory: &Path) -> Option<Self> {
        let kingfisher = Kingfisher {
            program: std::env::var_os("KINGFISHER").unwrap_or_else(|| "kingfisher".into()),
            rule: directory.join("kingfisher.yml"),
            home: directory.join("home"),
        };
        if !is_here(Command::new(&kingfisher.program)) {
            println!("SKIPPED: Kingfisher is not there (PyPI: kingfisher-bin)");
            return None;
        }
        let (_, rule) = PAGE.split_once("cat > kingfisher.yml <<'END'\n").unwrap();
        let (rule, _) = rule.split_once("END\n").unwrap();
        fs::write(&kingfisher.rule, rule).unwrap();
        fs::create_dir(&kingfisher.home).unwrap();
        Some(kingfisher)
    }

    /// A scan of a directory or of a repository's history, as fast as it can.
    pub fn scan(&self, target: &Path) -> Command {
        let mut scan = Command::new(&self.program);
        scan.args(["scan", "--turbo", "--no-validate", "--no-update-check"])
            .args(["--load-builtins", "false", "--rules-path"])
            .arg(&self.rule)
            .arg(target)
            .env("HOME", &self.home);
        scan
    }
}

/// Whether a program can be run.
pub fn is_here(mut program: Command) -> bool {
    program.arg("--version").output().is_ok()
}

/// What a process took.
#[derive(Clone, Copy)]
pub struct Taken {
    pub time: Duration,
    /// The most memory at once, in MiB, without that of other processes that it started.
    pub memory: f64,
    pub status: i32,
}

impl Taken {
    pub const NOTHING_YET: Taken = Taken {
        time: Duration::MAX,
        memory: 0.0,
        status: 0,
    };

    /// The shorter time and the greater memory of two.
    pub fn best(self, other: Taken) -> Taken {
        Taken {
            time: self.time.min(other.time),
            memory: self.memory.max(other.memory),
            status: other.status,
        }
    }

    pub fn seconds(self) -> f64 {
        self.time.as_secs_f64()
    }
}

/// Runs a process to its end, whatever its exit status says.
pub fn run(mut command: Command) -> Taken {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    // From another thread, which does not keep the end of the process from being seen.
    let watch = std::thread::spawn(move || {
        let mut most = 0.0_f64;
        while let Some(memory) = high_water(&status) {
            most = most.max(memory);
            std::thread::sleep(Duration::from_millis(2));
        }
        most
    });
    let ended = child.wait().unwrap();
    let time = start.elapsed();
    Taken {
        time,
        status: ended.code().unwrap(),
        memory: watch.join().unwrap(),
    }
}

/// The most memory that a process took up to now, in MiB; `None` once it has ended.
fn high_water(status: &str) -> Option<f64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
