//! How long a connection is waited for: 10 s for the headers of a request, 150 s between two, 10 s
//! for somebody who does not take an answer.
//!
//! hyper has one timer for the first two, and none for the third.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// For the headers of a request, once they have begun.
pub const FOR_HEADERS: Duration = Duration::from_secs(10);
/// For the next request.
pub const FOR_REQUEST: Duration = Duration::from_secs(150);
/// For an answer to be taken, and for the body of a request.
pub const FOR_TRANSFER: Duration = Duration::from_secs(10);

const IDLE: u8 = 0;
const HEADERS: u8 = 1;
const BUSY: u8 = 2;

/// What a connection is doing, as far as whoever answers its requests knows.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicU8>);

impl Pulse {
    /// The headers of a request are there.
    pub fn begin(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// It is answered.
    pub fn end(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that fails once it was waited for long enough.
pub struct TimedStream<S> {
    stream: S,
    pulse: Pulse,
    /// What it was doing when it was last looked at, and since when.
    seen: u8,
    since: Instant,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    /// A connection that was just made.
    pub fn new(stream: S, pulse: Pulse) -> Self {
        TimedStream {
            stream,
            pulse,
            seen: IDLE,
            since: Instant::now(),
            reading: None,
            writing: None,
        }
    }

    fn look(&mut self) {
        let now = self.pulse.get();
        if self.seen != now {
            (self.seen, self.since) = (now, Instant::now());
        }
    }

    /// Fails if there is nothing to be read for too long. The timer is not set again for each
    /// request: it goes off early, and is then set to the right time.
    fn wait_to_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let limit = match self.seen {
            IDLE => FOR_REQUEST,
            HEADERS => FOR_HEADERS,
            _ => return Poll::Pending,
        };
        let deadline = self.since + limit;
        let timer = self
            .reading
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(context));
            if timer.deadline() >= deadline {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(deadline);
        }
    }

    /// Passes on what came of writing; if nothing did, fails after a while.
    fn wait_to_write<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let timer = self
            .writing
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + FOR_TRANSFER)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.look();
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.wait_to_read(context),
            ready => {
                if self.seen == IDLE && buffer.filled().len() > before {
                    self.pulse.0.store(HEADERS, Ordering::Relaxed);
                    self.look();
                }
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wait_to_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wait_to_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.wait_to_write(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.wait_to_write(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{DuplexStream, duplex};

    use super::*;

    /// A connection whose other end is in the hands of the test. Time is tokio's: it passes as soon
    /// as nobody has anything else to do.
    fn run<F: Future<Output = ()>>(
        test: impl FnOnce(TimedStream<DuplexStream>, DuplexStream, Pulse) -> F,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (here, there) = duplex(64);
            let pulse = Pulse::default();
            test(TimedStream::new(here, pulse.clone()), there, pulse).await;
        });
    }

    async fn read(stream: &mut TimedStream<DuplexStream>) -> io::Result<usize> {
        let mut bytes = [0; 16];
        let mut buffer = ReadBuf::new(&mut bytes);
        poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut buffer)).await?;
        Ok(buffer.filled().len())
    }

    async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|context| Pin::new(&mut *stream).poll_write(context, bytes)).await
    }

    #[track_caller]
    fn assert_timed_out(result: io::Result<usize>, since: Instant, after: Duration) {
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let waited = since.elapsed();
        let slack = Duration::from_millis(5);
        assert!(waited >= after && waited <= after + slack, "{waited:?}");
    }

    #[test]
    fn an_idle_connection_is_closed_after_a_while() {
        run(|mut stream, there, _| async move {
            let began = Instant::now();
            assert_timed_out(read(&mut stream).await, began, FOR_REQUEST);
            drop(there);
        });
    }

    #[test]
    fn headers_that_have_begun_must_come_soon_however_slowly_they_trickle() {
        run(|mut stream, mut there, _| async move {
            tokio::time::sleep(Duration::from_secs(100)).await;
            let began = Instant::now();
            let trickle = async {
                loop {
                    write(&mut there, b"x").await.unwrap();
                    tokio::time::sleep(Duration::from_secs(3)).await;
                }
            };
            let read = async {
                loop {
                    match read(&mut stream).await {
                        Ok(_) => {}
                        failed => return failed,
                    }
                }
            };
            let failed = tokio::select! {
                failed = read => failed,
                () = trickle => unreachable!(),
            };
            assert_timed_out(failed, began, FOR_HEADERS);
        });
    }

    #[test]
    fn a_request_that_is_being_answered_is_not_timed_and_the_next_one_begins_anew() {
        run(|mut stream, mut there, pulse| async move {
            for _ in 0..3 {
                write(&mut there, b"head").await.unwrap();
                assert_eq!(read(&mut stream).await.unwrap(), 4);
                pulse.begin();
                let waits = tokio::time::timeout(Duration::from_secs(1_000), read(&mut stream));
                assert!(waits.await.is_err(), "it is timed");
                pulse.end();
                let waits = tokio::time::timeout(Duration::from_secs(149), read(&mut stream));
                assert!(waits.await.is_err(), "it is closed early");
            }
            let began = Instant::now();
            assert_timed_out(read(&mut stream).await, began, Duration::from_secs(1));
        });
    }

    #[test]
    fn who_does_not_take_the_answer_is_left() {
        run(|mut stream, there, _| async move {
            assert_eq!(write(&mut stream, &[0; 64]).await.unwrap(), 64);
            let began = Instant::now();
            assert_timed_out(write(&mut stream, b"more").await, began, FOR_TRANSFER);
            drop(there);
        });
    }
}
