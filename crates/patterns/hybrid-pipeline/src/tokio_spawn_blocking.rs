//! Fetches many and computes on each: fetched by tasks of tokio, computed on the threads of its blocking pool.
//!
//! Expect the loop to stay free, and the whole to take as long as the longer of its two parts. Reach for it when the program runs on
//! tokio and has no rayon. The pool has room for far more threads than there are cores, so it is `jobs` that keeps it to what they
//! can do.
//!
//! Deep recursion: a thread has 2 MiB of stack. `thread_stack_size(bytes)` of tokio's `runtime::Builder` gives more. Time-outs: none. A
//! computation that hangs occupies one of `jobs` for good.

// Few need both functions, and nobody outside the crate that takes the file in.
#![allow(dead_code, unreachable_pub)]

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    #[error(transparent)]
    Failed(E),
    /// The fetch or the computation has panicked, and said this.
    #[error("it panicked: {0}")]
    Panicked(String),
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// Fetches each of `inputs`, at most `fetches` at once, and computes on what came, at most `jobs` at once; returns what came of
/// each, in their order.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place. The other inputs continue. A stack that
/// overflows is no panic: it aborts the whole process.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what the stream of [`pipeline`] does; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let cores = std::thread::available_parallelism().unwrap();
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { client.get(url).send().await?.text().await }
/// };
/// let words = hybrid_pipeline::map(urls, NonZeroUsize::new(50).unwrap(), cores, fetch, count_words).await;
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
    pipeline(inputs, fetches, jobs, fetch, compute).collect::<BTreeMap<_, _>>().await.into_values().collect()
}

/// Does the same, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits until there is room to compute, and
/// what was computed until it is taken: at most `fetches + jobs` inputs are under way, and who takes results slowly slows all down.
/// It begins when it is first polled. While `jobs` are computed, those that are being fetched go on, but no more are begun: with one of
/// each, the two take turns.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at the await where it stands, soon after. What is being
/// computed goes on to its end, since nobody can stop it from outside: at most `jobs`; what was not begun never is.
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
    let fetching = stream::iter(inputs.into_iter().enumerate()).map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = AssertUnwindSafe(async move { fetch(input).await }).catch_unwind();
        // A task of its own: it goes on while nobody has room for what it fetches, and nobody polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching.map(settle)));
        async move { (index, task.await.expect("nobody aborts it")) }
    });
    let computing = fetching.buffer_unordered(fetches.get()).map(move |(index, page)| {
        let compute = Arc::clone(&compute);
        // Right: computed elsewhere, and awaited here.
        async move {
            match page {
                Ok(page) => {
                    let computing = move || settle(catch_unwind(AssertUnwindSafe(|| compute(page))));
                    // Dropped before a thread was free for it, it is not begun.
                    let computing = AbortOnDropHandle::new(spawn_blocking(computing));
                    (index, computing.await.expect("nobody aborts it"))
                }
                Err(failure) => (index, Err(failure)),
            }
        }
    });
    computing.buffer_unordered(jobs.get())
}

fn settle<T, E>(ended: Result<Result<T, E>, Box<dyn Any + Send>>) -> Result<T, Failure<E>> {
    match ended {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => Err(Failure::Panicked(message(panic))),
    }
}

fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        // Not dropped: what somebody panics with may panic once more then.
        Err(panic) => Box::leak(panic).downcast_ref().copied().unwrap_or("no message").to_owned(),
    }
}
