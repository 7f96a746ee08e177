//! One computation after the other, on the thread that asks for them.
//!
//! Expect the time of one, times their number, and a heart that stands still meanwhile. Reach for it when nobody waits:
//! it is what all others have to be worth their trouble against.

use std::sync::Arc;

use super::{Heartbeat, kernel};

/// Computes `jobs` times `steps` steps; returns the answers.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Vec<u32> {
    let mut answers = Vec::new();
    for _ in 0..jobs {
        // Right: there is nothing to start and nothing to hand over.
        answers.push(kernel::compute(steps));
        heartbeat.beat();
    }
    heartbeat.stop();
    answers
}
