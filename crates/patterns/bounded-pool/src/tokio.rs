//! Works on many inputs, at most so many at once: by as many tasks of tokio.
//!
//! Expect memory for the inputs that are worked on and no others, and nothing left running. Reach for it when the work
//! awaits: an async client, timers, sockets. If it blocks, take the form for threads.

// Few need both functions.
#![allow(dead_code)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::future::{Future, poll_fn};
use std::iter::{Enumerate, Fuse};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The work has failed, with this error of its own.
    Failed(E),
    /// The work has panicked, and said this.
    Panicked(String),
}

/// The place of an input, counted from 0, and what came of it.
pub type Indexed<T, E> = (usize, Result<T, Failure<E>>);

type Inputs<I> = Fuse<Enumerate<I>>;

/// Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.
///
/// Each input is read when a worker is free for it, by that worker's task, and is worked on exactly once.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The others go on. A `Failure` is an error if the work's own
/// is one: `anyhow::Error` and `Box<dyn Error>` are none, match on it then.
///
/// # Panics
/// If `inputs` panics, or there is no runtime of tokio, or no longer.
///
/// # Cancel safety
/// Dropped before its end, it does what [`Results`] do; what came of the inputs until then is lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let pages = bounded_pool::map(urls, limit, move |url| client.get(url).send()).await;
/// ```
pub async fn map<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator<Item: Send + 'static, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut results = Vec::new();
    let mut stream = stream(inputs, limit, work);
    while let Some(result) = stream.next().await {
        results.push(result);
    }
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out what comes of each input as it comes.
///
/// While `limit` results wait to be taken, the workers wait too, each with one more: who takes them slowly slows the work down.
///
/// `inputs` must not block: a thread of the runtime waits for each, so do those of the other workers, and so does a drop. What
/// comes from a channel or a slow file is collected elsewhere. All `limit` tasks begin at once, fewer only if the `size_hint` of
/// `inputs` says that there are fewer of those: a huge `limit` is no way to have none.
///
/// # Panics
/// If there is no runtime of tokio.
pub fn stream<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Results<I::IntoIter, T, E>
where
    I: IntoIterator<Item: Send + 'static, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let inputs = inputs.into_iter();
    let workers = inputs.size_hint().1.unwrap_or(usize::MAX).min(limit.get());
    let (sender, receiver) = channel(workers.max(1));
    let (inputs, work) = (Arc::new(Mutex::new(Some(inputs.enumerate().fuse()))), Arc::new(work));
    let mut results = Results { inputs: Arc::clone(&inputs), receiver, workers: JoinSet::new() };
    // Right: there are as many workers as may work at once, and each works on one input at a time.
    for _ in 0..workers {
        let (inputs, work, sender) = (Arc::clone(&inputs), Arc::clone(&work), sender.clone());
        results.workers.spawn(async move { work_on(&inputs, &*work, &sender).await });
    }
    results
}

/// What comes of the inputs, as it comes.
///
/// Once this is dropped no more inputs are read. The work under way is dropped at the await where it stands, soon after: what
/// is not cancel safe in it is left as it is. Work that runs at that moment, or is about to begin, goes on until it awaits.
#[must_use = "dropped, it stops the work"]
pub struct Results<I, T, E> {
    inputs: Arc<Mutex<Option<Inputs<I>>>>,
    receiver: Receiver<Indexed<T, E>>,
    /// Dropped with this, which aborts them.
    workers: JoinSet<()>,
}

impl<I, T, E> Results<I, T, E> {
    /// Waits for the next result; none once there is one for each input.
    ///
    /// # Panics
    /// If `inputs` has panicked, after the results of all that came before, or the runtime of the workers was shut down.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has taken no result.
    pub async fn next(&mut self) -> Option<Indexed<T, E>> {
        if let Some(result) = self.receiver.recv().await {
            return Some(result);
        }
        while let Some(worker) = self.workers.join_next().await {
            worker.unwrap_or_else(|error| resume_unwind(error.into_panic()));
        }
        None
    }
}

impl<I, T, E> Drop for Results<I, T, E> {
    fn drop(&mut self) {
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn work_on<I: Iterator, T, E, F: Future<Output = Result<T, E>>>(
    inputs: &Mutex<Option<Inputs<I>>>,
    work: &impl Fn(I::Item) -> F,
    results: &Sender<Indexed<T, E>>,
) {
    while let Some((index, input)) = take(inputs) {
        let result = attempt(async { work(input).await }).await;
        if results.send((index, result)).await.is_err() {
            return;
        }
    }
}

/// The next input; none if there are no more, or `inputs` has panicked in another worker.
fn take<I: Iterator>(inputs: &Mutex<Option<I>>) -> Option<I::Item> {
    inputs.lock().ok()?.as_mut()?.next()
}

async fn attempt<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure<E>> {
    let mut work = pin!(work);
    let polled = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(result) => result.map(|result| result.map_err(Failure::Failed)),
        Err(panic) => Poll::Ready(Err(Failure::Panicked(message(&*panic)))),
    });
    polled.await
}

fn message(panic: &dyn Any) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

impl<E: Display> Display for Failure<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::Panicked(message) => write!(f, "the work panicked: {message}"),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Failed(error) = self { error.source() } else { None }
    }
}
