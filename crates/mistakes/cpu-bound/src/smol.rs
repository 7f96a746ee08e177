//! A task for each computation, on an executor that a thread for each core runs; each yields after every 100,000 steps.
//!
//! Expect what `tokio_multi_thread` does. The executor is built in sight, because smol's global one has one thread, and
//! would be `tokio_yielding` again.

use std::sync::Arc;
use std::thread::{self, available_parallelism};

use smol::future::yield_now;
use smol::{Executor, Timer, block_on, channel};

use super::{Heartbeat, kernel};

/// In steps, some 200 microseconds: so long does a task keep its thread each time it has it.
const YIELD_EVERY: u64 = 100_000;

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let executor = Executor::new();
    let (running, stopped) = channel::bounded::<()>(1);
    thread::scope(|scope| {
        // Right: there is a thread for each core to compute on, and the tasks are spread over them.
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| block_on(executor.run(stopped.recv())));
        }
        let answers = block_on(async {
            let heart = executor.spawn(beat(Arc::clone(heartbeat)));
            let handles: Vec<_> = (0..jobs).map(|_| executor.spawn(compute(steps))).collect();
            let mut answers = Vec::new();
            for handle in handles {
                answers.push(handle.await);
            }
            heartbeat.stop();
            heart.await;
            answers
        });
        // Tells the threads to end; a panic above does so too.
        drop(running);
        answers
    })
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        Timer::at(due).await;
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
