//! The longest answer while somebody writes, beside the longest while nobody does.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::client::{self, Client};
use crate::server::{self, PROGRAM, Server};

/// A use from each of so many addresses is a row of its own.
const USES: u32 = 10_000;

pub fn bench(directory: &Path) {
    let db = directory.join("stalls.db");
    let key = server::store(&db, 100_000);
    let server = Server::serve(&db);
    let uses = |address: &dyn Fn(u32) -> u32| {
        let mut other = Client::connect(&server.address);
        for number in 0..USES {
            other.ask(&client::from(&key, address(number)));
        }
        // What is left is stored after five seconds.
        thread::sleep(Duration::from_secs(6));
    };
    let without = longest(&server, &key, || uses(&|_| 0));
    let stored = longest(&server, &key, || uses(&|number| number));
    println!(
        "  longest answer: {without:.1?}; {stored:.1?} while 10,000 uses are stored (goal: at most 20 ms more)"
    );
    let alone = longest(&server, &key, || thread::sleep(Duration::from_secs(2)));
    let printing = longest(&server, &key, || create_into_a_full_pipe(&db));
    println!(
        "                  {alone:.1?}; {printing:.1?} while a key is printed into a full pipe (goal: at most 20 ms more)"
    );
}

/// The longest answer until this is over.
fn longest(server: &Server, key: &str, meanwhile: impl FnOnce()) -> Duration {
    let is_over = AtomicBool::new(false);
    let request = client::of_nginx(key);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut client = Client::connect(&server.address);
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                longest = longest.max(client.ask(&request));
            }
            longest
        });
        meanwhile();
        is_over.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    })
}

/// Fails after two seconds, in which it holds the store.
fn create_into_a_full_pipe(db: &Path) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[0; 4096]).is_ok() {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    let status = Command::new(PROGRAM)
        .args(["create", "unread", "--preset", "read-only", "--db"])
        .arg(db)
        .stdout(writer)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
    drop(reader);
}
