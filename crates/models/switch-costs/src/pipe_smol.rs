//! Tasks on one thread in a ring, a pipe between neighbours: each waits for a byte, adds 1 and passes it on.
//!
//! Expect more than `pipe_tokio` takes: the reactor tells the system of each wait anew, and sets a timer and reads from
//! two files of its own around it, each by a call.

use std::io::{self, PipeReader, PipeWriter};
use std::mem::replace;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, block_on};

use super::laps::{Hops, Laps};

/// Sends a byte around a ring of `workers` tasks, `rounds` times.
///
/// # Errors
/// When a pipe cannot be opened, read or written.
pub fn run(workers: usize, rounds: u64) -> io::Result<Hops> {
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        let (mut last, mut first) = pipe()?;
        // All before the first worker: where the system refuses one, nothing has been started.
        let pipes = (0..workers).map(|_| pipe()).collect::<io::Result<Vec<_>>>()?;
        let mut handles = Vec::with_capacity(workers);
        for (next, to) in pipes {
            let from = replace(&mut last, next);
            handles.push(executor.spawn(pass_on(from, to)));
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
            passed += handle.await?;
        }
        Ok(laps.hops(passed))
    }))
}

async fn pass_on(mut from: Async<PipeReader>, mut to: Async<PipeWriter>) -> io::Result<u64> {
    let mut byte = [0];
    let mut passed = 0;
    // Right: while there is no byte this returns to the runtime, which asks the system who has some.
    while from.read(&mut byte).await? == 1 {
        to.write_all(&[byte[0].wrapping_add(1)]).await?;
        passed += 1;
    }
    Ok(passed)
}

fn pipe() -> io::Result<(Async<PipeReader>, Async<PipeWriter>)> {
    let (reader, writer) = io::pipe()?;
    Ok((Async::new(reader)?, Async::new(writer)?))
}
