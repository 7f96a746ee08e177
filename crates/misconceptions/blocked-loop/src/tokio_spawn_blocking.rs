//! A task for each client, and one for the heart, on one thread; the handlers hand their computation to the blocking pool.
//!
//! Expect a heart that beats on time. The pool has up to 512 threads, meant for calls that wait: with more computations
//! at once than cores they get in each other's way, and a queue of one's own (a semaphore) is due. What was begun there
//! cannot be cancelled. Reach for it first, for a computation now and then.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::spawn;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, sleep_until};

use super::load::{BETWEEN, Load};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime can be started");
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

async fn handle(steps: u64) -> u32 {
    // Right: the task waits for a thread that computes, and the loop goes on.
    spawn_blocking(move || kernel::compute(steps)).await.expect("a computation panicked")
}
