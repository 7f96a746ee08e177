//! A task for each client, and one for the heart, on several threads; a handler hands its place to another thread, then computes.
//!
//! Expect a heart that beats on time. The thread goes on with the computation, and another of the blocking pool takes over
//! the tasks that were waiting for it. Reach for it where the computation borrows what the task has, and cannot be moved
//! elsewhere. It panics on a current-thread runtime and in a `LocalSet`, and holds up what else is polled in the same task (`join!`, `select!`).

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::spawn;
use tokio::task::block_in_place;
use tokio::time::{sleep, sleep_until};

use super::load::{BETWEEN, Load, WORKERS};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_time()
        .build()
        .expect("a runtime can be started");
    runtime.block_on(async {
        let heart = spawn(beat(Arc::clone(heartbeat)));
        let clients: Vec<_> = (0..load.clients).map(|_| spawn(client(load))).collect();
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

async fn client(load: Load) -> Vec<u32> {
    let mut answers = Vec::new();
    loop {
        answers.push(handle(load.steps).await);
        if Instant::now() >= load.until {
            return answers;
        }
        sleep(BETWEEN).await;
    }
}

#[expect(clippy::unused_async, reason = "a handler is async by its signature, whatever it does")]
async fn handle(steps: u64) -> u32 {
    // Right: another thread becomes the worker that this one was.
    block_in_place(|| kernel::compute(steps))
}
