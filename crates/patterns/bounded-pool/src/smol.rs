//! Works on many inputs, at most so many concurrently: by as many tasks of smol.
//!
//! Expect memory for the inputs that are worked on and no others, and nothing left running. Reach
//! for it when the work awaits: an async client, timers, sockets. If it blocks, take the form for
//! threads.

// Few need both functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::iter::{Enumerate, Fuse};
use std::mem::forget;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use smol::channel::{Receiver, bounded};
use smol::future::FutureExt;
use smol::{Task, spawn};

/// Why an input has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<E> {
    /// The work has failed, with this error of its own.
    Failed(E),
    /// The work has panicked, with this message.
    Panicked(String),
}

/// What comes of an input.
pub type Outcome<T, E> = Result<T, Failure<E>>;

/// The place of an input, counted from 0, and what comes of it.
pub type Indexed<T, E> = (usize, Outcome<T, E>);

/// Does `work` for each of `inputs`, at most `limit` concurrently; returns the results in the order
/// of the inputs.
///
/// Each input is read when a worker is free for it, by that worker's task, and is worked on exactly
/// once. Inputs and work are `'static`, since tasks may outlive whoever starts them: let them own
/// what they use, or share it in an `Arc`. Work that borrows needs the form `buffer_unordered`.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The other inputs continue. A
/// `Failure` is an error if the work's own is one: `anyhow::Error` and `Box<dyn Error>` are none,
/// match on it then.
///
/// A stack overflow is no panic: it ends the program. The threads of smol have 2 MiB of stack. For
/// deep recursion set `RUST_MIN_STACK` to more bytes.
///
/// # Panics
/// If `inputs` panics.
///
/// # Cancel safety
/// Dropped before its end, it does what [`Results`] do; the results until then are lost.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let fetch = move |url: String| {
///     // Clone outside, `async move` inside: each call has a handle of its own.
///     let client = client.clone();
///     async move {
///         let page = client.get(&url).await?;
///         page.text().await
///     }
/// };
/// let pages = bounded_pool::map(urls, limit, fetch).await;
/// ```
pub async fn map<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Outcome<T, E>>
where
    I: IntoIterator<Item: Send + 'static, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (mut results, mut stream) = (Vec::new(), stream(inputs, limit, work));
    while let Some(result) = stream.next().await {
        results.push(result);
    }
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out each result as it comes.
///
/// While `limit` results wait to be taken, the workers wait too, each with one more: a slow
/// consumer slows the work down.
///
/// `inputs` must not block: a thread of the runtime waits for each, so do those of the other
/// workers, and so does a drop. What comes from a channel or a slow file is collected elsewhere.
///
/// All tasks are started at once: `limit`, or as many as there are inputs by their `size_hint`, but
/// not fewer than 64 for that, since it may be wrong. A `limit` above 100,000 counts as 100,000.
///
/// The tasks run on smol's global executor: it has one thread unless `SMOL_THREADS` says otherwise.
pub fn stream<I, T, E, W, F>(inputs: I, limit: NonZeroUsize, work: W) -> Results<I::IntoIter, T, E>
where
    I: IntoIterator<Item: Send + 'static, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> F + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let inputs = inputs.into_iter();
    // A hint may be wrong, so a small one is not believed.
    let hint = inputs.size_hint().1.unwrap_or(usize::MAX);
    let limit = limit.get().min(hint.clamp(64, 100_000));
    let (sender, receiver) = bounded(limit);
    let inputs = Arc::new(Mutex::new(Some(inputs.enumerate().fuse())));
    let (mut workers, work) = (Vec::new(), Arc::new(work));
    // Right: there are at most `limit` workers, and each works on one input at a time.
    for _ in 0..limit {
        let (inputs, work, sender) = (Arc::clone(&inputs), Arc::clone(&work), sender.clone());
        workers.push(spawn(async move {
            // None if there are no more, or `inputs` has panicked in another worker.
            let take = || inputs.lock().ok()?.as_mut()?.next();
            while let Some((index, input)) = take() {
                let result = attempt(async { work(input).await }).await;
                sender.send((index, result)).await.ok();
            }
        }));
    }
    Results {
        inputs,
        receiver,
        workers,
    }
}

/// The results, as they come.
///
/// Once this is dropped no more inputs are read. The work in flight is dropped soon after, at its
/// next `.await`: what is not cancel safe in it is left as it is. Work that runs at that moment, or
/// is about to begin, continues until it awaits.
#[derive(Debug)]
#[must_use = "dropped, it stops the work"]
pub struct Results<I, T, E> {
    inputs: Arc<Mutex<Option<Fuse<Enumerate<I>>>>>,
    receiver: Receiver<Indexed<T, E>>,
    /// Dropped with this, which cancels them.
    workers: Vec<Task<()>>,
}

impl<I, T, E> Results<I, T, E> {
    /// Waits for the next result; none once there is one for each input.
    ///
    /// # Panics
    /// If `inputs` has panicked, after the results of all inputs before.
    ///
    /// # Cancel safety
    /// Dropped before its end, it has taken no result.
    pub async fn next(&mut self) -> Option<Indexed<T, E>> {
        if let Ok(result) = self.receiver.recv().await {
            return Some(result);
        }
        while let Some(worker) = self.workers.last_mut() {
            let ended = AssertUnwindSafe(worker).catch_unwind().await;
            self.workers.pop();
            ended.unwrap_or_else(|panic| resume_unwind(panic));
        }
        None
    }
}

impl<I, T, E> Drop for Results<I, T, E> {
    fn drop(&mut self) {
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn attempt<T, E>(work: impl Future<Output = Result<T, E>>) -> Outcome<T, E> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.await.map_err(panicked)?.map_err(Failure::Failed)
}

/// The failure of work that has panicked.
fn panicked<E>(panic: Box<dyn Any + Send>) -> Failure<E> {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref().map(String::as_str));
    let failure = Failure::Panicked(text.unwrap_or("no message").to_owned());
    // Right: a panic may hold anything. If the drop of that panics, no other input is lost with it.
    catch_unwind(AssertUnwindSafe(|| drop(panic))).unwrap_or_else(forget);
    failure
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
        match self {
            Self::Failed(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}
