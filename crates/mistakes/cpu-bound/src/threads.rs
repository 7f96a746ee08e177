//! A thread for each computation.
//!
//! Expect as many at once as there are cores, and a heart that beats on: where there are more threads than cores, the
//! system takes turns among them all. Reach for it when there are a few of them, each long enough to be worth a thread.

use std::sync::Arc;
use std::thread::{park_timeout, spawn};
use std::time::Instant;

use super::{Heartbeat, kernel};

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    // Right: the system gives each thread a core while there is one.
    let handles: Vec<_> = (0..jobs).map(|_| spawn(move || kernel::compute(steps))).collect();
    let mut answers = Vec::new();
    for handle in handles {
        answers.push(handle.join().expect("a computation panicked"));
    }
    heartbeat.stop();
    heart.thread().unpark();
    heart.join().expect("the heart panicked");
    answers
}

/// Parked and not asleep, so that the end of a short run need not wait for the next beat.
fn beat(heartbeat: &Heartbeat) {
    while let Some(due) = heartbeat.next() {
        park_timeout(due.saturating_duration_since(Instant::now()));
        heartbeat.beat();
    }
}
