//! Tasks add to one counter; a lock is held from the read to the write, across an await.
//!
//! Expect the exact sum, and the slowest way to it. Reach for it only when there has to be an await between
//! the read and the write; without one, `tokio` needs no lock.

use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::yield_now;

/// Lets `workers` tasks add 1 `additions` times each; returns the counter.
#[tokio::main(flavor = "current_thread")]
pub async fn run(workers: u64, additions: u64) -> u64 {
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
    *counter.lock().await
}

async fn add(counter: &Mutex<u64>, additions: u64) {
    for _ in 0..additions {
        // Right: whoever is switched in between the read and the write waits here.
        let mut count = counter.lock().await;
        let read = *count;
        yield_now().await;
        *count = read + 1;
    }
}
