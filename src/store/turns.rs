//! Taking turns: how to wait for a store that another process holds. SQLite has no queue:
//! whoever asks while the store is free gets it.

use std::thread;
use std::time::Duration;

use crate::error::{Code, Error};

/// How long to wait for another process that holds the store.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often to ask. SQLite's own handler soon asks only ten times a second, and so misses the
/// short breaks that a recording stream takes.
const INTERVAL: Duration = Duration::from_millis(2);
/// How often a recording stream asks: rarely enough that others come first.
const INTERVAL_OF_STREAM: Duration = Duration::from_millis(10);

/// Waits before asking again, unless that was done for long enough.
pub fn wait(tries: i32) -> bool {
    wait_for(tries, INTERVAL)
}

/// The same for a stream that records.
pub fn wait_as_stream(tries: i32) -> bool {
    wait_for(tries, INTERVAL_OF_STREAM)
}

/// How long a stream leaves a store alone that others have held for the whole of the busy timeout.
pub const BETWEEN_TRIES: Duration = INTERVAL_OF_STREAM;

/// Tries until nobody holds the store for too long: a stream answers late rather than ending.
pub fn when_free<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match attempt() {
            Err(error) if error.code == Code::StoreLocked => thread::sleep(BETWEEN_TRIES),
            other => return other,
        }
    }
}

fn wait_for(tries: i32, interval: Duration) -> bool {
    let waited = interval.saturating_mul(tries.unsigned_abs());
    if waited >= BUSY_TIMEOUT {
        return false;
    }
    thread::sleep(interval);
    true
}

/// Leaves the store free for longer than those that wait for it take between two questions.
pub fn pause() {
    thread::sleep(2 * INTERVAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_waits_for_a_store_that_others_hold_however_long_that_takes() {
        let failure = |code| Err(Error::new(code, ""));
        let mut outcomes = vec![
            failure(Code::StoreUnsafe),
            Ok(5),
            failure(Code::StoreLocked),
            failure(Code::StoreLocked),
        ];
        let mut attempt = || outcomes.pop().unwrap();
        assert_eq!(when_free(&mut attempt).unwrap(), 5);
        let failed = when_free(&mut attempt).unwrap_err();
        assert_eq!(failed.code, Code::StoreUnsafe);
    }

    #[test]
    fn nobody_waits_longer_than_the_busy_timeout() {
        assert!(wait(0) && wait(4999) && !wait(5000));
        assert!(wait_as_stream(0) && wait_as_stream(999) && !wait_as_stream(1000));
    }
}
