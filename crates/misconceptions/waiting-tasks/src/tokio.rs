//! A tokio task for each task; all of them wait at once.
//!
//! Expect a few hundred bytes a task: its future, with the timer in it, and tokio's account of the task. Reach for it
//! when there are thousands, or when each has to be cancelled or joined by itself.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::spawn;
use tokio::time::sleep;

use super::gauge;

/// Lets `tasks` tasks wait for `time` each; returns how many did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    let runtime = Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        // Right: a task that waits holds its future, and there is no stack to hold.
        let waits: Vec<_> = (0..tasks).map(|_| spawn(wait(time))).collect();
        let mut ended = 0;
        for wait in waits {
            ended += u64::from(wait.await.is_ok());
        }
        ended
    })
}

async fn wait(time: Duration) {
    gauge::arrive();
    sleep(time).await;
    gauge::leave();
}
