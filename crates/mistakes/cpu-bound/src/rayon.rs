//! A pool of a thread for each core, which rayon keeps; whoever is free takes the next computation.
//!
//! Expect what `threads` take, with no more threads than there are cores, however many computations there are. Reach for
//! it when computation is to be spread over the cores: this is the crate for it.

use std::sync::Arc;
use std::thread::{park_timeout, spawn};
use std::time::Instant;

use rayon::prelude::*;

use super::{Heartbeat, kernel};

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    // A thread beside the pool, where the rest of a program would be: rayon has no timers, and a heart that slept in the
    // pool would take a core from it.
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    // Right: the pool has a thread for each core, and each of them computes.
    let answers = (0..jobs).into_par_iter().map(|_| kernel::compute(steps)).collect();
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
