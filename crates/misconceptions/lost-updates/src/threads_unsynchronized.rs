//! Threads add to one counter, and nothing keeps the read and the write together.
//!
//! Expect a sum that is too small, by another amount in each run, and now and then an exact one, when the threads
//! happen not to overlap. Never do this; it is here to be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

/// Lets `workers` threads add 1 `additions` times each; returns the counter.
pub fn run(workers: u64, additions: u64) -> u64 {
    let counter = Arc::new(AtomicU64::new(0));
    let handles: Vec<_> = (0..workers)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || add(&counter, additions))
        })
        .collect();
    for handle in handles {
        handle.join().expect("a worker panicked");
    }
    counter.load(Relaxed)
}

// Two steps, as in `counter += 1`. A `static mut` would be undefined behaviour, and the compiler would turn
// the loop into a single addition that hides the race.
fn add(counter: &AtomicU64, additions: u64) {
    for _ in 0..additions {
        let read = counter.load(Relaxed);
        // Wrong: another thread may have written since the read, and this write undoes its addition.
        counter.store(read + 1, Relaxed);
    }
}
