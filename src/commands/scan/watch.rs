//! Progress at a terminal, of what takes longer than a second.

use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::leak::Progress;
use crate::session::Setup;
use crate::view::Format;

/// What takes no longer shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the same is shown.
const EACH: Duration = Duration::from_millis(200);

/// Whether progress is shown to anybody.
fn is_shown(setup: &Setup<'_>) -> bool {
    setup.input.streams.stderr_is_terminal
        && !setup.output.is_quiet()
        && setup.output.format() == Format::Human
}

/// Does some work, in another thread if somebody watches.
pub fn watched<T: Send>(
    setup: &mut Setup<'_>,
    progress: &Progress,
    work: impl FnOnce() -> T + Send,
) -> T {
    if !is_shown(setup) {
        return work();
    }
    let output = &mut setup.output;
    thread::scope(|scope| {
        let (working, done) = mpsc::channel::<()>();
        let worker = scope.spawn(move || {
            let _working = working;
            work()
        });
        let mut wait = PATIENCE;
        while done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            output.scan_progress(progress.percent(), Some(progress.done()), progress.bytes());
            wait = EACH;
        }
        if wait == EACH {
            output.progress_done();
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Standard input that shows how much of it was read.
pub struct WatchedInput<'s, 'a> {
    setup: &'s mut Setup<'a>,
    is_shown: bool,
    bytes: u64,
    shown_at: Timestamp,
    was_shown: bool,
}

impl<'s, 'a> WatchedInput<'s, 'a> {
    pub fn new(setup: &'s mut Setup<'a>) -> Self {
        WatchedInput {
            is_shown: is_shown(setup),
            bytes: 0,
            shown_at: setup.now(),
            was_shown: false,
            setup,
        }
    }

    /// Takes the progress away.
    pub fn done(self) {
        if self.was_shown {
            self.setup.output.progress_done();
        }
    }
}

impl Read for WatchedInput<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.setup.input.stdin.read(buffer)?;
        self.bytes += read as u64;
        if self.is_shown && self.setup.now() > self.shown_at {
            self.shown_at = self.setup.now();
            self.was_shown = true;
            self.setup.output.scan_progress(None, None, self.bytes);
        }
        Ok(read)
    }
}
