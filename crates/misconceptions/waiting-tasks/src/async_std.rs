//! An async-std task for each task; all of them wait at once.
//!
//! Expect what smol takes, on whose parts it stands, and something on top. async-std is discontinued (RUSTSEC-2025-0052)
//! and stands here because readers still meet it: reach for smol, which is the way out.

use std::time::Duration;

use async_std::task::{block_on, sleep, spawn};

use super::gauge;

/// Lets `tasks` tasks wait for `time` each; returns how many did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    block_on(async {
        // Right: a task that waits holds its future, and there is no stack to hold.
        let waits: Vec<_> = (0..tasks).map(|_| spawn(wait(time))).collect();
        let mut ended = 0;
        for wait in waits {
            wait.await;
            ended += 1;
        }
        ended
    })
}

async fn wait(time: Duration) {
    gauge::arrive();
    sleep(time).await;
    gauge::leave();
}
