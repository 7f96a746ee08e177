//! A task for each client, and one for the heart, on one thread; the handlers compute in tasks of a second runtime.
//!
//! Expect a heart that beats on time, and never more computations at once than that runtime has threads. Reach for it
//! where what computes also awaits, or where many short computations would each pay for a place in the blocking pool.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::{Builder, Handle};
use tokio::spawn;
use tokio::time::{sleep, sleep_until};

use super::load::{BETWEEN, Load, WORKERS};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let second =
        Builder::new_multi_thread().worker_threads(WORKERS).build().expect("a runtime can be started");
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime can be started");
    runtime.block_on(async {
        let heart = spawn(beat(Arc::clone(heartbeat)));
        let clients: Vec<_> =
            (0..load.clients).map(|_| spawn(client(load, second.handle().clone()))).collect();
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.await.expect("a client panicked"));
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

async fn client(load: Load, second: Handle) -> Vec<u32> {
    let mut answers = Vec::new();
    loop {
        answers.push(handle(load.steps, &second).await);
        if Instant::now() >= load.until {
            return answers;
        }
        sleep(BETWEEN).await;
    }
}

async fn handle(steps: u64, second: &Handle) -> u32 {
    // Right: it is that runtime's threads that are kept busy, and nothing else runs there.
    second.spawn(async move { kernel::compute(steps) }).await.expect("a computation panicked")
}
