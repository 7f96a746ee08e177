//! A task for each client, and one for the heart, on one thread; the handlers hand their computation to the blocking pool.
//!
//! Expect what `tokio_spawn_blocking` does; this pool has up to 500 threads. A task whose handle is dropped is cancelled
//! if it was not begun, and else runs on to no avail. The end of the program waits for none of them, as tokio's would.

use std::sync::Arc;
use std::time::Instant;

use smol::{LocalExecutor, Timer, block_on, unblock};

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

async fn handle(steps: u64) -> u32 {
    // Right: the task waits for a thread that computes, and the loop goes on.
    unblock(move || kernel::compute(steps)).await
}
