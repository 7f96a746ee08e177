//! Fetches many and computes on each: fetched by tasks of tokio, computed in a pool of processes that is made once.
//!
//! Expect the loop to stay free, and for each computation that what it is given and its answer go through the kernel. Reach for it when
//! what computes may crash or be killed, or cannot share a process with its like. The pool is procspawn's.
//!
//! Time-outs: none. A computation that hangs occupies its process until `Pool::kill`, and what a computation leaks is kept as long as
//! the pool. Deep recursion: a computation runs on the main thread, whose stack is what `ulimit -s` says.

// Few need both functions, and nobody outside the crate that takes the file in.
#![allow(dead_code, unreachable_pub)]

use std::{any::Any, collections::BTreeMap, future::Future, num::NonZeroUsize, os::unix::process::parent_id};
use std::{panic::AssertUnwindSafe, process::exit, sync::Arc, thread, time::Duration};

use ::procspawn::{Pool, ProcConfig, spawn};
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
    /// The process that computed has ended before it answered, and so has another that tried again: this is what was said of it.
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
    // A terminal's Ctrl-C goes to all: what becomes of the work then is for the parent to say.
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default()).ok();
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

/// What can go to another process and come back. procspawn writes it in postcard's format, which does not describe itself, so serde's
/// `flatten`, `untagged`, `tag` and `skip_serializing_if` do not work in it. A page is checked before it is sent. What was computed
/// cannot be: **with `skip_serializing_if` in `T` or `E` another value may come back than was sent**. Wrap such a type in
/// `procspawn::serde::Json`, with procspawn's feature `json`.
pub trait Sent: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sent for T {}

/// Fetches each of `inputs`, at most `fetches` at once, and computes on what came in the processes of `pool`; returns what came
/// of each, in their order.
///
/// # Errors
/// An input whose fetch or computation fails or panics has a [`Failure`] in its place, and so has one whose computation has ended two
/// processes. The other inputs continue, and another process takes the place of each that has ended. A page that would not be read as it
/// was written is a panic that names its type.
///
/// One that is ended from outside in its first milliseconds, before procspawn has heard from it, is waited for without end.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what the stream of [`pipeline`] does; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let pool = Arc::new(procspawn::Pool::new(4)?); // once, and not for each call
/// let fetch = move |url: String| {
///     let client = client.clone(); // for this call, since the next one needs it too
///     async move { client.get(url).send().await.map_err(Error::from)?.text().await.map_err(Error::from) }
/// };
/// let words = hybrid_pipeline::map(urls, NonZeroUsize::new(50).unwrap(), &pool, fetch, count_words).await;
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
    pipeline(inputs, fetches, pool, fetch, compute).collect::<BTreeMap<_, _>>().await.into_values().collect()
}

/// Does the same, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when there is room to fetch one more. What was fetched waits until there is room to compute, and
/// what was computed until it is taken: at most `fetches` and one for each process are under way, and who takes results slowly slows all down.
/// It begins when it is first polled. While all processes compute, those that are being fetched go on, but no more are begun: with one of
/// each, the two take turns.
///
/// Dropped, it reads no more inputs, and what is being fetched is dropped at the await where it stands, soon after. What is being
/// computed goes on to its end, and keeps `pool` until then; `Pool::kill` ends both.
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
    let fetching = stream::iter(inputs.into_iter().enumerate()).map(move |(index, input)| {
        let fetch = Arc::clone(&fetch);
        let fetching = AssertUnwindSafe(async move { fetch(input).await.inspect(check) }).catch_unwind();
        // A task of its own: it goes on while nobody has room for what it fetches, and nobody polls it.
        let task = AbortOnDropHandle::new(tokio::spawn(fetching.map(settle)));
        async move { (index, task.await.expect("nobody aborts it")) }
    });
    let computing = fetching.buffer_unordered(fetches.get()).map(move |(index, page)| {
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

async fn in_process<P: Sent + Clone, T: Sent, E: Sent>(
    pool: &Arc<Pool>,
    compute: fn(P) -> Result<T, E>,
    page: P,
) -> Result<T, Failure<E>> {
    let mut lost = String::new();
    for is_again in [false, true] {
        let (pool, page) = (Arc::clone(pool), page.clone());
        // Again in a process of its own, since others of the pool may have ended too, and since the pool ends one that panics, often
        // before it has said so.
        let run = move || if is_again { spawn(page, compute) } else { pool.spawn(page, compute) }.join();
        lost = match AbortOnDropHandle::new(spawn_blocking(run)).await {
            Ok(Ok(result)) => return result.map_err(Failure::Failed),
            Ok(Err(error)) => match error.panic_info() {
                Some(panic) => return Err(Failure::Panicked(panic.message().to_owned())),
                None => error.to_string(),
            },
            // procspawn panics where it cannot hand over what is to be computed.
            Err(error) => message(error.into_panic()),
        };
    }
    Err(Failure::Lost(lost))
}

/// Panics if another value would be read than this one.
fn check<T: Sent>(value: &T) {
    let refusal = format!("a `{}` cannot go to another process", std::any::type_name::<T>());
    let bytes = postcard::to_stdvec(value).expect(&refusal);
    let read: T = postcard::from_bytes(&bytes).expect(&refusal);
    // Sums and lengths, since a map that is read may have another order. What is written alike may be shown otherwise, but to show
    // megabytes takes too long.
    let sum = |of: &T| postcard::to_stdvec(of).iter().flatten().map(|it| 1 + u64::from(*it)).sum::<u64>();
    let shown = |of: &T| format!("{:?}", (bytes.len() < 1 << 20).then(|| serde_fmt::to_debug(of))).len();
    assert_eq!((sum(&read), shown(&read)), (sum(value), shown(value)), "{refusal}");
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
