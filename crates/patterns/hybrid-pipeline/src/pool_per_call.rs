//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes
//! that is made for each computation, as the article does.
//!
//! Expect what the start and the end of so many processes take, and a loop that stands still for
//! each end. It is here to be seen failing.

// Few need both functions, nothing is public outside of a program, and two copies share parts.
#![allow(dead_code, unreachable_pub, clippy::duplicate_mod)]

#[path = "hybrid_pipeline/process_failure.rs"]
mod failure;
#[path = "hybrid_pipeline/sent.rs"]
mod sent;

pub use self::failure::{Failure, Indexed};
pub use self::sent::Sent;

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::os::unix::process::parent_id;
use std::panic::AssertUnwindSafe;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::procspawn::{Pool, ProcConfig};
use futures_util::future::FutureExt;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::task;
use tokio_util::task::AbortOnDropHandle;

use self::failure::{message, settle};

/// Works and never returns in a process of the pool. Call it first in `main`: whatever comes before
/// is done again in each of them.
///
/// A process that is left alone ends by itself within a second, whatever it does then.
pub fn work_if_child() {
    ProcConfig::new().config_callback(end_with_parent).init();
}

/// One that waits for work is told when its parent is gone, one that computes is not.
fn end_with_parent() {
    let parent = parent_id();
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(Duration::from_millis(500));
        }
        process::exit(1);
    });
}

/// Fetches each of `inputs`, at most `fetches` concurrently, and computes on what came in processes
/// of its own, at most `jobs` concurrently; returns the results in the order of the inputs.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has
/// one whose process has ended before it answered. The other inputs continue.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what the stream of [`pipeline`] does; the results until then are
/// lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// // `main` begins with `hybrid_pipeline::work_if_child()`
/// let cores = std::thread::available_parallelism().unwrap();
/// let fetches = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { Ok::<_, Error>(client.get(url).send().await?.text().await?) }
/// };
/// let words = hybrid_pipeline::map(urls, fetches, cores, fetch, count_words).await;
/// ```
pub async fn map<I, P: Sent, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: fn(P) -> Result<T, E>,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let results = pipeline(inputs, fetches, jobs, fetch, compute);
    let results: BTreeMap<_, _> = results.collect().await;
    results.into_values().collect()
}

/// Does the same, and hands out each result as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits
/// until there is room to compute, and what was computed until it is taken: at most
/// `fetches + jobs` inputs are in flight, and a slow consumer slows the whole pipeline. It begins
/// when it is first polled.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at its next `.await`.
/// What is being computed runs to its end.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I, P: Sent, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: fn(P) -> Result<T, E>,
) -> impl Stream<Item = Indexed<T, E>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let fetch = Arc::new(fetch);
    let inputs = stream::iter(inputs.into_iter().enumerate());
    let fetching = inputs.map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = AssertUnwindSafe(async move { fetch(input).await }).catch_unwind();
        // A task of its own: it continues while there is no room for what it fetches, and nobody
        // polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching.map(settle)));
        async move { (index, task.await.expect("nobody aborts it")) }
    });
    let pages = fetching.buffer_unordered(fetches.get());
    let computing = pages.map(move |(index, page)| async move {
        match page {
            Ok(page) => (index, in_process(compute, page).await),
            Err(failure) => (index, Err(failure)),
        }
    });
    computing.buffer_unordered(jobs.get())
}

async fn in_process<P: Sent, T: Sent, E: Sent>(
    compute: fn(P) -> Result<T, E>,
    page: P,
) -> Result<T, Failure<E>> {
    let size = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let pool = match Pool::new(size) {
        Ok(pool) => Arc::new(pool),
        Err(error) => return Err(Failure::Lost(error.to_string())),
    };
    let computing = Arc::clone(&pool);
    let ended = task::spawn_blocking(move || computing.spawn(page, compute).join()).await;
    // Wrong: a pool for one computation, and the loop itself waits until all of its processes have
    // ended.
    pool.shutdown();
    match ended {
        Ok(Ok(result)) => result.map_err(Failure::Failed),
        Ok(Err(error)) => match error.panic_info() {
            Some(panic) => Err(Failure::Panicked(panic.message().to_owned())),
            None => Err(Failure::Lost(error.to_string())),
        },
        // procspawn panics if it cannot hand over what is to be computed.
        Err(error) => Err(Failure::Lost(message(error.into_panic()))),
    }
}
