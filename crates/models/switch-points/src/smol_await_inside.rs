//! Tasks on one thread pass through a critical section with an await in it.
//!
//! Expect others in the section at each await, and only there: it is written where the switch happens.

use std::sync::Arc;

use smol::future::yield_now;
use smol::{LocalExecutor, block_on};

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` tasks pass through the section `sections` times each, with `steps` steps to compute inside.
pub fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                let log = Arc::clone(log);
                executor.spawn(async move { work(&log, worker, sections, steps).await })
            })
            .collect();
        for handle in handles {
            handle.await;
        }
    }));
}

async fn work(log: &Log, worker: usize, sections: usize, steps: u64) {
    for _ in 0..sections {
        log.note(worker, Event::Enter);
        let state = kernel::advance(kernel::SEED, steps);
        log.note(worker, Event::Await);
        // Wrong: the others run at this await, and through the section.
        yield_now().await;
        log.note(worker, Event::Resume);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        yield_now().await;
    }
}
