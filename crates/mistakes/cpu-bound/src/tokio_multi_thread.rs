//! A task for each computation, on a runtime with a thread for each core; each yields after every 100,000 steps.
//!
//! Expect what `threads` take: this runtime does compute in parallel. Expect the price of it too: while they compute its
//! threads serve nobody else, and all other tasks wait for the next yield. Reach for it when there is such a runtime
//! anyway, and the computation can be made to yield; else hand it to `rayon`.

use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::spawn;
use tokio::task::yield_now;
use tokio::time::sleep_until;

use super::{Heartbeat, kernel};

/// In steps, some 200 microseconds: so long does a task keep its thread each time it has it.
const YIELD_EVERY: u64 = 100_000;

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    // Right: there is a thread for each core to compute on, and the tasks are spread over them.
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.enable_all().build().expect("a runtime can be started");
    runtime.block_on(async {
        let heart = spawn(beat(Arc::clone(heartbeat)));
        let handles: Vec<_> = (0..jobs).map(|_| spawn(compute(steps))).collect();
        let mut answers = Vec::new();
        for handle in handles {
            answers.push(handle.await.expect("a computation panicked"));
        }
        heartbeat.stop();
        heart.await.expect("the heart panicked");
        answers
    })
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        sleep_until(due.into()).await;
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
