//! How many wait just now, the most that ever did at once, and when the last of them began to.
//!
//! It is a static, so that no task is made larger by a reference to it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

static STARTED: OnceLock<Instant> = OnceLock::new();
static WAITING: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);
static LAST_ARRIVAL: AtomicU64 = AtomicU64::new(0);

/// What the gauge saw since [`start`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The most that ever waited at once.
    pub most: u64,
    /// How long after the start the last of them began to wait.
    pub last_arrival: Duration,
}

/// Starts the clock. A process has one gauge, and it counts one run.
pub fn start() {
    STARTED.get_or_init(Instant::now);
}

/// One more waits.
pub fn arrive() {
    let waiting = WAITING.fetch_add(1, Relaxed) + 1;
    MOST.fetch_max(waiting, Relaxed);
    let since = STARTED.get_or_init(Instant::now).elapsed();
    LAST_ARRIVAL.fetch_max(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), Relaxed);
}

/// One has waited to its end.
pub fn leave() {
    WAITING.fetch_sub(1, Relaxed);
}

/// What was seen so far.
pub fn read() -> Reading {
    let last_arrival = Duration::from_nanos(LAST_ARRIVAL.load(Relaxed));
    Reading { most: MOST.load(Relaxed), last_arrival }
}
