//! Copying a store that is in use: of one instant, and without keeping its writers waiting.
//!
//! SQLite's online backup reads under a lock that writers wait for, and begins again when somebody wrote between two of its steps. Small
//! steps therefore never come to an end beside busy writers, and one big step keeps them waiting for as long as it takes. So the steps grow
//! until they take about as long as a writer may wait. A store that can be read in that time, which is hundreds of megabytes, is then
//! copied in one step whatever others do; a bigger one as soon as nobody has written for as long as all its steps take. If that does not
//! come about, the last step is the whole store: a backup that is never made would be worse than one long wait.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, ffi};

use super::View;
use crate::error::{Code, Error};

/// How long one step should take at most; a writer waits that long, and a tenth of a second until SQLite tries again. There is room for a
/// step that takes longer than the one before it lets expect.
const STEP: Duration = Duration::from_millis(500);

/// How long to try in such steps.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pages of the first step: a few milliseconds.
const FIRST_STEP: i32 = 4096;

/// Copies the whole of `source` to `target`, which becomes the same in every page. What `look` finds is of the instant of the copy. Between
/// two steps `go_on` is asked.
///
/// # Errors
/// If one of the two fails, what `look` fails with, or if it was not to go on.
pub fn copy<T>(
    source: &Connection,
    target: &mut Connection,
    go_on: &dyn Fn() -> ControlFlow<()>,
    look: impl FnOnce(View<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let copying = Backup::new(source, target)?;
    let began = now();
    let mut pages = FIRST_STEP;
    loop {
        if go_on().is_break() {
            return Err(Error::new(Code::Interrupted, "interrupted; nothing was written"));
        }
        // With a read transaction around it, the time of a step is that of reading, without what went before it to get the lock.
        let tx = source.unchecked_transaction()?;
        tx.pragma_query_value(None, "user_version", |_| Ok(()))?;
        let started = now();
        match copying.step(if began.elapsed() < PATIENCE { pages } else { -1 })? {
            StepResult::Done => return look(View { conn: &tx }),
            StepResult::More => {}
            // Nobody else uses the target, and the source is locked already.
            _ => return Err(rusqlite::Error::SqliteFailure(ffi::Error { code: ErrorCode::DatabaseBusy, extended_code: 0 }, None).into()),
        }
        drop(tx);
        pages = next_step(pages, started.elapsed());
    }
}

/// How many pages to read next, where so many took so long.
fn next_step(pages: i32, took: Duration) -> i32 {
    if took > STEP {
        (pages / 2).max(1)
    } else if took < STEP / 4 {
        pages.saturating_mul(2)
    } else {
        pages
    }
}

#[allow(clippy::disallowed_methods, reason = "the length of a step is measured, no instant is told")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_copied_once_it_is_not_to_go_on() {
        let source = Connection::open_in_memory().unwrap();
        source.execute_batch("CREATE TABLE a (b)").unwrap();
        let mut target = Connection::open_in_memory().unwrap();
        let stopped = copy(&source, &mut target, &|| ControlFlow::Break(()), |_| Ok(()));
        assert_eq!(stopped.unwrap_err().code, Code::Interrupted);
        copy(&source, &mut target, &|| ControlFlow::Continue(()), |_| Ok(())).unwrap();
        target.execute("INSERT INTO a VALUES (1)", []).unwrap();
    }

    #[test]
    fn steps_grow_while_they_are_short_and_shrink_when_they_are_long() {
        assert_eq!(next_step(100, Duration::from_millis(10)), 200);
        assert_eq!(next_step(100, STEP / 4), 100);
        assert_eq!(next_step(100, STEP), 100);
        assert_eq!(next_step(100, STEP * 2), 50);
        assert_eq!(next_step(1, STEP * 2), 1);
        assert_eq!(next_step(i32::MAX, Duration::ZERO), i32::MAX);
    }
}
