//! `check --batch`: a verdict for each line, in order, as soon as the lines are there.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::thread;

use crate::check::chunks::{ChunkReader, batches, shards};
use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::pace::Pace;
use crate::check::query::Defaults;
use crate::check::worker::Worker;
use crate::domain::Timestamp;
use crate::error::{Code, Error};
use crate::store::turns::{BETWEEN_TRIES, when_free};
use crate::store::{Author, Store};

/// In bytes; less than this is judged sooner than a thread is started.
const SMALLEST_SHARD: usize = 16 * 1024;

/// Where the answers go.
pub trait AnswerSink {
    /// Takes answers, one JSON object a line.
    fn take(&mut self, lines: &[u8]) -> Result<(), Error>;

    /// Passes everything on before more is read; breaks if nobody reads any more.
    fn flush(&mut self) -> Result<ControlFlow<()>, Error>;

    /// Is told of a store that took the place of the one before.
    fn reopened(&mut self, store: &Store);
}

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
    /// AnswerSink until the input ends, and returns how many lines could not be read. Every chunk of
    /// input is answered before more is read; a large one is shared among threads.
    pub fn answer(
        mut self,
        store: Store,
        input: &mut dyn Read,
        output: &mut dyn AnswerSink,
    ) -> Result<u64, Error> {
        thread::scope(|scope| {
            let mut team = Team {
                judge: BatchJudge::new(store),
                answers: ResponseBuffer::default(),
                workers: Vec::new(),
                processors: None,
            };
            let mut chunks = ChunkReader::new(input);
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
                if output.flush()?.is_break() {
                    break;
                }
            }
            Ok(self.bad)
        })
    }

    /// The same, and counts each line as a use of its key: before it is answered, many in one
    /// transaction.
    pub fn answer_and_record(
        mut self,
        store: Store,
        author: &Author<'_>,
        input: &mut dyn Read,
        output: &mut dyn AnswerSink,
    ) -> Result<u64, Error> {
        let (mut judge, mut answers) = (BatchJudge::new(store), ResponseBuffer::default());
        judge.give_way()?;
        let (defaults, mut pace) = (self.defaults, Pace::default());
        let mut chunks = ChunkReader::new(input);
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
            if output.flush()?.is_break() {
                break;
            }
        }
        Ok(self.bad)
    }

    fn pass_on(
        &mut self,
        answers: &ResponseBuffer,
        output: &mut dyn AnswerSink,
    ) -> Result<(), Error> {
        self.bad += answers.bad;
        output.take(&answers.text)
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
    /// AnswerSink a batch. `rest` is what is not answered yet, also after a failure.
    fn answer<'s, 'c: 's>(
        &mut self,
        scope: &'s thread::Scope<'s, '_>,
        batch: &mut Batch<'c>,
        rest: &mut &[u8],
        output: &mut dyn AnswerSink,
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
        output: &mut dyn AnswerSink,
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
        when_free(|| judge.reopen(clock).map(drop))?;
        output.reopened(judge.store());
        Ok(true)
    }
}

fn processors_there() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn unreadable(cause: io::Error) -> Error {
    Error::io("read standard input", cause)
}
