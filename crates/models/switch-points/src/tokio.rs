//! Tasks on one thread pass through a critical section in which nothing awaits.
//!
//! Expect nobody else in the section, ever, without a lock: a task is switched at an await and nowhere else.

use std::sync::Arc;

use tokio::task::yield_now;

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` tasks pass through the section `sections` times each, with `steps` steps to compute inside.
#[tokio::main(flavor = "current_thread")]
pub async fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    let handles: Vec<_> = (0..workers)
        .map(|worker| {
            let log = Arc::clone(log);
            tokio::spawn(async move { work(&log, worker, sections, steps).await })
        })
        .collect();
    for handle in handles {
        handle.await.expect("a worker panicked");
    }
}

async fn work(log: &Log, worker: usize, sections: usize, steps: u64) {
    for _ in 0..sections {
        log.note(worker, Event::Enter);
        // Right: from here to the end of the section there is no await.
        let state = kernel::advance(kernel::SEED, steps);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        yield_now().await;
    }
}
