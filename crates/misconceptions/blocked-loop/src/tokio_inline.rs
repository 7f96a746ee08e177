//! A task for each client, and one for the heart, on one thread; the handlers compute where they are called.
//!
//! Expect a heart that stands still as long as any handler computes: to be `async` makes nothing concurrent, only an
//! await lets another task run. See `tokio_spawn_blocking` for the usual way out.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::spawn;
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

#[expect(clippy::unused_async, reason = "that it awaits nothing is the mistake")]
async fn handle(steps: u64) -> u32 {
    // Wrong: there is no await in here, so the only thread has no other task to turn to before the answer is there.
    kernel::compute(steps)
}
