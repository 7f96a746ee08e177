//! Threads add to one counter; a lock is held from the read to the write.
//!
//! Expect the exact sum, and most of the time spent on the lock. Reach for it when what is shared is more
//! than one number.

use std::sync::{Arc, Mutex};
use std::thread;

/// Lets `workers` threads add 1 `additions` times each; returns the counter.
pub fn run(workers: u64, additions: u64) -> u64 {
    let counter = Arc::new(Mutex::new(0));
    let handles: Vec<_> = (0..workers)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || add(&counter, additions))
        })
        .collect();
    for handle in handles {
        handle.join().expect("a worker panicked");
    }
    *counter.lock().expect("a worker panicked")
}

fn add(counter: &Mutex<u64>, additions: u64) {
    for _ in 0..additions {
        // Right: whoever is switched in between the read and the write waits here.
        let mut count = counter.lock().expect("a worker panicked");
        let read = *count;
        *count = read + 1;
    }
}
