//! A pool of processes, this program once more, which procspawn keeps; whoever is free takes the next computation.
//!
//! Expect what `threads` take and the start of the pool on top, and for each computation that its arguments and its
//! answer go through the kernel. Reach for it when what computes may crash, leak or be killed, or cannot share a process
//! with its like; in Rust it is not needed to use all cores.

use std::collections::{HashSet, VecDeque};
use std::os::unix::process::parent_id;
use std::process::{exit, id};
use std::sync::Arc;
use std::thread::{available_parallelism, park_timeout, sleep, spawn};
use std::time::{Duration, Instant};

use procspawn::{Pool, ProcConfig, SpawnError};

use super::{Heartbeat, kernel};

/// As many as there are computations by default; more only where there are more cores, and work for them.
const WORKERS: usize = 4;

/// How many empty jobs are sent through the pool to see what a job costs: few, since they are part of the run.
const EMPTY_JOBS: usize = 15;

/// How often a worker looks whether there is anybody left to work for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The answers, and what the pool cost.
#[derive(Debug)]
pub struct Done {
    /// What was computed.
    pub answers: Vec<u32>,
    /// From nothing until each of its processes had answered.
    pub pool_start: Duration,
    /// What an empty job took, there and back, on the pool that runs: the median of a few.
    pub job: Duration,
}

/// Works and never returns in a process of the pool. `main` must begin with it, since whatever comes before is done again
/// in each of them.
pub fn work_if_child() {
    ProcConfig::new().config_callback(end_with_parent).init();
}

/// A worker that waits for a job is told when the parent ends, one that computes is not; hence this thread.
fn end_with_parent() {
    let parent = parent_id();
    spawn(move || {
        while parent_id() == parent {
            sleep(LOOK_EVERY);
        }
        exit(1);
    });
}

/// Computes `jobs` times `steps` steps; returns the answers.
///
/// # Errors
/// When a process cannot be started or ends before it has answered; the others are ended.
pub fn run(jobs: u64, steps: u64, heartbeat: &Arc<Heartbeat>) -> Result<Done, SpawnError> {
    // The caller's side, where the rest of a program would be.
    let heart = spawn({
        let heartbeat = Arc::clone(heartbeat);
        move || beat(&heartbeat)
    });
    let done = use_pool(jobs, steps, heartbeat);
    // Not yet stopped where the pool has failed.
    heartbeat.stop();
    heart.thread().unpark();
    heart.join().expect("the heart panicked");
    done
}

fn use_pool(jobs: u64, steps: u64, heartbeat: &Heartbeat) -> Result<Done, SpawnError> {
    let started = Instant::now();
    // Right: the pool is made once, and every job finds a process that runs already.
    let pool = Pool::new(pool_size(jobs))?;
    let mut answered = HashSet::new();
    // A process may take two of these jobs and another none, so until each has answered.
    while answered.len() < pool.size() {
        let handles: Vec<_> = (0..pool.size()).map(|_| pool.spawn((), |()| id())).collect();
        for handle in handles {
            answered.insert(handle.join()?);
        }
    }
    let pool_start = started.elapsed();
    let mut handles = VecDeque::new();
    let mut answers = Vec::new();
    for _ in 0..jobs {
        handles.push_back(pool.spawn(steps, kernel::compute));
        // A job holds descriptors until it is answered, and procspawn panics when there are no more of them.
        if handles.len() >= 2 * pool.size()
            && let Some(first) = handles.pop_front()
        {
            answers.push(first.join()?);
        }
    }
    for handle in handles {
        answers.push(handle.join()?);
    }
    // Before the empty jobs, which are no part of what the heart is held against.
    heartbeat.stop();
    Ok(Done { answers, pool_start, job: empty_job(&pool)? })
}

fn pool_size(jobs: u64) -> usize {
    let most = available_parallelism().map_or(1, usize::from).max(WORKERS);
    usize::try_from(jobs).unwrap_or(most).clamp(1, most)
}

fn empty_job(pool: &Pool) -> Result<Duration, SpawnError> {
    let mut times = Vec::new();
    for _ in 0..EMPTY_JOBS {
        let started = Instant::now();
        pool.spawn((), |()| ()).join()?;
        times.push(started.elapsed());
    }
    times.sort();
    Ok(times[EMPTY_JOBS / 2])
}

/// Parked and not asleep, so that the end of a short run need not wait for the next beat.
fn beat(heartbeat: &Heartbeat) {
    while let Some(due) = heartbeat.next() {
        park_timeout(due.saturating_duration_since(Instant::now()));
        heartbeat.beat();
    }
}
