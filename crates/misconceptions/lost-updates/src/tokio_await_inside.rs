//! Tasks on one thread add to one counter, and there is an await between the read and the write.
//!
//! Expect a sum that is too small, by the same amount in each run: the tasks take turns at the await, so all
//! of them read the same number. Never do this; it is here to be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::task::yield_now;

/// Lets `workers` tasks add 1 `additions` times each; returns the counter.
#[tokio::main(flavor = "current_thread")]
pub async fn run(workers: u64, additions: u64) -> u64 {
    let counter = Arc::new(AtomicU64::new(0));
    let handles: Vec<_> = (0..workers)
        .map(|_| {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move { add(&counter, additions).await })
        })
        .collect();
    for handle in handles {
        handle.await.expect("a worker panicked");
    }
    counter.load(Relaxed)
}

async fn add(counter: &AtomicU64, additions: u64) {
    for _ in 0..additions {
        let read = counter.load(Relaxed);
        // Wrong: every other task runs at this await, and the write below undoes their additions.
        yield_now().await;
        counter.store(read + 1, Relaxed);
    }
}
