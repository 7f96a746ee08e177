//! Threads that do nothing: all are started, then all are joined.
//!
//! Expect some tens of microseconds each, most of them in the kernel: a stack is mapped, a thread is made, and it is taken
//! down. Reach for it when what a worker does takes a good deal longer than that.

use std::thread::spawn;
use std::time::Instant;

use super::spawns::{Spawns, WARM_UP};

/// Starts and joins `workers` threads, `rounds` times.
pub fn run(workers: usize, rounds: u64) -> Spawns {
    for _ in 0..WARM_UP {
        round(workers);
    }
    let mut spawns = Spawns::default();
    for _ in 0..rounds {
        spawns += round(workers);
    }
    spawns
}

fn round(workers: usize) -> Spawns {
    let started = Instant::now();
    // Right: each is a thread of the kernel's from here on, and may well have ended before the next is started.
    let handles: Vec<_> = (0..workers).map(|_| spawn(|| 1)).collect();
    let spawned = Instant::now();
    let mut done = 0;
    for handle in handles {
        done += handle.join().expect("a worker panicked");
    }
    Spawns { done, spawning: spawned - started, joining: spawned.elapsed() }
}
