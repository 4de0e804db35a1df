//! The outside world: clock, randomness of the operating system, streams, prompt, exit status.

#![forbid(unsafe_code)]

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit};
use zenflow_keys::context::{Context, Streams};
use zenflow_keys::domain::{Entropy, Timestamp};
use zenflow_keys::prompt::Terminal;
use zeroize::Zeroize;

fn main() -> ExitCode {
    keep_secrets_in_memory();
    outlive_limits();
    let (stdin, stdout, mut stderr) = (io::stdin(), io::stdout(), io::stderr());
    let streams = Streams {
        stdin_is_terminal: stdin.is_terminal(),
        stdout_is_terminal: stdout.is_terminal(),
        stderr_is_terminal: stderr.is_terminal(),
        stdout_is_lost: is_null(&stdout),
        stdout_takes_more: Some(stdout_takes_more),
        width: width(&stdout),
        stderr_width: width(&stderr),
    };
    let mut out = BufWriter::with_capacity(8 * 1024, Unbuffered(stdout.as_fd()));
    let status = zenflow_keys::run(
        std::env::args_os(),
        Context {
            clock: &now,
            entropy: &mut OperatingSystem,
            variable: &|name| std::env::var_os(name),
            user: &user,
            stdin: &mut Unbuffered(stdin.as_fd()),
            stdout: &mut out,
            // Not locked: an interrupted question is cleaned up by another thread.
            stderr: &mut stderr,
            streams,
            prompt: &mut Terminal::default(),
        },
    );
    // `run` has flushed what it wrote and reported what it could not. What is left must not be
    // written after all: it may be a key that was not made. What was written is wiped.
    if let (_, Ok(mut buffer)) = out.into_parts() {
        buffer.zeroize();
    }
    ExitCode::from(status)
}

/// A standard stream without a buffer of the library, in which a key would stay.
struct Unbuffered<'a>(BorrowedFd<'a>);

impl Read for Unbuffered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(self.0, buffer)?)
    }
}

impl Write for Unbuffered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.0, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Files are for this user alone unless a command says otherwise, and a crash leaves no memory
/// behind. A system that cannot promise the latter is no reason not to work.
fn keep_secrets_in_memory() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let _ = rustix::process::setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// A file that must not grow (`ulimit -f`) fails the write, as a full disk does, instead of ending
/// the process. A handler does that; nobody has to look at its flag.
fn outlive_limits() {
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is where the clock is handed down from"
)]
fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default();
    i64::try_from(since_1970.as_secs())
        .ok()
        .and_then(Timestamp::from_unix)
        .unwrap_or(Timestamp::MAX)
}

struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(io::Error::other)
    }
}

/// The user, and who says to be behind `sudo`.
fn user() -> String {
    let uid = uzers::get_current_uid();
    let name = uzers::get_user_by_uid(uid).map_or_else(
        || format!("uid {uid}"),
        |user| user.name().to_string_lossy().into_owned(),
    );
    match std::env::var("SUDO_USER") {
        Ok(behind) if !behind.is_empty() && behind != name => format!("{name} (sudo by {behind})"),
        _ => name,
    }
}

/// Waits until standard output can be written without waiting.
fn stdout_takes_more(within: Duration) -> io::Result<bool> {
    let stdout = io::stdout();
    let mut awaited = [PollFd::new(&stdout, PollFlags::OUT)];
    let within = Timespec::try_from(within).map_err(io::Error::other)?;
    match poll(&mut awaited, Some(&within)) {
        Err(Errno::INTR) => Ok(false),
        ready => Ok(ready? > 0),
    }
}

/// How many columns a terminal has.
fn width(stream: impl AsFd) -> Option<u16> {
    rustix::termios::tcgetwinsize(stream)
        .ok()
        .map(|size| size.ws_col)
        .filter(|columns| *columns > 0)
}

/// A standard output that was closed is `/dev/null` by now: Rust sees to that before `main`.
fn is_null(stdout: &io::Stdout) -> bool {
    let Ok(status) = rustix::fs::fstat(stdout) else {
        return true;
    };
    let Ok(null) = rustix::fs::stat("/dev/null") else {
        return false;
    };
    FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice
        && status.st_rdev == null.st_rdev
}
