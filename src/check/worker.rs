//! A judge on a thread of its own, which lives as long as the stream: a thread for each chunk would
//! start on the processor of its parent, and often stay there.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use zeroize::Zeroizing;

use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::query::Defaults;
use crate::domain::Timestamp;
use crate::error::Error;
use crate::store::Store;

/// The near end of such a thread.
pub struct Worker {
    work: SyncSender<Task>,
    done: Receiver<Result<Task, Error>>,
    /// What is used again for the next shard.
    idle: Task,
    is_busy: bool,
}

/// Whole lines, and room for their answers.
#[derive(Default)]
struct Task {
    shard: Zeroizing<Vec<u8>>,
    answers: ResponseBuffer,
}

impl Worker {
    /// Starts one with a connection of its own.
    pub fn start<'s>(
        scope: &'s thread::Scope<'s, '_>,
        store: Store,
        defaults: Defaults,
        clock: &'s (dyn Fn() -> Timestamp + Sync),
    ) -> Result<Self, Error> {
        let (work, tasks) = sync_channel::<Task>(1);
        let (finished, done) = sync_channel(1);
        let serve = move || {
            let mut judge = BatchJudge::new(store);
            for mut task in tasks {
                let judged = judge.judge(&task.shard, &defaults, clock, &mut task.answers);
                if finished.send(judged.map(|()| task)).is_err() {
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

    /// Sends it whole lines to judge; one task at a time.
    pub fn send(&mut self, shard: &[u8]) -> Result<(), Error> {
        let mut task = std::mem::take(&mut self.idle);
        task.shard.clear();
        if task.shard.capacity() < shard.len() {
            // A buffer that grows would leave its keys behind; this one is wiped.
            task.shard = Zeroizing::new(Vec::with_capacity(shard.len()));
        }
        task.shard.extend_from_slice(shard);
        self.work.send(task).map_err(|_| Error::ended_early())?;
        self.is_busy = true;
        Ok(())
    }

    /// Waits until it is idle, and drops what came of its task.
    pub fn stop(&mut self) {
        if self.is_busy {
            let _ = self.receive();
        }
    }

    /// Waits for the answers to the task that was sent last.
    pub fn receive(&mut self) -> Result<&ResponseBuffer, Error> {
        self.is_busy = false;
        self.idle = self.done.recv().map_err(|_| Error::ended_early())??;
        Ok(&self.idle.answers)
    }
}
