//! Fetches many and computes on each: fetched by tasks of tokio, computed where the answer came.
//!
//! Expect a loop that does nothing else while something is computed, and no computation on any
//! other core. It is here to be seen failing.

// Few need both functions, nothing is public outside of a program, and two copies share parts.
#![allow(dead_code, unreachable_pub, clippy::duplicate_mod)]

#[path = "hybrid_pipeline/failure.rs"]
mod failure;

pub use self::failure::{Failure, Indexed};

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::FutureExt;
use futures_util::stream::{self, Stream, StreamExt};
use tokio_util::task::AbortOnDropHandle;

use self::failure::{attempt, settle};

/// Fetches each of `inputs`, at most `fetches` concurrently, and computes on what came, at most
/// `jobs` concurrently; returns the results in the order of the inputs.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place. The other
/// inputs continue. A stack overflow is no panic: it ends the program.
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
/// let cores = std::thread::available_parallelism().unwrap();
/// let fetches = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { client.get(url).send().await?.text().await }
/// };
/// let words = hybrid_pipeline::map(urls, fetches, cores, fetch, count_words).await;
/// ```
pub async fn map<I, P, T, E, W, F, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
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
/// While something is computed nobody can drop it.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I, P, T, E, W, F, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> impl Stream<Item = Indexed<T, E>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (fetch, compute) = (Arc::new(fetch), Arc::new(compute));
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
    let computing = pages.map(move |(index, page)| {
        let compute = Arc::clone(&compute);
        async move {
            match page {
                // Wrong: computed by whoever polls this, and meanwhile nothing else is polled.
                Ok(page) => (index, attempt(|| compute(page))),
                Err(failure) => (index, Err(failure)),
            }
        }
    });
    computing.buffer_unordered(jobs.get())
}
