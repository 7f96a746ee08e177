//! Tasks on one thread pass through a critical section with an await in it.
//!
//! Expect others in the section at each await, and only there: it is written where the switch happens.
//!
//! async-std is discontinued (RUSTSEC-2025-0052): this is for those who still meet it, and `smol` is the way out.

use std::sync::Arc;

use async_std::task::{block_on, spawn_local, yield_now};

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` tasks pass through the section `sections` times each, with `steps` steps to compute inside.
pub fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    block_on(async {
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                let log = Arc::clone(log);
                spawn_local(async move { work(&log, worker, sections, steps).await })
            })
            .collect();
        for handle in handles {
            handle.await;
        }
    });
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
