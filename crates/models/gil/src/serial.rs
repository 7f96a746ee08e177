//! One thread does one job after the other, under the lock, which nobody asks for.
//!
//! Expect the time of all jobs together, those that wait too. Reach for it where nobody waits: it is what all others have
//! to be worth their trouble against.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::gil::Gil;
use super::jobs::{Jobs, PIECE, pieces};
use super::kernel;
use super::lane::Lane;

/// Does all `jobs`, the computing ones first; returns what each has found or how often it has waited, and what it did when.
pub fn run(jobs: Jobs) -> (Vec<u64>, Vec<Lane>) {
    let Jobs { computing, waiting, steps, waits, each } = jobs;
    let (gil, start) = (Gil::default(), Instant::now());
    // Right: there is one thread, so the lock is always free.
    let computing = (0..computing).map(|_| compute(&gil, Lane::since(start), steps));
    let waiting = (0..waiting).map(|_| wait(&gil, Lane::since(start), waits, each));
    computing.chain(waiting).unzip()
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
