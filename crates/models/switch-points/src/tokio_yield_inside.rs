//! Tasks on one thread pass through a critical section with a yield of tokio's in it.
//!
//! Expect others in the section at yields, and only there, but not at each: tokio wakes those that have yielded in reverse
//! order, so the last of a round goes on first, and nobody was there. Who needs turns in order takes another yield, as
//! `tokio_await_inside` does.

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
        let state = kernel::advance(kernel::SEED, steps);
        log.note(worker, Event::Await);
        // Wrong: the others run at this await, and through the section, if they are woken first.
        yield_now().await;
        log.note(worker, Event::Resume);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        yield_now().await;
    }
}
