//! A clerk on a thread of its own, which lives as long as the stream: a thread for each burst would
//! start on the processor of its parent, and often stay there.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use zeroize::Zeroizing;

use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::query::Defaults;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::store::Store;

/// The way to such a clerk.
pub struct Worker {
    work: SyncSender<Task>,
    done: Receiver<Result<Task, Error>>,
    /// What is used again for the next run.
    idle: Task,
    is_busy: bool,
}

/// A run of lines, and room for the answers.
#[derive(Default)]
struct Task {
    run: Zeroizing<Vec<u8>>,
    answers: ResponseBuffer,
}

impl Worker {
    /// Starts one that uses this store, which no other thread does.
    pub fn start<'s>(
        scope: &'s thread::Scope<'s, '_>,
        store: Store,
        defaults: Defaults,
        clock: &'s (dyn Fn() -> Timestamp + Sync),
    ) -> Result<Self, Error> {
        let (work, jobs) = sync_channel::<Task>(1);
        let (finished, done) = sync_channel(1);
        let serve = move || {
            let mut judge = BatchJudge::new(store);
            for mut job in jobs {
                let judged = judge.judge(&job.run, &defaults, clock, &mut job.answers);
                if finished.send(judged.map(|()| job)).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new()
            .spawn_scoped(scope, serve)
            .map_err(|e| Error::io("start a thread", e))?;
        Ok(Worker {
            work,
            done,
            idle: Task::default(),
            is_busy: false,
        })
    }

    /// Gives it a run of lines to judge.
    pub fn give(&mut self, run: &[u8]) -> Result<(), Error> {
        let mut job = std::mem::take(&mut self.idle);
        job.run.clear();
        if job.run.capacity() < run.len() {
            // A buffer that grows would leave its keys behind; this one is wiped.
            job.run = Zeroizing::new(Vec::with_capacity(run.len()));
        }
        job.run.extend_from_slice(run);
        self.work.send(job).map_err(|_| Error::ended_early())?;
        self.is_busy = true;
        Ok(())
    }

    /// Waits until it has nothing to do, whatever came of it.
    pub fn stop(&mut self) {
        if self.is_busy {
            let _ = self.take();
        }
    }

    /// Waits for the answers.
    pub fn take(&mut self) -> Result<&ResponseBuffer, Error> {
        self.is_busy = false;
        self.idle = self.done.recv().map_err(|_| Error::ended_early())??;
        Ok(&self.idle.answers)
    }
}
