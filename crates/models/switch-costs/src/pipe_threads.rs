//! Threads in a ring, a pipe between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect what `channel_threads` shows, or close: to wait and to wake is the kernel's in both. Reach for it where
//! ten microseconds a hop do not matter: there is no runtime and no reactor to set up.

use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::mem::replace;
use std::thread::spawn;

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` threads, `rounds` times.
///
/// # Errors
/// When a pipe cannot be opened, read or written.
pub fn run(workers: usize, rounds: u64) -> io::Result<Hops> {
    let (mut last, mut first) = pipe()?;
    // All before the first worker: where the system refuses one, nothing has been started.
    let pipes = (0..workers).map(|_| pipe()).collect::<io::Result<Vec<_>>>()?;
    let mut handles = Vec::with_capacity(workers);
    for (next, to) in pipes {
        let from = replace(&mut last, next);
        handles.push(spawn(move || pass_on(from, to)));
    }
    let mut laps = Laps::new(workers, rounds);
    while let Some(byte) = laps.begin() {
        let mut byte = [byte];
        first.write_all(&byte)?;
        last.read_exact(&mut byte)?;
        laps.end(byte[0]);
    }
    // The first worker's next read finds the end and it ends; so does the second's then, and so on.
    drop(first);
    let mut passed = 0;
    for handle in handles {
        passed += handle.join().expect("a worker panicked")?;
    }
    Ok(laps.hops(passed))
}

fn pass_on(mut from: PipeReader, mut to: PipeWriter) -> io::Result<u64> {
    let mut byte = [0];
    let mut passed = 0;
    // Right: while there is no byte the kernel takes the core from this thread, and gives it to one that has some.
    while from.read(&mut byte)? == 1 {
        to.write_all(&[byte[0].wrapping_add(1)])?;
        passed += 1;
    }
    Ok(passed)
}
