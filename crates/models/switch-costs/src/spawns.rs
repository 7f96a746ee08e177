//! What it took to start workers, and to join them.

use std::ops::AddAssign;
use std::time::Duration;

/// Rounds before those that count: in the first of them memory is touched for the first time.
pub const WARM_UP: u64 = 5;

#[derive(Debug, Clone, Copy, Default)]
pub struct Spawns {
    /// Workers that were started, did their work and were joined: the sum of what they returned.
    pub done: u64,
    /// From the first start to the last.
    pub spawning: Duration,
    /// From then on until the last was joined.
    pub joining: Duration,
}

impl AddAssign for Spawns {
    fn add_assign(&mut self, round: Self) {
        self.done += round.done;
        self.spawning += round.spawning;
        self.joining += round.joining;
    }
}
