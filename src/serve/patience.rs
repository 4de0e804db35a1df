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
pub struct Patient<S> {
    stream: S,
    pulse: Pulse,
    /// What it was doing when it was last looked at, and since when.
    seen: u8,
    since: Instant,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// A connection that was just made.
    pub fn new(stream: S, pulse: Pulse) -> Self {
        Patient {
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

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
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

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
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
