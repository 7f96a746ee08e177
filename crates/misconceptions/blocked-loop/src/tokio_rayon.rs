//! A task for each client, and one for the heart, on one thread; the handlers hand their computation to a pool of rayon.
//!
//! Expect a heart that beats on time, and never more computations at once than the pool has threads: the others queue.
//! Reach for it where computation is the larger part, or can be split further; it is the wrong place for what waits.

use std::sync::Arc;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::runtime::Builder;
use tokio::spawn;
use tokio::sync::oneshot;
use tokio::time::{sleep, sleep_until};

use super::load::{BETWEEN, Load, WORKERS};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let pool = ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("a pool can be started");
    let pool = Arc::new(pool);
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime can be started");
    runtime.block_on(async {
        let heart = spawn(beat(Arc::clone(heartbeat)));
        let clients: Vec<_> = (0..load.clients).map(|_| spawn(client(load, Arc::clone(&pool)))).collect();
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

async fn client(load: Load, pool: Arc<ThreadPool>) -> Vec<u32> {
    let mut answers = Vec::new();
    loop {
        answers.push(handle(load.steps, &pool).await);
        if Instant::now() >= load.until {
            return answers;
        }
        sleep(BETWEEN).await;
    }
}

async fn handle(steps: u64, pool: &ThreadPool) -> u32 {
    let (sender, receiver) = oneshot::channel();
    // Right: the task waits for a thread that computes, and the loop goes on. A panic in there would end the process.
    pool.spawn(move || {
        // Nobody may be waiting any more.
        sender.send(kernel::compute(steps)).ok();
    });
    receiver.await.expect("every computation sends its answer")
}
