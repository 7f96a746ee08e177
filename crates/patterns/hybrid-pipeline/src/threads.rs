//! Fetches many and computes on each: fetched by some threads, computed by others, with a channel between.
//!
//! Expect the whole to take as long as the longer of its two parts. Reach for it when the fetch blocks: a blocking client, files, a
//! driver of a database. If it awaits, take the form for your runtime.
//!
//! Deep recursion: a thread has 2 MiB of stack. `RUST_MIN_STACK=bytes` in the environment gives more. Time-outs: none. A fetch or a
//! computation that hangs occupies its thread, and whoever drops the results waits for it.

// Few need both functions, and nobody outside the crate that takes the file in.
#![allow(dead_code, unreachable_pub)]

use std::fmt::{self, Display, Formatter};
use std::iter::{Fuse, from_fn};
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::{any::Any, collections::BTreeMap, error::Error, num::NonZeroUsize};

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The fetch or the computation has failed, with this error of its own.
    Failed(E),
    /// The fetch or the computation has panicked, and said this.
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
/// If `inputs` panics, or the system refuses a thread.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let cores = std::thread::available_parallelism().unwrap();
/// let fetch = move |url: String| client.get(&url).call()?.body_mut().read_to_string();
/// let words = hybrid_pipeline::map(urls, NonZeroUsize::new(50).unwrap(), cores, fetch, count_words);
/// ```
pub fn map<I, P, T, E, W, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<P, E> + Send + Sync + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    pipeline(inputs, fetches, jobs, fetch, compute).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Begins the same at once, and hands out what comes of each input as it comes.
///
/// Inputs are read one at a time, when a thread is free to fetch one. What was fetched waits until a thread is free to compute, and
/// what was computed until it is taken: at most `2 × (fetches + jobs)` inputs are under way, and who takes results slowly slows all
/// down.
///
/// Dropped, as by a `break`, it reads no more inputs, and waits for what is being fetched and computed, since a thread cannot be stopped
/// from outside, and for an input that is being read. If inputs come from a channel, drop its sender first: the drop hangs while the
/// sender lives and sends nothing.
///
/// # Panics
/// If the system refuses a thread; when asked for a result, if `inputs` has panicked.
pub fn pipeline<I, P, T, E, W, C>(
    inputs: I,
    fetches: NonZeroUsize,
    jobs: NonZeroUsize,
    fetch: W,
    compute: C,
) -> impl Iterator<Item = Indexed<T, E>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<P, E> + Send + Sync + 'static,
    C: Fn(P) -> Result<T, E> + Send + Sync + 'static,
    P: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let ended = Arc::default();
    let inputs = inputs.into_iter().enumerate();
    let pages = stage(inputs, fetches, &ended, move |(index, input)| (index, attempt(|| fetch(input))));
    // Right: threads of their own compute, and those that fetch go on meanwhile.
    stage(pages, jobs, &ended, move |(index, page)| (index, page.and_then(|page| attempt(|| compute(page)))))
}

/// What comes of the inputs of a stage.
struct Stage<I, T> {
    /// Set once nobody takes results any more. It is one for both stages: while a thread of the second waits for the first, it keeps
    /// the lock, and nobody could tell the first in any other way.
    ended: Arc<OnceLock<()>>,
    inputs: Arc<Mutex<Option<Fuse<I>>>>,
    receiver: Receiver<T>,
    workers: Vec<JoinHandle<()>>,
}

fn stage<I, T>(
    inputs: I,
    workers: NonZeroUsize,
    ended: &Arc<OnceLock<()>>,
    work: impl Fn(I::Item) -> T + Send + Sync + 'static,
) -> Stage<I, T>
where
    I: Iterator + Send + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = sync_channel(workers.get());
    let inputs = Arc::new(Mutex::new(Some(inputs.fuse())));
    let mut stage = Stage { ended: Arc::clone(ended), inputs, receiver, workers: Vec::new() };
    // It fails where nobody takes what comes any more, and then there are no more inputs either.
    let step = Arc::new(move |input| drop(sender.send(work(input))));
    for _ in 0..workers.get() {
        let (ended, inputs, step) = (Arc::clone(ended), Arc::clone(&stage.inputs), Arc::clone(&step));
        stage.workers.push(spawn(move || from_fn(|| take(&inputs, &ended)).for_each(&*step)));
    }
    stage
}

/// The next input; none if there are no more, or `inputs` has panicked in another thread, or nobody takes results any more.
fn take<I: Iterator>(inputs: &Mutex<Option<I>>, ended: &OnceLock<()>) -> Option<I::Item> {
    inputs.lock().ok().filter(|_| ended.get().is_none())?.as_mut()?.next()
}

impl<I, T> Iterator for Stage<I, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let joined = |worker: JoinHandle<()>| worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        self.receiver.recv().map_err(|_| from_fn(|| self.workers.pop()).for_each(joined)).ok()
    }
}

impl<I, T> Drop for Stage<I, T> {
    fn drop(&mut self) {
        self.ended.set(()).ok();
        // A thread that waits to hand something over waits no longer, and ends.
        self.receiver = sync_channel(0).1;
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // What it panicked with is not dropped: that may panic once more.
        self.workers.drain(..).for_each(|worker| forget(worker.join()));
    }
}

fn attempt<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure<E>> {
    let result = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Failure::Panicked(message(panic)))?;
    result.map_err(Failure::Failed)
}

fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        // Not dropped: what somebody panics with may panic once more then.
        Err(panic) => Box::leak(panic).downcast_ref().copied().unwrap_or("no message").to_owned(),
    }
}

impl<E: Display> Display for Failure<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::Panicked(message) => write!(f, "it panicked: {message}"),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::Failed(error) = self { error.source() } else { None }
    }
}
