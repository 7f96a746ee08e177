//! A task for each client, and one for the heart, on one thread; the handlers compute where they are called.
//!
//! Expect what `tokio_inline` does: it is no matter of the runtime. See `smol_unblock` for the way out.

use std::sync::Arc;
use std::time::Instant;

use smol::{LocalExecutor, Timer, block_on};

use super::load::{BETWEEN, Load};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        let heart = executor.spawn(beat(Arc::clone(heartbeat)));
        let clients: Vec<_> = (0..load.clients).map(|_| executor.spawn(client(load))).collect();
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.await);
        }
        heartbeat.stop();
        heart.await;
        answers
    }))
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        Timer::at(due).await;
        heartbeat.beat();
    }
}

async fn client(load: Load) -> Vec<u32> {
    let mut answers = Vec::new();
    loop {
        answers.push(handle(load.steps).await);
        if Instant::now() >= load.until {
            return answers;
        }
        Timer::after(BETWEEN).await;
    }
}

#[expect(clippy::unused_async, reason = "that it awaits nothing is the mistake")]
async fn handle(steps: u64) -> u32 {
    // Wrong: there is no await in here, so the only thread has no other task to turn to before the answer is there.
    kernel::compute(steps)
}
