//! Tasks on several threads add to one counter, with no await between the read and the write.
//!
//! Expect a sum that is too small, by another amount in each run, and now and then an exact one: a runtime of
//! several threads has the races of threads. Never do this; it is here to be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::runtime::Builder;
use tokio::task::yield_now;

const YIELD_EVERY: u64 = 100_000;

/// Lets `workers` tasks on as many threads add 1 `additions` times each; returns the counter.
pub fn run(workers: u64, additions: u64) -> u64 {
    let threads = usize::try_from(workers).expect("more workers than addresses");
    let runtime = Builder::new_multi_thread().worker_threads(threads).build();
    runtime.expect("the threads could not be started").block_on(async {
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
    })
}

async fn add(counter: &AtomicU64, additions: u64) {
    for addition in 1..=additions {
        let read = counter.load(Relaxed);
        // Wrong: another thread may have written since the read, and this write undoes its addition.
        counter.store(read + 1, Relaxed);
        if addition % YIELD_EVERY == 0 {
            yield_now().await;
        }
    }
}
