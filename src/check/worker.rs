//! A clerk on a thread of its own, which lives as long as the stream: a thread for each burst would
//! start on the processor of its parent, and often stay there.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use zeroize::Zeroizing;

use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::query::Defaults;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::store::{Access, Store};

/// The way to such a clerk.
pub struct Worker {
    work: SyncSender<(Timestamp, Task)>,
    done: Receiver<Result<Task, Error>>,
    /// What is used again for the next run.
    idle: Task,
}

/// A run of lines, and room for the answers.
#[derive(Default)]
struct Task {
    run: Zeroizing<Vec<u8>>,
    answers: ResponseBuffer,
}

impl Worker {
    /// Starts one that opens the store at `path` for itself.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start<'s>(
        scope: &'s thread::Scope<'s, '_>,
        path: PathBuf,
        defaults: Defaults,
    ) -> Result<Self, Error> {
        let (work, jobs) = sync_channel(1);
        let (finished, done) = sync_channel(1);
        let serve = move || {
            let mut own = None;
            for (now, mut job) in jobs {
                let judged = judge(&mut own, &path, &defaults, now, &mut job);
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
        })
    }

    /// Gives it a run of lines to judge.
    ///
    /// # Errors
    /// If its thread has ended.
    pub fn give(&mut self, run: &[u8], now: Timestamp) -> Result<(), Error> {
        let mut job = std::mem::take(&mut self.idle);
        job.run.clear();
        if job.run.capacity() < run.len() {
            // A buffer that grows would leave its keys behind; this one is wiped.
            job.run = Zeroizing::new(Vec::with_capacity(run.len()));
        }
        job.run.extend_from_slice(run);
        self.work.send((now, job)).map_err(|_| Error::ended_early())
    }

    /// Waits for the answers.
    ///
    /// # Errors
    /// If the store cannot be read, or its thread has ended.
    pub fn take(&mut self) -> Result<&ResponseBuffer, Error> {
        self.idle = self.done.recv().map_err(|_| Error::ended_early())??;
        Ok(&self.idle.answers)
    }
}

fn judge(
    judge: &mut Option<BatchJudge>,
    path: &Path,
    defaults: &Defaults,
    now: Timestamp,
    job: &mut Task,
) -> Result<(), Error> {
    let judge = match judge {
        Some(judge) => judge,
        none => none.insert(BatchJudge::new(Store::open(path, Access::Read)?)),
    };
    judge.judge(&job.run, defaults, now, &mut job.answers)
}
