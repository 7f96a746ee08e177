//! Threads pass through a critical section; a lock keeps the others out of it.
//!
//! Expect nobody else in the section, ever: a thread may still be switched out inside, but whoever runs then waits.

use std::sync::{Arc, Mutex};
use std::thread::spawn;

use super::kernel;
use super::log::{Event, Log};

/// Lets `workers` threads pass through the section `sections` times each, with `steps` steps to compute inside.
pub fn run(log: &Arc<Log>, workers: usize, sections: usize, steps: u64) {
    let section = Arc::new(Mutex::new(()));
    let handles: Vec<_> = (0..workers)
        .map(|worker| {
            let (log, section) = (Arc::clone(log), Arc::clone(&section));
            spawn(move || work(&log, &section, worker, sections, steps))
        })
        .collect();
    for handle in handles {
        handle.join().expect("a worker panicked");
    }
}

fn work(log: &Log, section: &Mutex<()>, worker: usize, sections: usize, steps: u64) {
    for _ in 0..sections {
        // Right: whoever comes meanwhile waits here.
        let inside = section.lock().expect("a worker panicked");
        log.note(worker, Event::Enter);
        let state = kernel::advance(kernel::SEED, steps);
        kernel::advance(state, steps);
        log.note(worker, Event::Leave);
        drop(inside);
    }
}
