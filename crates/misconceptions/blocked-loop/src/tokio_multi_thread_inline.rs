//! A task for each client, and one for the heart, on several threads; the handlers compute where they are called.
//!
//! Expect the trap of a runtime with several threads. As many such handlers at once as it has threads stop it like one
//! with a single thread; fewer may do so, by luck: one thread at a time looks after the timers and the sockets, and if that
//! is the one that gets the handler, nobody does meanwhile (tokio's issue 4730, which its unstable option
//! `enable_eager_driver_handoff` mends). See `tokio_block_in_place` for the way out that is nearest.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::spawn;
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

#[expect(clippy::unused_async, reason = "that it awaits nothing is the mistake")]
async fn handle(steps: u64) -> u32 {
    // Wrong: it keeps this thread from all other tasks, and maybe the others from the timers.
    kernel::compute(steps)
}
