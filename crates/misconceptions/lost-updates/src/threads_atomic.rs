//! Threads add to one counter; the processor reads, adds and writes in a single step.
//!
//! Expect the exact sum with no lock. Reach for it when what is shared is one number.

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

fn add(counter: &AtomicU64, additions: u64) {
    for _ in 0..additions {
        // Right: there is no moment between the read and the write at which a thread could be switched out.
        counter.fetch_add(1, Relaxed);
    }
}
