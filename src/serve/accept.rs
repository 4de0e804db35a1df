//! Connections: accepted on one thread, answered by the worker that has the fewest.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Scope;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{unconstrained, yield_now};
use tokio::time::{sleep, timeout};

use crate::error::Error;
use crate::serve::listener::Socket;
use crate::serve::reports::Trouble;
use crate::serve::responder::{Caller, MOST_HEADER_BYTES, Responder};
use crate::serve::timeouts::{Pulse, TimedStream};
use crate::serve::{ListenSockets, Shared, Stop};

/// How many connections of gateways there are at most.
pub const MOST_CONNECTIONS: usize = 1024;
/// Who asks for health must not have to wait for those.
const MOST_ADMIN_CONNECTIONS: usize = 16;
/// How long requests that are under way may take once it is to end.
const FOR_THE_LAST: Duration = Duration::from_secs(5);
/// How long to wait if no more connections can be had.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// A connection on its way to a worker.
struct Arrival {
    stream: Stream,
    caller: Caller,
    permit: OwnedSemaphorePermit,
}

enum Stream {
    Tcp(std::net::TcpStream),
    Unix(StdUnixStream),
}

/// The way to a worker.
struct WorkerQueue {
    arrivals: mpsc::UnboundedSender<Arrival>,
    connections: Arc<AtomicUsize>,
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    fn of(socket: Socket) -> io::Result<Self> {
        match socket {
            Socket::Tcp(listener) => TcpListener::from_std(listener).map(Listener::Tcp),
            Socket::Unix(listener) => UnixListener::from_std(listener).map(Listener::Unix),
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream.into_std()?), Some(peer)))
            }
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream.into_std()?), None))
            }
        }
    }
}

/// Accepts and answers until it is stopped, and what is under way is answered.
pub fn answer<'s, 'e>(
    scope: &'s Scope<'s, 'e>,
    shared: &'e Shared<'e>,
    sockets: ListenSockets,
    stop: &Stop,
) -> Result<(), Error> {
    let mut queues = Vec::new();
    let mut workers = Vec::new();
    for number in 0..shared.config.workers {
        let (arrivals, arriving) = mpsc::unbounded_channel();
        let connections = Arc::<AtomicUsize>::default();
        queues.push(WorkerQueue {
            arrivals,
            connections: Arc::clone(&connections),
        });
        let runtime = runtime()?;
        workers.push(scope.spawn(move || {
            let worker = Responder::new(number, shared);
            // The connections share one budget of tokio's otherwise.
            let work = unconstrained(work(&worker, arriving, &connections));
            runtime.block_on(work);
        }));
    }
    let accepted = runtime()?.block_on(accept(shared, sockets, &queues, stop.listen()));
    shared.reports.stopping();
    drop(queues);
    for worker in workers {
        worker.join().map_err(|_| Error::ended_early())?;
    }
    accepted
}

fn runtime() -> Result<Runtime, Error> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::io("wait for connections", e))
}

/// Hands each new connection to a worker, until it is stopped.
async fn accept(
    shared: &Shared<'_>,
    sockets: ListenSockets,
    queues: &[WorkerQueue],
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    // Dropped at the end: a Unix socket is removed then.
    let mut made = Vec::new();
    let mut listeners = FuturesUnordered::new();
    for (sockets, for_admin, most) in [
        (sockets.gateways, false, MOST_CONNECTIONS),
        (sockets.admin, true, MOST_ADMIN_CONNECTIONS),
    ] {
        let room = Arc::new(Semaphore::new(most));
        for socket in sockets {
            let listener =
                Listener::of(socket.socket).map_err(|e| Error::io("wait for connections", e))?;
            made.push(socket.made);
            let room = Arc::clone(&room);
            listeners.push(accept_all(shared, listener, for_admin, room, queues));
        }
    }
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = async { while listeners.next().await.is_some() {} } => {}
    }
    Ok(())
}

async fn accept_all(
    shared: &Shared<'_>,
    listener: Listener,
    for_admin: bool,
    room: Arc<Semaphore>,
    queues: &[WorkerQueue],
) {
    // Whoever comes when there is no room waits in the queue of the system.
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let caller = if for_admin {
                    Caller::Admin(peer)
                } else {
                    Caller::Gateway(peer)
                };
                let idlest = queues
                    .iter()
                    .min_by_key(|queue| queue.connections.load(Ordering::Relaxed))
                    .expect("there is a worker");
                idlest.connections.fetch_add(1, Ordering::Relaxed);
                // A worker lives as long as its queue.
                let _ = idlest.arrivals.send(Arrival {
                    stream,
                    caller,
                    permit,
                });
            }
            Err(error) => {
                shared
                    .reports
                    .report(Trouble::Accept, 1, || error.to_string());
                sleep(AFTER_A_FAILURE).await;
            }
        }
    }
}

/// Answers on all connections of a worker, until no more come and those there are have ended.
async fn work(
    worker: &Responder<'_>,
    mut arriving: mpsc::UnboundedReceiver<Arrival>,
    connections: &AtomicUsize,
) {
    // Each connection listens for the end whenever it is looked at, so this is the worker's own.
    let ending = watch::Sender::new(false);
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            Some(()) = open.next() => {}
            arrival = arriving.recv() => match arrival {
                Some(arrival) => open.push(attend(worker, arrival, connections, ending.subscribe())),
                None => break,
            }
        }
    }
    ending.send_replace(true);
    // What takes longer is cut off.
    let _ = timeout(FOR_THE_LAST, async { while open.next().await.is_some() {} }).await;
}

/// Answers on one connection.
async fn attend(
    worker: &Responder<'_>,
    arrival: Arrival,
    connections: &AtomicUsize,
    stopped: watch::Receiver<bool>,
) {
    let Arrival {
        stream,
        caller,
        permit,
    } = arrival;
    let gauge = &worker.shared().metrics.connections;
    gauge.fetch_add(1, Ordering::Relaxed);
    // A connection that fails is the business of whoever is at its other end.
    let _ = match stream {
        Stream::Tcp(stream) => match TcpStream::from_std(stream) {
            Ok(stream) => converse(worker, stream, caller, stopped).await,
            Err(_) => Ok(()),
        },
        Stream::Unix(stream) => match UnixStream::from_std(stream) {
            Ok(stream) => converse(worker, stream, caller, stopped).await,
            Err(_) => Ok(()),
        },
    };
    gauge.fetch_sub(1, Ordering::Relaxed);
    connections.fetch_sub(1, Ordering::Relaxed);
    drop(permit);
}

async fn converse(
    worker: &Responder<'_>,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    caller: Caller,
    mut stopped: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let pulse = Pulse::default();
    let stream = TokioIo::new(TimedStream::new(stream, pulse.clone()));
    let answer = service_fn(|request| {
        pulse.begin();
        async {
            let response = worker.answer(caller, request).await;
            pulse.end();
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .max_buf_size(MOST_HEADER_BYTES)
            // A client that says that it sends no more still gets its answer.
            .half_close(true)
            .serve_connection(stream, answer)
    );
    tokio::select! {
        biased;
        done = connection.as_mut() => return done,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    // A request that has come by now is seen once the runtime has looked at its sockets again.
    tokio::select! {
        biased;
        done = connection.as_mut() => return done,
        () = yield_now() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}
