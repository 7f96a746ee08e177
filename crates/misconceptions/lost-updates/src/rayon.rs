//! A pool of threads adds to counters of their own; rayon hands out the work and adds up the results.
//!
//! Expect the exact sum, no lock, and nearly the least time. Reach for it when computation is to be spread
//! over the cores.

use std::hint::black_box;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// Lets a pool of `workers` threads add 1 `additions` times each; returns the sum of their counters.
pub fn run(workers: u64, additions: u64) -> u64 {
    let threads = usize::try_from(workers).expect("more workers than addresses");
    let pool =
        ThreadPoolBuilder::new().num_threads(threads).build().expect("the threads could not be started");
    pool.install(|| (0..workers).into_par_iter().map(|_| add(additions)).sum())
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
