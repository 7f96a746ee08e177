//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes
//! that is made once.
//!
//! Expect the loop to stay free, and for each computation that what it is given and its answer go
//! through the kernel. Reach for it when what computes may crash or be killed, or cannot share a
//! process with its like. The pool is procspawn's.
//!
//! Time-outs: none. A computation that hangs occupies its process until `Pool::kill`, and what a
//! computation leaks is kept as long as the pool. Deep recursion: a computation runs on the main
//! thread, whose stack is what `ulimit -s` says.

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
    // A terminal's Ctrl-C goes to all: what becomes of the work then is for the parent to say.
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default()).ok();
    let parent = parent_id();
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(Duration::from_millis(500));
        }
        process::exit(1);
    });
}

/// Fetches each of `inputs`, at most `fetches` concurrently, and computes on what came in the
/// processes of `pool`; returns the results in the order of the inputs.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has
/// one whose computation has ended two processes. The other inputs continue, and another process
/// takes the place of each that has ended. If another page would be read by a process than was
/// sent, or none, that is a panic which names the type.
///
/// What was computed is not checked: **with `skip_serializing_if` in `T` or `E` another value may
/// come back than was sent**. Wrap such a type in `procspawn::serde::Json`, with procspawn's
/// feature `json`. A process that is ended from outside in its first milliseconds, before procspawn
/// has heard from it, is waited for without end.
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
/// let pool = Arc::new(procspawn::Pool::new(4)?); // once, and not for each call
/// let fetches = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { Ok::<_, Error>(client.get(url).send().await?.text().await?) }
/// };
/// let words = hybrid_pipeline::map(urls, fetches, &pool, fetch, count_words).await;
/// ```
pub async fn map<I, P: Sent + Clone, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    pool: &Arc<Pool>,
    fetch: W,
    compute: fn(P) -> Result<T, E>,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let results = pipeline(inputs, fetches, pool, fetch, compute);
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
/// Dropped, it reads no more inputs, and what is being fetched is dropped at its next `.await`.
/// What is being computed runs to its end, and keeps `pool` until then; `Pool::kill` ends both.
///
/// # Panics
/// When polled, if `inputs` panics, or there is no runtime of tokio, or no longer.
pub fn pipeline<I, P: Sent + Clone, T: Sent, E: Sent, W, F>(
    inputs: I,
    fetches: NonZeroUsize,
    pool: &Arc<Pool>,
    fetch: W,
    compute: fn(P) -> Result<T, E>,
) -> impl Stream<Item = Indexed<T, E>> + use<I, P, T, E, W, F>
where
    I: IntoIterator,
    I::Item: Send + 'static,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<P, E>> + Send + 'static,
{
    let (fetch, pool) = (Arc::new(fetch), Arc::clone(pool));
    let jobs = pool.size();
    let inputs = stream::iter(inputs.into_iter().enumerate());
    let fetching = inputs.map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = async move { fetch(input).await.inspect(check) };
        let fetching = AssertUnwindSafe(fetching).catch_unwind();
        // A task of its own: it continues while there is no room for what it fetches, and nobody
        // polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching.map(settle)));
        async move { (index, task.await.expect("nobody aborts it")) }
    });
    let pages = fetching.buffer_unordered(fetches.get());
    let computing = pages.map(move |(index, page)| {
        let pool = Arc::clone(&pool);
        // Right: computed elsewhere, in processes that run already, and awaited here.
        async move {
            match page {
                Ok(page) => (index, in_process(&pool, compute, page).await),
                Err(failure) => (index, Err(failure)),
            }
        }
    });
    computing.buffer_unordered(jobs)
}

/// Panics if another page would be read than this one.
fn check<P: Sent>(page: &P) {
    sent::write(page);
}

async fn in_process<P: Sent + Clone, T: Sent, E: Sent>(
    pool: &Arc<Pool>,
    compute: fn(P) -> Result<T, E>,
    page: P,
) -> Result<T, Failure<E>> {
    let mut lost = String::new();
    for is_again in [false, true] {
        let (pool, page) = (Arc::clone(pool), page.clone());
        let run = move || {
            let computing = if is_again {
                // In a process of its own, since others of the pool may have ended too, and since
                // the pool ends one that panics, often before it has said so.
                ::procspawn::spawn(page, compute)
            } else {
                pool.spawn(page, compute)
            };
            computing.join()
        };
        lost = match AbortOnDropHandle::new(task::spawn_blocking(run)).await {
            Ok(Ok(result)) => return result.map_err(Failure::Failed),
            Ok(Err(error)) => match error.panic_info() {
                Some(panic) => return Err(Failure::Panicked(panic.message().to_owned())),
                None => error.to_string(),
            },
            // procspawn panics if it cannot hand over what is to be computed.
            Err(error) => message(error.into_panic()),
        };
    }
    Err(Failure::Lost(lost))
}
