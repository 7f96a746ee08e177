//! A thread for each worker, without the lock: the picture that Python has only in its free-threaded build.
//!
//! Expect as many at once as there are cores where all compute, and nobody who asks. Reach for it: these are Rust's threads,
//! and no others.

use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::jobs::{Jobs, PIECE, pieces};
use super::kernel;
use super::lane::Lane;

/// Does all `jobs`, the computing ones first; returns what each has found or how often it has waited, and what it did when.
pub fn run(jobs: Jobs) -> (Vec<u64>, Vec<Lane>) {
    let Jobs { computing, waiting, steps, waits, each } = jobs;
    let start = Instant::now();
    // Right: nothing is shared, so that each runs while there is a core.
    let computing = (0..computing).map(|_| spawn(move || compute(Lane::since(start), steps)));
    let waiting = (0..waiting).map(|_| spawn(move || wait(Lane::since(start), waits, each)));
    let handles: Vec<_> = computing.chain(waiting).collect();
    handles.into_iter().map(|handle| handle.join().expect("a worker panicked")).unzip()
}

fn compute(mut lane: Lane, steps: u64) -> (u64, Lane) {
    lane.runs();
    let mut state = kernel::SEED;
    for piece in pieces(steps) {
        state = kernel::advance(state, piece);
    }
    lane.rests();
    (kernel::answer(state).into(), lane)
}

fn wait(mut lane: Lane, waits: u64, each: Duration) -> (u64, Lane) {
    lane.runs();
    let mut done = 0;
    for _ in 0..waits {
        lane.waits();
        sleep(each);
        lane.runs();
        kernel::advance(kernel::SEED, PIECE);
        done += 1;
    }
    lane.rests();
    (done, lane)
}
