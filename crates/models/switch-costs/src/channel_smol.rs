//! Tasks on one thread in a ring, a channel between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect up to twice what `channel_tokio` takes: the executor differs and the locks in it, the switch is the same
//! function call.

use std::mem::replace;

use smol::channel::{Receiver, Sender, bounded};
use smol::{LocalExecutor, block_on};

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` tasks, `rounds` times.
pub fn run(workers: usize, rounds: u64) -> Hops {
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        let (first, mut last) = bounded(1);
        let mut handles = Vec::with_capacity(workers);
        for _ in 0..workers {
            let (to, next) = bounded(1);
            let from = replace(&mut last, next);
            handles.push(executor.spawn(pass_on(from, to)));
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
            passed += handle.await;
        }
        laps.hops(passed)
    }))
}

async fn pass_on(from: Receiver<u8>, to: Sender<u8>) -> u64 {
    let mut passed = 0;
    // Right: while there is no byte this returns to the runtime, which calls a task that has some.
    while let Ok(byte) = from.recv().await {
        to.send(byte.wrapping_add(1)).await.expect("the next worker waits for it");
        passed += 1;
    }
    passed
}
