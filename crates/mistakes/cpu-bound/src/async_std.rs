//! A task for each computation, on async-std's threads, one for each core; each yields after every 100,000 steps.
//!
//! Expect what `smol` does, on whose parts it stands. async-std is discontinued (RUSTSEC-2025-0052): this is for those
//! who still meet it, and `smol` is the way out.

use std::sync::Arc;
use std::time::Instant;

use async_std::task::{block_on, sleep, spawn, yield_now};

use super::{Heartbeat, kernel};

/// In steps, some 200 microseconds: so long does a task keep its thread each time it has it.
const YIELD_EVERY: u64 = 100_000;

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    block_on(async {
        let heart = spawn(beat(Arc::clone(heartbeat)));
        // Right: the global executor has a thread for each core, and the tasks are spread over them.
        let handles: Vec<_> = (0..jobs).map(|_| spawn(compute(steps))).collect();
        let mut answers = Vec::new();
        for handle in handles {
            answers.push(handle.await);
        }
        heartbeat.stop();
        heart.await;
        answers
    })
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        sleep(due.saturating_duration_since(Instant::now())).await;
        heartbeat.beat();
    }
}

async fn compute(steps: u64) -> u32 {
    let (mut state, mut left) = (kernel::SEED, steps);
    while left > 0 {
        let piece = left.min(YIELD_EVERY);
        state = kernel::advance(state, piece);
        left -= piece;
        yield_now().await;
    }
    kernel::answer(state)
}
