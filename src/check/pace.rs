//! The pace of a stream that records: it leaves the store alone for a moment now and then, so that
//! whoever waits to change it gets in.

use std::thread;
use std::time::{Duration, Instant};

/// How long the store is left alone: a writer that waits asks for it more often than that.
const BREAK: Duration = Duration::from_millis(5);
/// After how much work. The stream loses a twentieth of its time.
const WORK: Duration = Duration::from_millis(100);

/// How long the stream has worked since its last break.
#[derive(Default)]
pub struct Pace(Duration);

impl Pace {
    /// Does a piece of work in which the store is held, and takes a break if one is due.
    #[allow(clippy::disallowed_methods, reason = "a duration is measured")]
    pub fn work<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.0 += started.elapsed();
        if self.0 >= WORK {
            thread::sleep(BREAK);
            self.0 = Duration::ZERO;
        }
        done
    }
}
