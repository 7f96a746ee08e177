//! Threads add to a counter of their own; the counters are added up when the threads are joined.
//!
//! Expect the exact sum, no lock, and the least time. Reach for it whenever the total is wanted only at the end.

use std::hint::black_box;
use std::thread;

/// Lets `workers` threads add 1 `additions` times each; returns the sum of their counters.
pub fn run(workers: u64, additions: u64) -> u64 {
    let handles: Vec<_> = (0..workers).map(|_| thread::spawn(move || add(additions))).collect();
    handles.into_iter().map(|handle| handle.join().expect("a worker panicked")).sum()
}

fn add(additions: u64) -> u64 {
    let mut counter = 0;
    for _ in 0..additions {
        // Right: no other thread can reach this counter.
        // The black box keeps the compiler from turning the loop into a single addition.
        counter = black_box(counter + 1);
    }
    counter
}
