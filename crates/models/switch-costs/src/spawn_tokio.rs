//! Tasks on one thread that do nothing: all are started, then all are joined.
//!
//! Expect a fraction of a microsecond each: memory is taken for the task, and it is put on a list. Reach for it when
//! there is a worker for each thing that comes, however small.

use std::time::Instant;

use super::spawns::{Spawns, WARM_UP};

/// Starts and joins `workers` tasks, `rounds` times.
#[tokio::main(flavor = "current_thread")]
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
    // Right: each is an entry on the runtime's list from here on, and none has run before the first is awaited.
    let handles: Vec<_> = (0..workers).map(|_| tokio::spawn(async { 1 })).collect();
    let spawned = Instant::now();
    let mut done = 0;
    for handle in handles {
        done += handle.await.expect("a worker panicked");
    }
    Spawns { done, spawning: spawned - started, joining: spawned.elapsed() }
}
