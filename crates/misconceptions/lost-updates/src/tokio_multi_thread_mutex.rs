//! Tasks on several threads add to one counter; a lock of the standard library is held from the read to the
//! write, and across no await.
//!
//! Expect the exact sum, at about the price that threads pay. Reach for it when tasks on several threads share
//! more than one number; hold the lock for as short as this, since whoever waits for it blocks a whole thread.

use std::sync::{Arc, Mutex};
use tokio::runtime::Builder;
use tokio::task::yield_now;

const YIELD_EVERY: u64 = 100_000;

/// Lets `workers` tasks on as many threads add 1 `additions` times each; returns the counter.
pub fn run(workers: u64, additions: u64) -> u64 {
    let threads = usize::try_from(workers).expect("more workers than addresses");
    let runtime = Builder::new_multi_thread().worker_threads(threads).build();
    runtime.expect("the threads could not be started").block_on(async {
        let counter = Arc::new(Mutex::new(0));
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move { add(&counter, additions).await })
            })
            .collect();
        for handle in handles {
            handle.await.expect("a worker panicked");
        }
        *counter.lock().expect("a worker panicked")
    })
}

async fn add(counter: &Mutex<u64>, additions: u64) {
    for addition in 1..=additions {
        // Right: whoever is switched in between the read and the write waits here. The block gives the lock
        // back before the await.
        {
            let mut count = counter.lock().expect("a worker panicked");
            let read = *count;
            *count = read + 1;
        }
        if addition % YIELD_EVERY == 0 {
            yield_now().await;
        }
    }
}
