//! Tasks on several threads that do nothing: all are started, then all are joined.
//!
//! Expect a start that takes longer than `spawn_tokio`'s, since other threads are woken and take from the list while it is
//! written, and a join that may take less, since they have run by then. Reach for
//! it when what a worker does is worth a second core.

use std::time::Instant;

use super::spawns::{Spawns, WARM_UP};

/// Starts and joins `workers` tasks, `rounds` times.
#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
pub async fn run(workers: usize, rounds: u64) -> Spawns {
    for _ in 0..WARM_UP {
        round(workers).await;
    }
    let mut spawns = Spawns::default();
    for _ in 0..rounds {
        spawns += round(workers).await;
    }
    spawns
}

async fn round(workers: usize) -> Spawns {
    let started = Instant::now();
    // Right: each is an entry on the runtime's list from here on, and another of its threads may have run it already.
    let handles: Vec<_> = (0..workers).map(|_| tokio::spawn(async { 1 })).collect();
    let spawned = Instant::now();
    let mut done = 0;
    for handle in handles {
        done += handle.await.expect("a worker panicked");
    }
    Spawns { done, spawning: spawned - started, joining: spawned.elapsed() }
}
