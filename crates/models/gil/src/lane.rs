//! What each worker did when, as it notes itself.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::gil::Observer;

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Has the lock, or needs none, and computes.
    Runs,
    /// Wants the lock, which another has.
    Asks,
    /// Waits for something else, and wants no lock.
    Waits,
    /// None of this: it is at its end, or a loop for which others run.
    Rests,
}

/// What one worker did, and from when on, in seconds since a start that all have in common.
#[derive(Debug, Clone)]
pub struct Lane {
    start: Instant,
    changes: Vec<(f64, Doing)>,
}

impl Lane {
    pub fn since(start: Instant) -> Self {
        Self { start, changes: Vec::new() }
    }

    /// One that did this, for tests.
    #[cfg(test)]
    pub fn of(changes: &[(f64, Doing)]) -> Self {
        Self { start: Instant::now(), changes: changes.to_vec() }
    }

    pub fn runs(&mut self) {
        self.note(Doing::Runs);
    }

    pub fn asks(&mut self) {
        self.note(Doing::Asks);
    }

    pub fn waits(&mut self) {
        self.note(Doing::Waits);
    }

    pub fn rests(&mut self) {
        self.note(Doing::Rests);
    }

    /// One who goes on with what it did has not changed.
    fn note(&mut self, doing: Doing) {
        if self.changes.last().is_none_or(|(_, last)| *last != doing) {
            self.changes.push((self.start.elapsed().as_secs_f64(), doing));
        }
    }

    /// From when to when it did this.
    pub fn spans(&self, doing: Doing) -> Vec<[f64; 2]> {
        let pairs = self.changes.windows(2).filter(|pair| pair[0].1 == doing);
        pairs.map(|pair| [pair[0].0, pair[1].0]).collect()
    }

    /// When it came to its end.
    pub fn end(&self) -> f64 {
        self.changes.last().map_or(0.0, |(at, _)| *at)
    }
}

impl Observer for Lane {
    fn asks(&mut self) {
        self.asks();
    }

    fn runs(&mut self) {
        self.runs();
    }
}

/// The lane of a loop, which asks for the lock on behalf of its tasks. What runs then is one of these, on its own lane.
#[derive(Debug, Clone)]
pub struct LoopLane(Arc<Mutex<Lane>>);

impl LoopLane {
    pub fn since(start: Instant) -> Self {
        Self(Arc::new(Mutex::new(Lane::since(start))))
    }

    /// What it was until now.
    pub fn lane(&self) -> Lane {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Lane> {
        self.0.lock().expect("nothing panics that notes")
    }
}

impl Observer for LoopLane {
    fn asks(&mut self) {
        self.locked().asks();
    }

    fn runs(&mut self) {
        self.locked().rests();
    }
}

#[cfg(test)]
mod tests {
    use super::Doing::{Asks, Rests, Runs, Waits};
    use super::*;

    #[test]
    fn a_span_lasts_until_the_worker_does_something_else() {
        let lane = Lane::of(&[(1.0, Asks), (2.0, Runs), (4.0, Waits), (7.0, Runs), (8.0, Rests)]);
        assert_eq!(lane.spans(Runs), [[2.0, 4.0], [7.0, 8.0]]);
        assert_eq!(lane.spans(Asks), [[1.0, 2.0]]);
        assert_eq!(lane.spans(Waits), [[4.0, 7.0]]);
        assert!((lane.end() - 8.0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_noted_again_goes_on() {
        let mut lane = Lane::since(Instant::now());
        for _ in 0..2 {
            lane.asks();
        }
        lane.runs();
        lane.rests();
        assert_eq!((lane.spans(Asks).len(), lane.spans(Runs).len()), (1, 1));
    }

    #[test]
    fn a_loop_asks_and_its_tasks_run() {
        let mut of_loop = LoopLane::since(Instant::now());
        of_loop.runs();
        of_loop.asks();
        of_loop.runs();
        let lane = of_loop.lane();
        assert_eq!((lane.spans(Asks).len(), lane.spans(Runs).len()), (1, 0));
    }
}
