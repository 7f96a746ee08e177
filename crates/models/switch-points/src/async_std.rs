//! Tasks on one thread pass through a critical section in which nothing awaits.
//!
//! Expect nobody else in the section, ever, without a lock: a task is switched at an await and nowhere else.
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
        // Right: from here to the end of the section there is no await.
        let state = kernel::advance(kernel::SEED, steps);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        yield_now().await;
    }
}
