//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes that is made for
//! each computation, as the article does.
//!
//! Expect what the start and the end of so many processes take, and a loop that stands still for each end. It is here to be seen
//! failing.

// Few need both functions, and nobody outside the crate that takes the file in.
#![allow(dead_code, unreachable_pub)]

use std::{any::Any, collections::BTreeMap, future::Future, num::NonZeroUsize, os::unix::process::parent_id};
use std::{panic::AssertUnwindSafe, process::exit, sync::Arc, thread, time::Duration};

use ::procspawn::{Pool, ProcConfig};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde::{Serialize, de::DeserializeOwned};
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
    /// The process that computed has ended before it answered: this is what was said of it.
    #[error("the process that computed has ended: {0}")]
    Lost(String),
}

/// Works and never returns in a process of the pool. Call it first in `main`: whatever comes before is done again in each of them.
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
        exit(1);
    });
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

/// What can go to another process and come back.
pub trait Sent: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sent for T {}

/// Fetches each of `inputs`, at most `fetches` at once, and computes on what came in processes of its own, at most `jobs` at once; returns what came
/// of each, in their order.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has one whose process has ended before it
/// answered. The others go on.
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
    pipeline(inputs, fetches, jobs, fetch, compute).collect::<BTreeMap<_, _>>().await.into_values().collect()
}

/// Does the same, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits until there is room to compute, and
/// what was computed until it is taken: at most `fetches + jobs` inputs are under way, and who takes results slowly slows all down.
/// It begins when it is first polled.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at the await where it stands, soon after. What is being
/// computed goes on to its end.
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
    let fetching = stream::iter(inputs.into_iter().enumerate()).map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = AssertUnwindSafe(async move { fetch(input).await }).catch_unwind();
        // A task of its own: it goes on while nobody has room for what it fetches, and nobody polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching.map(settle)));
        async move { (index, task.await.expect("nobody aborts it")) }
    });
    let computing = fetching.buffer_unordered(fetches.get()).map(move |(index, page)| async move {
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
    let ended = spawn_blocking(move || computing.spawn(page, compute).join()).await;
    // Wrong: a pool for one computation, and the loop itself waits until all of its processes have ended.
    pool.shutdown();
    match ended {
        Ok(Ok(result)) => result.map_err(Failure::Failed),
        Ok(Err(error)) => Err(error.panic_info().map_or_else(
            || Failure::Lost(error.to_string()),
            |panic| Failure::Panicked(panic.message().to_owned()),
        )),
        // procspawn panics where it cannot hand over what is to be computed.
        Err(error) => Err(Failure::Lost(message(error.into_panic()))),
    }
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
