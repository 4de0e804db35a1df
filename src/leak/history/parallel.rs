//! Shares work among the processors.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::error::Error;

/// More threads would need more memory than a search of a history may take.
const MOST_THREADS: usize = 8;

/// How many threads work at once.
pub fn threads() -> usize {
    thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(MOST_THREADS)
}

/// Does `work` with each number below `items`. Each thread works on `step` numbers in a row, with
/// a state of its own; all states are returned.
pub fn share<S: Send>(
    items: usize,
    step: usize,
    begin: &(impl Fn() -> S + Sync),
    work: &(impl Fn(&mut S, usize) + Sync),
) -> Result<Vec<S>, Error> {
    let next = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(items.div_ceil(step)))
            .map(|_| {
                scope.spawn(move || {
                    let mut state = begin();
                    loop {
                        let first = next.fetch_add(step, Ordering::Relaxed);
                        if first >= items {
                            return state;
                        }
                        (first..items.min(first + step)).for_each(|item| work(&mut state, item));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| Error::ended_early()))
            .collect()
    })
}
