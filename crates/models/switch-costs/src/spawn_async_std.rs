//! Tasks on one thread that do nothing: all are started, then all are joined.
//!
//! Expect a little more than `spawn_smol` takes: each task gets a number and room for its locals, used or not.
//!
//! async-std is discontinued (RUSTSEC-2025-0052): this is for those who still meet it, and `spawn_smol` is the way out.

use std::time::Instant;

use async_std::task::{block_on, spawn_local};

use super::spawns::{Spawns, WARM_UP};

/// Starts and joins `workers` tasks, `rounds` times.
pub fn run(workers: usize, rounds: u64) -> Spawns {
    block_on(async {
        for _ in 0..WARM_UP {
            round(workers).await;
        }
        let mut spawns = Spawns::default();
        for _ in 0..rounds {
            spawns += round(workers).await;
        }
        spawns
    })
}

async fn round(workers: usize) -> Spawns {
    let started = Instant::now();
    // Right: each is an entry on the runtime's list from here on, and none has run before the first is awaited.
    let handles: Vec<_> = (0..workers).map(|_| spawn_local(async { 1 })).collect();
    let spawned = Instant::now();
    let mut done = 0;
    for handle in handles {
        done += handle.await;
    }
    Spawns { done, spawning: spawned - started, joining: spawned.elapsed() }
}
