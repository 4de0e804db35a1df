//! `check --batch`: a verdict for each line, in order, as soon as the lines are there.

use std::io;
use std::thread;
use std::time::Duration;

use crate::check::chunks::{ChunkReader, batches, shards};
use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::pace::Pace;
use crate::check::query::Defaults;
use crate::check::worker::Worker;
use crate::domain::Timestamp;
use crate::error::{Code, Error};
use crate::session::input::Input;
use crate::session::{Author, remark_on};
use crate::store::Store;
use crate::view::Output;

/// The exit status if a line could not be read.
const NOT_ALL: u8 = 1;
/// In bytes; less than this is judged sooner than a thread is started.
const SMALLEST_SHARD: usize = 16 * 1024;

/// A stream of checks, one a line.
pub struct Batch<'a> {
    defaults: Defaults,
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    bad: u64,
}

impl<'a> Batch<'a> {
    /// Prepares a stream; `defaults` are what its lines do not say.
    pub fn new(defaults: Defaults, clock: &'a (dyn Fn() -> Timestamp + Sync)) -> Self {
        Batch {
            defaults,
            clock,
            bad: 0,
        }
    }
}

impl Batch<'_> {
    /// Answers until the input ends, and returns the exit status. Every chunk of input is
    /// answered before more is read; a large one is shared among threads.
    pub fn answer(
        mut self,
        store: Store,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<u8, Error> {
        thread::scope(|scope| {
            let mut team = Team {
                judge: BatchJudge::new(store),
                answers: ResponseBuffer::default(),
                workers: Vec::new(),
                processors: None,
            };
            let mut chunks = ChunkReader::new(input.stdin);
            while let Some(chunk) = chunks.next().map_err(unreadable)? {
                for lines in batches(chunk) {
                    let (mut rest, mut recovery) = (lines, Recovery::default());
                    while !rest.is_empty() {
                        let answered = team.answer(scope, &mut self, &mut rest, output);
                        if let Err(error) = answered {
                            team.workers.iter_mut().for_each(Worker::stop);
                            if recovery.recover(error, rest, &mut team.judge, self.clock, output)? {
                                team.workers.clear();
                            }
                        }
                    }
                }
                output.flush()?;
                if output.reader_is_gone() {
                    break;
                }
            }
            Ok(self.status(output))
        })
    }

    /// The same, and counts each line as a use of its key: before it is answered, many in one
    /// transaction.
    pub fn answer_and_record(
        mut self,
        store: Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<u8, Error> {
        let (mut judge, mut answers) = (BatchJudge::new(store), ResponseBuffer::default());
        judge.give_way()?;
        let (defaults, mut pace) = (self.defaults, Pace::default());
        let mut chunks = ChunkReader::new(input.stdin);
        while let Some(chunk) = chunks.next().map_err(unreadable)? {
            let (mut rest, mut recovery) = (chunk, Recovery::default());
            while !rest.is_empty() {
                let judged =
                    pace.work(|| judge.judge_and_record(rest, &defaults, author, &mut answers));
                match judged {
                    Ok(after) => {
                        rest = after;
                        self.pass_on(&answers, output)?;
                    }
                    Err(error) => {
                        if recovery.recover(error, rest, &mut judge, self.clock, output)? {
                            judge.give_way()?;
                        }
                    }
                }
            }
            output.flush()?;
            if output.reader_is_gone() {
                break;
            }
        }
        Ok(self.status(output))
    }

    fn pass_on(&mut self, answers: &ResponseBuffer, output: &mut Output<'_>) -> Result<(), Error> {
        self.bad += answers.bad;
        output.answers(&answers.text)
    }

    fn status(&self, output: &mut Output<'_>) -> u8 {
        match self.bad {
            0 => return 0,
            1 => output.remark("1 line could not be read; its answer says why"),
            bad => output.remark(&format!(
                "{bad} lines could not be read; their answers say why"
            )),
        }
        NOT_ALL
    }
}

/// Those who judge a large batch together: this thread, and others.
struct Team {
    judge: BatchJudge,
    answers: ResponseBuffer,
    workers: Vec<Worker>,
    /// Asking for the number of processors takes longer than most chunks.
    processors: Option<usize>,
}

impl Team {
    /// Answers a batch. `rest` is what is not answered yet, also after a failure.
    fn answer<'s, 'c: 's>(
        &mut self,
        scope: &'s thread::Scope<'s, '_>,
        batch: &mut Batch<'c>,
        rest: &mut &[u8],
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let most = rest.len() / SMALLEST_SHARD;
        let count = if most < 2 {
            1
        } else {
            most.min(*self.processors.get_or_insert_with(processors_there))
        };
        let shards = shards(rest, count);
        let Some((own, others)) = shards.split_first() else {
            return Ok(());
        };
        while self.workers.len() < others.len() {
            let store = self.judge.store().connect_again()?;
            let worker = Worker::start(scope, store, batch.defaults, batch.clock)?;
            self.workers.push(worker);
        }
        let busy = &mut self.workers[..others.len()];
        busy.iter_mut()
            .zip(others)
            .try_for_each(|(worker, shard)| worker.send(shard))?;
        self.judge
            .judge(own, &batch.defaults, batch.clock, &mut self.answers)?;
        batch.pass_on(&self.answers, output)?;
        *rest = &rest[own.len()..];
        for (worker, shard) in busy.iter_mut().zip(others) {
            batch.pass_on(worker.receive()?, output)?;
            *rest = &rest[shard.len()..];
        }
        Ok(())
    }
}

/// How long a stream leaves a store alone that others have held for the whole of the busy timeout.
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Tries until nobody holds the store too long: a stream answers later and does not end.
pub fn when_free<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match attempt() {
            Err(error) if error.code == Code::StoreLocked => thread::sleep(BETWEEN_TRIES),
            other => return other,
        }
    }
}

/// How often in a row a store may turn out to be another file before anything is answered: on a
/// file system that numbers its files anew each time this would never end.
const MOST_REPLACED: u32 = 10;

/// How often a store had to be opened again while one batch was answered.
#[derive(Default)]
struct Recovery {
    replaced: u32,
    /// How much was left then.
    left: usize,
}

impl Recovery {
    /// Does what lets the stream go on after a failure: waits for a store that others hold, or opens
    /// the one that took its place. Whether it is another store now.
    fn recover(
        &mut self,
        failure: Error,
        rest: &[u8],
        judge: &mut BatchJudge,
        clock: &dyn Fn() -> Timestamp,
        output: &mut Output<'_>,
    ) -> Result<bool, Error> {
        match failure.code {
            Code::StoreReplaced => {}
            Code::StoreLocked => {
                thread::sleep(BETWEEN_TRIES);
                return Ok(false);
            }
            _ => return Err(failure),
        }
        if self.left != rest.len() {
            (self.left, self.replaced) = (rest.len(), 0);
        }
        self.replaced += 1;
        if self.replaced > MOST_REPLACED {
            return Err(failure);
        }
        remark_on(
            when_free(|| judge.reopen(clock).map(drop)).map(|()| judge.store())?,
            output,
        );
        Ok(true)
    }
}

fn processors_there() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn unreadable(cause: io::Error) -> Error {
    Error::io("read standard input", cause)
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
}
