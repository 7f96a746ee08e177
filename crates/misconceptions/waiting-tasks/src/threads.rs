//! A thread for each task; all of them wait at once.
//!
//! Expect 2 MiB of address space a thread, and some ten kilobytes of memory, most of which no account of the process
//! shows: a kernel stack and page tables. Expect an end, too: some tens of thousands, then the system refuses. Reach for it
//! when there are hundreds, or when what they call blocks.

use std::thread::{sleep, spawn};
use std::time::Duration;

use super::gauge;

/// Lets `tasks` threads wait for `time` each; returns how many did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    // Right: a thread that waits holds what it touched of its stack, not what is reserved for it.
    let waits: Vec<_> = (0..tasks).map(|_| spawn(move || wait(time))).collect();
    let mut ended = 0;
    for wait in waits {
        ended += u64::from(wait.join().is_ok());
    }
    ended
}

fn wait(time: Duration) {
    gauge::arrive();
    sleep(time);
    gauge::leave();
}
