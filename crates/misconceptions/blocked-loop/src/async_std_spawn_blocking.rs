//! A task for each client, and one for the heart, on one thread; the handlers hand their computation to the blocking pool.
//!
//! Expect what `smol_unblock` does: it is the same pool. async-std is discontinued (RUSTSEC-2025-0052): this is for those
//! who still meet it, and `smol` is the way out.

use std::sync::Arc;
use std::time::Instant;

use async_std::task::{block_on, sleep, spawn_blocking, spawn_local};

use super::load::{BETWEEN, Load};
use super::{Heartbeat, kernel};

/// Serves the load while the heart beats beside it; returns all answers.
pub fn run(load: Load, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    block_on(async {
        let heart = spawn_local(beat(Arc::clone(heartbeat)));
        let clients: Vec<_> = (0..load.clients).map(|_| spawn_local(client(load))).collect();
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.await);
        }
        heartbeat.stop();
        heart.await;
        answers
    })
}

async fn beat(heartbeat: Arc<Heartbeat>) {
    while let Some(due) = heartbeat.next() {
        sleep(due.saturating_duration_since(Instant::now())).await;
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
    spawn_blocking(move || kernel::compute(steps)).await
}
