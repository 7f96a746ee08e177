//! Works on many inputs, at most so many at once: rayon's `par_bridge`, in a pool of its own of so many threads.
//!
//! Expect what `threads` do, as long as there is a pool for this work alone. It is the wrong place for I/O all the same: a
//! thread that waits is one that does not compute, and on rayon's global pool, which has one for each core, it keeps whatever else
//! the program computes there from its turn. Reach for rayon when the work computes, and then for its own iterators.

// Few need both functions.
#![allow(dead_code)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::thread::spawn;

use rayon::iter::{ParallelBridge, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

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

/// Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.
///
/// Each input is read when a thread is free for it, by that thread, and is worked on exactly once.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The others go on. A `Failure` is an error if the work's own
/// is one: `anyhow::Error` and `Box<dyn Error>` are none, match on it then.
///
/// # Panics
/// If `inputs` panics, or the system refuses a thread.
pub fn map<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Result<T, Failure<E>>>
where
    I: IntoIterator<Item: Send, IntoIter: Send>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync,
    T: Send,
    E: Send,
{
    let inputs = inputs.into_iter().enumerate();
    let done = |(index, input)| (index, attempt(|| work(input)));
    let mut results: Vec<_> = pool(limit).install(|| inputs.par_bridge().map(done).collect());
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out what comes of each input as it comes.
///
/// While `limit` results wait to be taken, the threads wait too, each with one more: who takes them slowly slows the work down.
/// Dropped, each thread may still begin the one input that it is reading; what is under way goes on to its end, and nobody waits
/// for it.
///
/// # Panics
/// If the system refuses a thread. If `inputs` panics, a message says so and the stream ends.
pub fn stream<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> impl Iterator<Item = Indexed<T, E>>
where
    I: IntoIterator<Item: Send, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (inputs, pool) = (inputs.into_iter().enumerate(), pool(limit));
    let (sender, results) = sync_channel(limit.get());
    spawn(move || {
        let bridge = pool.install(|| {
            inputs.par_bridge().try_for_each_with(sender, |sender, (index, input)| {
                sender.send((index, attempt(|| work(input))))
            })
        });
        // It fails when nobody takes results any more: then there is nothing to be done.
        bridge.ok();
    });
    results.into_iter()
}

fn pool(limit: NonZeroUsize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(limit.get()).build().expect("the system gives a thread")
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
