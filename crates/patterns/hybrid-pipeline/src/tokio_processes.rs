//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes
//! that is made once.
//!
//! Expect the loop to stay free, and for each computation that what it is given and its answer go
//! through the kernel. Reach for it when what computes may crash or be killed, or cannot share a
//! process with its like. A worker is this program once more.
//!
//! Time-outs: none. A computation that hangs occupies its process until the results or the pool are
//! dropped; so let it end its process itself when its time is over. What a computation leaks is
//! kept as long as the pool: make a new pool now and then. Deep recursion: a stack that overflows
//! ends a worker, no more; `thread_stack_size(bytes)` of tokio's `runtime::Builder` in `main` gives
//! more.

// Few need both functions, nothing is public outside of a program, and two copies share parts.
#![allow(dead_code, unreachable_pub, clippy::duplicate_mod)]

#[path = "hybrid_pipeline/process_failure.rs"]
mod failure;
#[path = "hybrid_pipeline/frame.rs"]
mod frame;
#[path = "hybrid_pipeline/pool.rs"]
mod pool;
#[path = "hybrid_pipeline/sent.rs"]
mod sent;

pub use self::failure::{Failure, Indexed};
pub use self::pool::*;
pub use self::sent::Sent;

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use self::failure::settle;
use self::frame::frame;

/// Fetches each of `inputs`, at most `fetches` concurrently, and computes on what came in the
/// processes of `pool`; returns the results in the order of the inputs.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has
/// one whose computation has ended two processes. The other inputs continue, and another process
/// takes the place of each that has ended. If another value would be read by a process than was
/// sent, or none, that is a panic which names the type.
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
/// // `main` begins with `hybrid_pipeline::work_if_child(&WORDS).await`
/// static WORDS: Work<Page, u64, Error> = Work("words", count_words);
///
/// // Once, and not for each call
/// let pool = Arc::new(hybrid_pipeline::Pool::new(&WORDS, NonZeroUsize::new(4).unwrap()));
/// let fetches = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { Ok::<_, Error>(client.get(url).send().await?.text().await?) }
/// };
/// let words = hybrid_pipeline::map(urls, fetches, Arc::clone(&pool), fetch).await;
/// ```
pub async fn map<I, P: Sent, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: W,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let results = pipeline(inputs, fetches, pool, fetch);
    let results: BTreeMap<_, _> = results.collect().await;
    results.into_values().collect()
}

/// Does the same, and hands out each result as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits
/// until there is room to compute, and what was computed until it is taken: at most `fetches` and
/// one for each process are in flight, and a slow consumer slows the whole pipeline. It begins when
/// it is first polled. While all processes compute, those that are being fetched continue, but no
/// more are begun: with one of each, the two take turns.
///
/// A page is written and checked in the task that has fetched it, but what was computed on it is
/// read where this is polled: let that be small. The check takes several times as long as the
/// writing.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at its next `.await`.
/// What is being computed ends at once, since its process is killed; the pool continues with
/// others.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I, P: Sent, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    pool: Arc<Pool<P, T, E>>,
    fetch: W,
) -> impl Stream<Item = Indexed<T, E>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let (fetch, jobs) = (Arc::new(fetch), pool.size());
    let inputs = stream::iter(inputs.into_iter().enumerate());
    let fetching = inputs.map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = async move { fetch(input).await.map(|page| frame(&page)) };
        // A task of its own: it continues while there is no room for what it fetches, and nobody
        // polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching));
        async move { (index, settle(task.await.map_err(JoinError::into_panic))) }
    });
    let pages = fetching.buffer_unordered(fetches.get());
    let computing = pages.map(move |(index, page)| {
        let pool = Arc::clone(&pool);
        // Right: computed elsewhere, in processes that run already, and awaited here.
        async move {
            match page {
                Ok(page) => (index, pool.compute(&page).await),
                Err(failure) => (index, Err(failure)),
            }
        }
    });
    computing.buffer_unordered(jobs)
}
