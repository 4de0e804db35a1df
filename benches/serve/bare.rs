//! The same server without a store: a runtime a core, and every answer is 200.

use std::convert::Infallible;
use std::io::Write;
use std::net::TcpListener;
use std::thread;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;

pub fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut stderr = std::io::stderr();
    writeln!(
        stderr,
        "listening at {}\nanswering",
        listener.local_addr().unwrap()
    )
    .unwrap();
    let cores = thread::available_parallelism().unwrap().get();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let listener = listener.try_clone().unwrap();
            thread::spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                runtime.block_on(accept(listener));
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

async fn accept(listener: TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let answer = service_fn(|_: Request<Incoming>| async {
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}
