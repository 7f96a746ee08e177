//! A task for each worker that waits, and a thread of the runtime's pool for each that computes, as asyncio with an
//! executor: the loop is one thread of several, all under the lock.
//!
//! Expect the loop to ask for the lock each time it wakes up while one computes, mostly for 5 ms: the convoy effect of
//! David Beazley's talks on the GIL. Reach for it where the loop has to go on at all; without such a lock it costs nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::spawn;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::gil::Gil;
use super::jobs::{Jobs, PIECE, pieces};
use super::kernel;
use super::lane::{Lane, LoopLane};

/// Does all `jobs`, the computing ones first; returns what each has found or how often it has waited, and what it did when.
/// One lane more, the last, is the loop's.
pub fn run(jobs: Jobs) -> (Vec<u64>, Vec<Lane>) {
    let Jobs { computing, waiting, steps, waits, each } = jobs;
    let (gil, start) = (Arc::new(Gil::default()), Instant::now());
    let mut of_loop = LoopLane::since(start);
    let runtime = runtime(&gil, &of_loop);
    gil.take(&mut of_loop);
    let (answers, mut lanes): (_, Vec<_>) = runtime.block_on(async {
        let computing = (0..computing).map(|_| {
            let gil = Arc::clone(&gil);
            // Right: the loop is free of it, but for the lock that the two now hand to and fro.
            spawn_blocking(move || compute(&gil, Lane::since(start), steps))
        });
        let waiting = (0..waiting).map(|_| spawn(wait(Lane::since(start), waits, each)));
        let handles: Vec<_> = computing.chain(waiting).collect();
        let mut done = Vec::new();
        for handle in handles {
            done.push(handle.await.expect("a worker panicked"));
        }
        done.into_iter().unzip()
    });
    gil.give();
    lanes.push(of_loop.lane());
    (answers, lanes)
}

/// One whose thread has the lock but while its loop sleeps.
fn runtime(gil: &Arc<Gil>, of_loop: &LoopLane) -> Runtime {
    let (parking, unparking, of_loop) = (Arc::clone(gil), Arc::clone(gil), of_loop.clone());
    let mut builder = Builder::new_current_thread();
    builder.on_thread_park(move || parking.give());
    builder.on_thread_unpark(move || unparking.take(&mut of_loop.clone()));
    builder.enable_all().build().expect("a runtime can be started")
}

fn compute(gil: &Gil, mut lane: Lane, steps: u64) -> (u64, Lane) {
    gil.take(&mut lane);
    let mut state = kernel::SEED;
    for piece in pieces(steps) {
        state = kernel::advance(state, piece);
        gil.check(&mut lane);
    }
    lane.rests();
    gil.give();
    (kernel::answer(state).into(), lane)
}

async fn wait(mut lane: Lane, waits: u64, each: Duration) -> (u64, Lane) {
    lane.runs();
    let mut done = 0;
    for _ in 0..waits {
        lane.waits();
        sleep(each).await;
        lane.runs();
        kernel::advance(kernel::SEED, PIECE);
        done += 1;
    }
    lane.rests();
    (done, lane)
}
