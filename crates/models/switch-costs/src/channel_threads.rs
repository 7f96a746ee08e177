//! Threads in a ring, a channel between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect some microseconds a hop: one thread goes to sleep and another is woken, both by the kernel. Reach for it when
//! there are hundreds of workers, or when what they do takes longer than that.

use std::mem::replace;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::spawn;

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` threads, `rounds` times.
pub fn run(workers: usize, rounds: u64) -> Hops {
    let (first, mut last) = sync_channel(1);
    let mut handles = Vec::with_capacity(workers);
    for _ in 0..workers {
        let (to, next) = sync_channel(1);
        let from = replace(&mut last, next);
        handles.push(spawn(move || pass_on(&from, &to)));
    }
    let mut laps = Laps::new(workers, rounds);
    while let Some(byte) = laps.begin() {
        first.send(byte).expect("the first worker waits for it");
        laps.end(last.recv().expect("the last worker passes it on"));
    }
    // The first worker's next receive fails and it ends; so does the second's then, and so on.
    drop(first);
    let mut passed = 0;
    for handle in handles {
        passed += handle.join().expect("a worker panicked");
    }
    laps.hops(passed)
}

fn pass_on(from: &Receiver<u8>, to: &SyncSender<u8>) -> u64 {
    let mut passed = 0;
    // Right: while there is no byte the kernel takes the core from this thread, and gives it to one that has some.
    while let Ok(byte) = from.recv() {
        to.send(byte.wrapping_add(1)).expect("the next worker waits for it");
        passed += 1;
    }
    passed
}
