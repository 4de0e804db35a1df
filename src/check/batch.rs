//! `check --batch`: a verdict for each line, in order, as soon as the lines are there.

use std::io;
use std::thread;

use crate::check::chunks::{ChunkReader, batches, shards};
use crate::check::judge::{BatchJudge, ResponseBuffer};
use crate::check::query::Defaults;
use crate::check::worker::Worker;
use crate::commands::Author;
use crate::commands::check::Check;
use crate::domain::{Request, Timestamp};
use crate::error::Error;
use crate::session::input::Input;
use crate::store::Store;
use crate::view::Output;

/// The exit status if a line could not be read.
const NOT_ALL: u8 = 1;
/// Less than this is judged sooner than a thread is started.
const SMALLEST_PART: usize = 16 * 1024;

/// A stream of questions.
pub struct Batch<'a> {
    defaults: Defaults,
    clock: &'a (dyn Fn() -> Timestamp + Sync),
    bad: u64,
}

impl Check {
    /// The questions that come on standard input; the arguments are what they do not say.
    ///
    /// # Errors
    /// If the instant makes no sense.
    pub fn batch(self, clock: &(dyn Fn() -> Timestamp + Sync)) -> Result<Batch<'_>, Error> {
        let at = self.at.map(|at| at.as_of(clock())).transpose()?;
        let request = Request {
            scopes: self.scope.iter().copied().collect(),
            endpoint: self.request,
            ip: self.ip,
            environment: self.env,
        };
        let ip_prefix = self.ip_prefix.unwrap_or_default();
        Ok(Batch {
            defaults: Defaults {
                request,
                at,
                counts: self.record,
                ip_prefix,
            },
            clock,
            bad: 0,
        })
    }
}

impl Batch<'_> {
    /// Answers until the input ends, and returns the exit status. Every burst of input is answered
    /// before more is read; a large one is shared among threads.
    ///
    /// # Errors
    /// If the input or the store cannot be read, or the output not be written.
    pub fn answer(
        mut self,
        store: Store,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<u8, Error> {
        thread::scope(|scope| {
            let (mut judge, mut answers) = (BatchJudge::new(store), ResponseBuffer::default());
            let mut workers = Vec::new();
            let mut chunks = ChunkReader::of(input.stdin);
            let mut processors = None;
            while let Some(chunk) = chunks.next().map_err(unreadable)? {
                for run in batches(chunk) {
                    let most = run.len() / SMALLEST_PART;
                    // Asking for the number of processors takes longer than most bursts.
                    let count = if most < 2 {
                        1
                    } else {
                        most.min(*processors.get_or_insert_with(processors_there))
                    };
                    let shards = shards(run, count);
                    let Some((own, others)) = shards.split_first() else {
                        continue;
                    };
                    while workers.len() < others.len() {
                        let store = judge.store().connect_again()?;
                        workers.push(Worker::start(scope, store, self.defaults, self.clock)?);
                    }
                    let busy = &mut workers[..others.len()];
                    busy.iter_mut()
                        .zip(others)
                        .try_for_each(|(worker, part)| worker.give(part))?;
                    judge.judge(own, &self.defaults, self.clock, &mut answers)?;
                    self.pass_on(&answers, output)?;
                    for worker in busy {
                        self.pass_on(worker.take()?, output)?;
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

    /// The same, and counts each question as a use of its key: before it is answered, many in one
    /// transaction.
    ///
    /// # Errors
    /// If the input cannot be read, the store not be written, or the output not be written.
    pub fn answer_and_record(
        mut self,
        store: Store,
        author: &Author<'_>,
        input: &mut Input<'_>,
        output: &mut Output<'_>,
    ) -> Result<u8, Error> {
        let (mut judge, mut answers) = (BatchJudge::new(store), ResponseBuffer::default());
        let mut chunks = ChunkReader::of(input.stdin);
        while let Some(chunk) = chunks.next().map_err(unreadable)? {
            for run in batches(chunk) {
                judge.judge_and_record(run, &self.defaults, author, &mut answers)?;
                self.pass_on(&answers, output)?;
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

fn processors_there() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn unreadable(cause: io::Error) -> Error {
    Error::io("read standard input", cause)
}
