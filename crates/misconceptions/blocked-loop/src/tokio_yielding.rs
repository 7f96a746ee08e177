//! A task for each client, and one for the heart, on one thread; the handlers compute in pieces, and yield between them.
//!
//! Expect a heart that is late by the timer and a piece for each handler, and no more handlers a second than one core can serve.
//! Reach for it where a computation has natural pieces and is short, or where there is no second thread.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::spawn;
use tokio::task::yield_now;
use tokio::time::{sleep, sleep_until};

use super::load::{BETWEEN, Load};
use super::{Heartbeat, kernel};

/// In steps, about 100 microseconds: the shorter a piece, the less late the others, and the dearer the yields.
const YIELD_EVERY: u64 = 50_000;

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
    let (mut state, mut left) = (kernel::SEED, steps);
    while left > 0 {
        let piece = left.min(YIELD_EVERY);
        state = kernel::advance(state, piece);
        left -= piece;
        // Right: the other tasks, and the timers, get their turn between two pieces.
        yield_now().await;
    }
    kernel::answer(state)
}
