//! A smol task for each task; all of them wait at once.
//!
//! Expect less than tokio's: the future is allocated with its account, in as many bytes as it has. Reach for it when
//! the executor should be a value of your own, on threads of your own.

use std::thread::{self, available_parallelism};
use std::time::Duration;

use smol::{Executor, Timer, block_on, channel};

use super::gauge;

/// Lets `tasks` tasks wait for `time` each; returns how many did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    let executor = Executor::new();
    let (running, stopped) = channel::bounded::<()>(1);
    thread::scope(|scope| {
        // As many threads as tokio's runtime and async-std's start by themselves.
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| block_on(executor.run(stopped.recv())));
        }
        let ended = block_on(async {
            // Right: a task that waits holds its future, and there is no stack to hold.
            let waits: Vec<_> = (0..tasks).map(|_| executor.spawn(wait(time))).collect();
            let mut ended = 0;
            for wait in waits {
                wait.await;
                ended += 1;
            }
            ended
        });
        drop(running);
        ended
    })
}

async fn wait(time: Duration) {
    gauge::arrive();
    Timer::after(time).await;
    gauge::leave();
}
