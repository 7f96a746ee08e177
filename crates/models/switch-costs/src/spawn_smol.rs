//! Tasks on one thread that do nothing: all are started, then all are joined.
//!
//! Expect what `spawn_tokio` shows, or close: memory is taken for the task, and it is put on a list.

use std::time::Instant;

use smol::{LocalExecutor, block_on};

use super::spawns::{Spawns, WARM_UP};

/// Starts and joins `workers` tasks, `rounds` times.
pub fn run(workers: usize, rounds: u64) -> Spawns {
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        for _ in 0..WARM_UP {
            round(&executor, workers).await;
        }
        let mut spawns = Spawns::default();
        for _ in 0..rounds {
            spawns += round(&executor, workers).await;
        }
        spawns
    }))
}

async fn round(executor: &LocalExecutor<'_>, workers: usize) -> Spawns {
    let started = Instant::now();
    // Right: each is an entry on the runtime's list from here on, and none has run before the first is awaited.
    let handles: Vec<_> = (0..workers).map(|_| executor.spawn(async { 1 })).collect();
    let spawned = Instant::now();
    let mut done = 0;
    for handle in handles {
        done += handle.await;
    }
    Spawns { done, spawning: spawned - started, joining: spawned.elapsed() }
}
