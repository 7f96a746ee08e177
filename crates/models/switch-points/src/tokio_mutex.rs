//! Tasks on one thread pass through a critical section with an await in it; a lock keeps the others out.
//!
//! Expect nobody else in the section: the others do run at the await, as far as the lock.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::yield_now;

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` tasks pass through the section `sections` times each, with `steps` steps to compute inside.
#[tokio::main(flavor = "current_thread")]
pub async fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    let section = Arc::new(Mutex::new(()));
    let handles: Vec<_> = (0..workers)
        .map(|worker| {
            let (log, section) = (Arc::clone(log), Arc::clone(&section));
            tokio::spawn(async move { work(&log, &section, worker, sections, steps).await })
        })
        .collect();
    for handle in handles {
        handle.await.expect("a worker panicked");
    }
}

async fn work(log: &Log, section: &Mutex<()>, worker: usize, sections: usize, steps: u64) {
    for _ in 0..sections {
        // Right: whoever runs at the await below waits here.
        let inside = section.lock().await;
        log.note(worker, Event::Enter);
        let state = kernel::advance(kernel::SEED, steps);
        log.note(worker, Event::Await);
        yield_now().await;
        log.note(worker, Event::Resume);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        drop(inside);
        yield_now().await;
    }
}
