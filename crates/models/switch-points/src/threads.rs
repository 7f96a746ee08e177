//! Threads pass through a critical section that is none: nothing keeps the others out of it.
//!
//! Expect others in the section at any time: on several cores they are there at once, on one the system switches where
//! it likes. See `threads_mutex` for what a critical section takes.

use std::sync::Arc;
use std::thread::spawn;

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` threads pass through the section `sections` times each, with `steps` steps to compute inside.
pub fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    let handles: Vec<_> = (0..workers)
        .map(|worker| {
            let log = Arc::clone(log);
            spawn(move || work(&log, worker, sections, steps))
        })
        .collect();
    for handle in handles {
        handle.join().expect("a worker panicked");
    }
}

fn work(log: &Log, worker: usize, sections: usize, steps: u64) {
    for _ in 0..sections {
        log.note(worker, Event::Enter);
        // Wrong: a thread can be switched out at any instruction of this.
        let state = kernel::advance(kernel::SEED, steps);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
    }
}
