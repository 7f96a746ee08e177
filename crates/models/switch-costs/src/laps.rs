//! The laps of a byte around a ring, as its head sees them: what to send off, what has to come back, how long it took.

use std::time::{Duration, Instant};

/// Laps before the clock starts: in the first of them the workers are still being started.
const WARM_UP: u64 = 5;

/// The hops of all timed laps.
#[derive(Debug, Clone, Copy)]
pub struct Hops {
    /// How many the workers have counted.
    pub done: u64,
    /// These, and those to the head, which takes its turn in each lap as they do.
    pub all: u64,
    /// How long they took together.
    pub time: Duration,
}

/// Each worker adds 1 to the byte, and the head sends off again what came back.
#[derive(Debug)]
pub struct Laps {
    workers: usize,
    rounds: u64,
    begun: u64,
    byte: u8,
    started: Instant,
    time: Duration,
}

impl Laps {
    pub fn new(workers: usize, rounds: u64) -> Self {
        Self { workers, rounds, begun: 0, byte: 0, started: Instant::now(), time: Duration::ZERO }
    }

    /// The byte to send off; none after the last lap, which stops the clock.
    pub fn begin(&mut self) -> Option<u8> {
        if self.begun == WARM_UP {
            self.started = Instant::now();
        }
        if self.begun == WARM_UP + self.rounds {
            self.time = self.started.elapsed();
            return None;
        }
        self.begun += 1;
        Some(self.byte)
    }

    /// The byte that came back.
    ///
    /// # Panics
    /// If it is not the one that was sent off, with 1 added by each worker.
    pub fn end(&mut self, byte: u8) {
        let added = usize::from(byte.wrapping_sub(self.byte));
        assert_eq!(added, self.workers % 256, "each worker adds 1");
        self.byte = byte;
    }

    /// What was timed of all that the workers have `passed` on.
    pub fn hops(&self, passed: u64) -> Hops {
        let warm_up = WARM_UP * self.workers as u64;
        let done = passed.saturating_sub(warm_up);
        Hops { done, all: done + self.rounds, time: self.time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laps_before_the_clock_are_run_and_not_counted() {
        let mut laps = Laps::new(300, 2);
        let mut sent = Vec::new();
        while let Some(byte) = laps.begin() {
            sent.push(byte);
            laps.end(byte.wrapping_add(44));
        }
        assert_eq!(sent, [0, 44, 88, 132, 176, 220, 8]);
        assert_eq!([7 * 300, 7 * 300 - 1, 3].map(|passed| laps.hops(passed).done), [600, 599, 0]);
        assert_eq!(laps.hops(7 * 300).all, 2 * 301);
    }

    #[test]
    #[should_panic(expected = "each worker adds 1")]
    fn a_byte_that_has_left_out_a_worker_is_noticed() {
        let mut laps = Laps::new(3, 1);
        assert_eq!(laps.begin(), Some(0));
        laps.end(2);
    }
}
