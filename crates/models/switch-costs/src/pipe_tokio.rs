//! Tasks on one thread in a ring, a pipe between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect microseconds a hop, and a small part of the lead that `channel_tokio` has: a read that fails, a question to the
//! system who can go on, and the read again. Reach for it when thousands of workers wait for the system.

use std::io;
use std::mem::replace;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender, pipe};

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` tasks, `rounds` times.
///
/// # Errors
/// When a pipe cannot be opened, read or written.
#[tokio::main(flavor = "current_thread")]
pub async fn run(workers: usize, rounds: u64) -> io::Result<Hops> {
    let (mut first, mut last) = pipe()?;
    // All before the first worker: where the system refuses one, nothing has been started.
    let pipes = (0..workers).map(|_| pipe()).collect::<io::Result<Vec<_>>>()?;
    let mut handles = Vec::with_capacity(workers);
    for (to, next) in pipes {
        let from = replace(&mut last, next);
        handles.push(tokio::spawn(pass_on(from, to)));
    }
    let mut laps = Laps::new(workers, rounds);
    while let Some(byte) = laps.begin() {
        let mut byte = [byte];
        first.write_all(&byte).await?;
        last.read_exact(&mut byte).await?;
        laps.end(byte[0]);
    }
    // The first worker's next read finds the end and it ends; so does the second's then, and so on.
    drop(first);
    let mut passed = 0;
    for handle in handles {
        passed += handle.await.expect("a worker panicked")?;
    }
    Ok(laps.hops(passed))
}

async fn pass_on(mut from: Receiver, mut to: Sender) -> io::Result<u64> {
    let mut byte = [0];
    let mut passed = 0;
    // Right: while there is no byte this returns to the runtime, which asks the system who has some.
    while from.read(&mut byte).await? == 1 {
        to.write_all(&[byte[0].wrapping_add(1)]).await?;
        passed += 1;
    }
    Ok(passed)
}
