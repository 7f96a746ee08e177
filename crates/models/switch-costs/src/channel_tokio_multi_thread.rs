//! Tasks on several threads in a ring, a channel between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect half as much again as `channel_tokio` takes, or more, while the byte stays on one thread, since who is woken last
//! runs next there; and nearly what `channel_threads` takes where it does not, as between the head and its neighbours. Reach for it
//! when workers compute, and not when they only pass on.

use std::mem::replace;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` tasks, `rounds` times.
#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
pub async fn run(workers: usize, rounds: u64) -> Hops {
    let (first, mut last) = channel(1);
    let mut handles = Vec::with_capacity(workers);
    for _ in 0..workers {
        let (to, next) = channel(1);
        let from = replace(&mut last, next);
        handles.push(tokio::spawn(pass_on(from, to)));
    }
    let mut laps = Laps::new(workers, rounds);
    while let Some(byte) = laps.begin() {
        first.send(byte).await.expect("the first worker waits for it");
        laps.end(last.recv().await.expect("the last worker passes it on"));
    }
    // The first worker's next receive fails and it ends; so does the second's then, and so on.
    drop(first);
    let mut passed = 0;
    for handle in handles {
        passed += handle.await.expect("a worker panicked");
    }
    laps.hops(passed)
}

async fn pass_on(mut from: Receiver<u8>, to: Sender<u8>) -> u64 {
    let mut passed = 0;
    // Right: while there is no byte this returns to the runtime, which calls a task that has some.
    while let Some(byte) = from.recv().await {
        to.send(byte.wrapping_add(1)).await.expect("the next worker waits for it");
        passed += 1;
    }
    passed
}
