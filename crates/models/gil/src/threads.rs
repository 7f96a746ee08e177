//! A thread for each worker, under the lock.
//!
//! Expect no gain where all compute, for one of them runs at a time, and as much as without the lock where all wait. Where one
//! computes, each that has waited asks for some 5 ms before it runs again, or longer, if others ask too. Reach for it, where there is such a lock, to wait.

use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::gil::Gil;
use super::jobs::{Jobs, PIECE, pieces};
use super::kernel;
use super::lane::Lane;

/// Does all `jobs`, the computing ones first; returns what each has found or how often it has waited, and what it did when.
pub fn run(jobs: Jobs) -> (Vec<u64>, Vec<Lane>) {
    let Jobs { computing, waiting, steps, waits, each } = jobs;
    let (gil, start) = (Arc::new(Gil::default()), Instant::now());
    let computing = (0..computing).map(|_| {
        let gil = Arc::clone(&gil);
        spawn(move || compute(&gil, Lane::since(start), steps))
    });
    let waiting = (0..waiting).map(|_| {
        let gil = Arc::clone(&gil);
        spawn(move || wait(&gil, Lane::since(start), waits, each))
    });
    let handles: Vec<_> = computing.chain(waiting).collect();
    handles.into_iter().map(|handle| handle.join().expect("a worker panicked")).unzip()
}

fn compute(gil: &Gil, mut lane: Lane, steps: u64) -> (u64, Lane) {
    gil.take(&mut lane);
    let mut state = kernel::SEED;
    for piece in pieces(steps) {
        state = kernel::advance(state, piece);
        gil.check(&mut lane);
    }
    lane.rests();
    gil.give();
    (kernel::answer(state).into(), lane)
}

fn wait(gil: &Gil, mut lane: Lane, waits: u64, each: Duration) -> (u64, Lane) {
    gil.take(&mut lane);
    let mut done = 0;
    for _ in 0..waits {
        lane.waits();
        // Right: whoever waits has given the lock away, and the others run.
        gil.give();
        sleep(each);
        gil.take(&mut lane);
        kernel::advance(kernel::SEED, PIECE);
        done += 1;
    }
    lane.rests();
    gil.give();
    (done, lane)
}
