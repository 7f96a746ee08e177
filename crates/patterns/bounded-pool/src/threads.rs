//! Works on many inputs, at most so many at once: by as many threads.
//!
//! Expect memory for the inputs that are worked on and no others, and nothing left running. Reach for it when the work
//! blocks: a blocking client, files, a driver of a database. If it awaits, take the form for your runtime.

// Few need both functions.
#![allow(dead_code)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::iter::{Enumerate, Fuse, from_fn};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, spawn};

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
/// Each input is read when a worker is free for it, by that worker's thread, and is worked on exactly once.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The others go on. A `Failure` is an error if the work's own
/// is one: `anyhow::Error` and `Box<dyn Error>` are none, match on it then.
///
/// # Panics
/// If `inputs` panics, or the system refuses a thread.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let lengths = bounded_pool::map(files, limit, |file| fs::metadata(file).map(|metadata| metadata.len()));
/// ```
pub fn map<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let inputs = inputs.into_iter();
    let workers = workers(&inputs, limit);
    // All are kept, so nobody waits for one of them, and no worker asks the system to wake somebody for it.
    let (sender, receiver) = channel();
    let step = move |(index, input)| drop(sender.send((index, attempt(|| work(input)))));
    let mut results = begin(workers, inputs, receiver, step);
    results.join();
    let mut results: Vec<_> = results.receiver.try_iter().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out what comes of each input as it comes.
///
/// While `limit` results wait to be taken, the workers wait too, each with one more: who takes them slowly slows the work down.
///
/// Inputs are read one at a time: one that is long in coming keeps the other workers waiting. All `limit` threads begin at once,
/// fewer only if the `size_hint` of `inputs` says that there are fewer of those: a huge `limit` is no way to have none.
///
/// # Panics
/// If the system refuses a thread, or has no room for `limit` results.
pub fn stream<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> Results<I::IntoIter, T, E>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let inputs = inputs.into_iter();
    let workers = workers(&inputs, limit);
    let (sender, receiver) = sync_channel(workers);
    let step = move |(index, input)| drop(sender.send((index, attempt(|| work(input)))));
    begin(workers, inputs, receiver, step)
}

/// What comes of the inputs, as it comes.
///
/// Once this is dropped no more inputs are read. The drop waits for the work under way, and for an input that is being read,
/// since a thread cannot be stopped from outside: it takes as long as the longest of that does, and then nothing is left running.
/// Where inputs come from a channel, drop its sender first.
#[must_use = "dropped, it stops the work"]
pub struct Results<I, T, E> {
    inputs: Arc<Mutex<Option<Inputs<I>>>>,
    receiver: Receiver<Indexed<T, E>>,
    workers: Vec<JoinHandle<()>>,
}

impl<I, T, E> Iterator for Results<I, T, E> {
    type Item = Indexed<T, E>;

    /// Waits for the next result; none once there is one for each input.
    ///
    /// # Panics
    /// If `inputs` has panicked, after the results of all that came before.
    fn next(&mut self) -> Option<Self::Item> {
        self.receiver.recv().map_err(|_| self.join()).ok()
    }
}

impl<I, T, E> Results<I, T, E> {
    /// Waits until no worker is left, and panics as `inputs` has if it has.
    fn join(&mut self) {
        while let Some(worker) = self.workers.pop() {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    }
}

impl<I, T, E> Drop for Results<I, T, E> {
    fn drop(&mut self) {
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // A worker that waits to hand over a result waits no longer, and ends.
        self.receiver = sync_channel(0).1;
        for worker in self.workers.drain(..) {
            worker.join().ok();
        }
    }
}

/// As many as `limit`, fewer only where there are fewer inputs.
fn workers(inputs: &impl Iterator, limit: NonZeroUsize) -> usize {
    inputs.size_hint().1.unwrap_or(usize::MAX).min(limit.get())
}

/// Each worker does `step` with one input after the other.
fn begin<I: Iterator + Send + 'static, T, E>(
    workers: usize,
    inputs: I,
    receiver: Receiver<Indexed<T, E>>,
    step: impl Fn((usize, I::Item)) + Send + Sync + 'static,
) -> Results<I, T, E> {
    let (inputs, step) = (Arc::new(Mutex::new(Some(inputs.enumerate().fuse()))), Arc::new(step));
    let mut results = Results { inputs: Arc::clone(&inputs), receiver, workers: Vec::new() };
    // Right: there are as many workers as may work at once, and each works on one input at a time.
    for _ in 0..workers {
        let (inputs, step) = (Arc::clone(&inputs), Arc::clone(&step));
        results.workers.push(spawn(move || from_fn(|| take(&inputs)).for_each(&*step)));
    }
    results
}

/// The next input; none if there are no more, or `inputs` has panicked in another worker.
fn take<I: Iterator>(inputs: &Mutex<Option<I>>) -> Option<I::Item> {
    inputs.lock().ok()?.as_mut()?.next()
}

fn attempt<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure<E>> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => Err(Failure::Panicked(message(&*panic))),
    }
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
