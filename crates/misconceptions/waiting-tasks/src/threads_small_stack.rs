//! A thread for each task, with the smallest stack that is safe; all of them wait at once.
//!
//! Expect a tenth of the address space or less and fewer page tables, and no less resident memory: what was never touched
//! never was any. The end comes at the same number, unless address space is scarce; reach for it where it is.

use std::thread::{Builder, sleep};
use std::time::Duration;

use super::gauge;

/// Twice what it takes to panic and to print the backtrace, which is the most that a thread does which only waits; the
/// tests try it. The system itself would take less, and an overflow would end the whole process.
pub const STACK_BYTES: usize = 64 * 1024;

/// Lets `tasks` threads wait for `time` each; returns how many did.
pub fn run(tasks: u64, time: Duration) -> u64 {
    // Right: the stack is as large as the work needs, and the work is known.
    let thread = || Builder::new().stack_size(STACK_BYTES);
    let waits: Vec<_> =
        (0..tasks).map(|_| thread().spawn(move || wait(time)).expect("failed to spawn thread")).collect();
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
