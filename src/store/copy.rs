//! Copying a store that is in use: of one instant, and without keeping its writers waiting.
//!
//! SQLite's online backup reads under a lock that writers wait for, and begins again when somebody
//! wrote while it did not hold it. Holding it for a moment only, it never comes to an end beside
//! busy writers; holding it throughout, it keeps them waiting. So it is held for as long as a
//! writer may be asked to wait. A store that can be read in that time, which is hundreds of
//! megabytes, is then copied whatever others do; a bigger one as soon as nobody has written for as
//! long as it takes. If that does not come about, it is held to the end: a backup that is never
//! made would be worse than one long wait.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, ffi};

use crate::error::{Code, Error};
use crate::store::ReadTx;

/// How long to hold the lock, and then to leave it to others. A writer waits that long, and a tenth
/// of a second until SQLite tries again.
const HOLD: Duration = Duration::from_millis(500);

/// How long to go on letting the lock go.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many pages to read between two looks at the time: a few milliseconds.
const PAGES: i32 = 1000;

/// Copies the whole of `source` to `target`, which becomes the same in every page. What `look`
/// finds is of the instant of the copy. Again and again `go_on` is asked.
///
/// # Errors
/// If one of the two fails, what `look` fails with, or if it was not to go on.
pub fn copy<T>(
    source: &Connection,
    target: &mut Connection,
    go_on: &dyn Fn() -> ControlFlow<()>,
    look: impl FnOnce(ReadTx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let copying = Backup::new(source, target)?;
    let began = now();
    loop {
        // As long as this transaction is open nobody can write, and the copying does not begin
        // again.
        let tx = source.unchecked_transaction()?;
        tx.pragma_query_value(None, "user_version", |_| Ok(()))?;
        let held_since = now();
        while held_since.elapsed() < HOLD || began.elapsed() > PATIENCE {
            if go_on().is_break() {
                return Err(Error::new(
                    Code::Interrupted,
                    "interrupted; nothing was written",
                ));
            }
            match copying.step(PAGES)? {
                StepResult::Done => return look(ReadTx { conn: &tx }),
                StepResult::More => {}
                // Nobody else uses the target, and the source is locked already.
                _ => {
                    return Err(rusqlite::Error::SqliteFailure(
                        ffi::Error {
                            code: ErrorCode::DatabaseBusy,
                            extended_code: 0,
                        },
                        None,
                    )
                    .into());
                }
            }
        }
        drop(tx);
        std::thread::sleep(HOLD);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the length of a step is measured, no instant is told"
)]
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
        copy(&source, &mut target, &|| ControlFlow::Continue(()), |_| {
            Ok(())
        })
        .unwrap();
        target.execute("INSERT INTO a VALUES (1)", []).unwrap();
    }

    #[test]
    fn who_writes_waits_and_the_copy_does_not_begin_again() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Connection::open(directory.path().join("a")).unwrap();
        let (source, writer) = (open(), open());
        // Enough pages for several steps.
        source
            .execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(20000000))")
            .unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        let refused = std::cell::Cell::new(0);
        let try_to_write = || {
            refused.set(
                refused.get() + i32::from(writer.execute("INSERT INTO a VALUES (1)", []).is_err()),
            );
            ControlFlow::Continue(())
        };
        let mut target = Connection::open_in_memory().unwrap();
        copy(&source, &mut target, &try_to_write, |_| Ok(())).unwrap();
        let steps = 20_000_000 / 4096 / PAGES + 1;
        assert_eq!(
            refused.get(),
            steps,
            "each step was taken once, and under the lock"
        );
        writer.execute("INSERT INTO a VALUES (1)", []).unwrap();
    }
}
