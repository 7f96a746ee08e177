//! Works on many inputs, at most so many concurrently: by as many threads.
//!
//! Expect memory for the inputs that are worked on and no others, and nothing left running. Reach
//! for it when the work blocks: a blocking client, files, a driver of a database. If it awaits,
//! take the form for your runtime.

// Few need both functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::iter::{Enumerate, Fuse, from_fn, once};
use std::mem::forget;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, spawn};

/// No limit is higher: few systems have room for more threads.
const MOST_WORKERS: usize = 10_000;

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
/// Each input is read when a worker is free for it, by that worker's thread, and is worked on
/// exactly once. Inputs and work are `'static`, since threads may outlive whoever starts them: let
/// them own what they use, or share it in an `Arc`. Work that borrows needs [`std::thread::scope`].
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The other inputs continue. A
/// `Failure` is an error if the work's own is one: `anyhow::Error` and `Box<dyn Error>` are none,
/// match on it then.
///
/// A stack overflow is no panic: it ends the program. A thread has 2 MiB of stack, where `main` has
/// 8 MiB on most systems. For deep recursion set `RUST_MIN_STACK` to more bytes, or edit one line:
/// `spawn(..)` in `start` becomes `Builder::new().stack_size(bytes).spawn(..).unwrap()`.
///
/// # Panics
/// If `inputs` panics, or the system refuses a thread.
///
/// # Examples
/// ```ignore (the path to this file is the reader's own)
/// let limit = NonZeroUsize::new(50).unwrap();
/// let longest = bounded_pool::map(files, limit, |file| {
///     let text = fs::read_to_string(file)?;
///     Ok::<_, io::Error>(text.lines().map(str::len).max())
/// });
/// ```
pub fn map<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> Vec<Outcome<T, E>>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    // All are kept, so nobody waits for one of them, and no worker has the system wake anybody.
    let (sender, receiver) = channel();
    let step = move |(index, input)| drop(sender.send((index, attempt(|| work(input)))));
    let inputs = Arc::new(Mutex::new(Some(inputs.into_iter().enumerate().fuse())));
    let limit = limit.get().min(MOST_WORKERS);
    end(start(&inputs, limit, &Arc::new(step)).join());
    let mut results: Vec<_> = receiver.try_iter().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out each result as it comes.
///
/// While `limit` results wait to be taken, the workers wait too, each with one more: a slow
/// consumer slows the work down.
///
/// Inputs are read one at a time: one that is long in coming keeps the other workers waiting. A
/// thread is started when there is an input for the one before it, so there is at most one more
/// than there are inputs. A `limit` above 10,000 counts as 10,000.
///
/// # Panics
/// If the system refuses a thread.
pub fn stream<I, T, E, W>(inputs: I, limit: NonZeroUsize, work: W) -> Results<I::IntoIter, T, E>
where
    I: IntoIterator<IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let limit = limit.get().min(MOST_WORKERS);
    let (sender, receiver) = sync_channel(limit);
    let step = move |(index, input)| drop(sender.send((index, attempt(|| work(input)))));
    let inputs = Arc::new(Mutex::new(Some(inputs.into_iter().enumerate().fuse())));
    let worker = Some(start(&inputs, limit, &Arc::new(step)));
    Results {
        inputs,
        receiver,
        worker,
    }
}

/// The results, as they come.
///
/// Once this is dropped no more inputs are read. The drop waits for the work in flight, and for an
/// input that is being read, since a thread cannot be stopped from outside: it takes as long as the
/// longest of that does, and then nothing is left running. If inputs come from a channel, drop its
/// sender first: otherwise the drop waits for an input that never comes.
#[derive(Debug)]
#[must_use = "dropped, it stops the work"]
pub struct Results<I, T, E> {
    inputs: Arc<Mutex<Option<Fuse<Enumerate<I>>>>>,
    receiver: Receiver<Indexed<T, E>>,
    /// The first one, which ends after all others.
    worker: Option<JoinHandle<()>>,
}

impl<I, T, E> Iterator for Results<I, T, E> {
    type Item = Indexed<T, E>;

    /// Waits for the next result; none once there is one for each input.
    ///
    /// # Panics
    /// If `inputs` has panicked, or a thread was refused, after the results of all inputs before.
    fn next(&mut self) -> Option<Self::Item> {
        let join = |worker: JoinHandle<()>| end(worker.join());
        let result = self.receiver.recv();
        result.map_err(|_| self.worker.take().map(join)).ok()
    }
}

impl<I, T, E> Drop for Results<I, T, E> {
    fn drop(&mut self) {
        *self.inputs.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // A worker that waits to hand over a result waits no longer, and ends.
        self.receiver = sync_channel(0).1;
        // A panic that nobody asks for any more: its drop could panic again.
        forget(self.worker.take().map(JoinHandle::join));
    }
}

/// Starts a worker, which does `step` with one input after the other, while at most `limit - 1`
/// others do the same.
fn start<I: Iterator + Send + 'static>(
    inputs: &Arc<Mutex<Option<I>>>,
    limit: usize,
    step: &Arc<impl Fn(I::Item) + Send + Sync + 'static>,
) -> JoinHandle<()> {
    let (inputs, step) = (Arc::clone(inputs), Arc::clone(step));
    spawn(move || {
        // None if there are no more, or `inputs` has panicked in another worker.
        let take = || inputs.lock().ok()?.as_mut()?.next();
        let Some(input) = take() else { return };
        // Right: there are at most `limit` workers, and each works on one input at a time.
        let other = (limit > 1).then(|| start(&inputs, limit - 1, &step));
        let all = once(input).chain(from_fn(take));
        let ended = catch_unwind(AssertUnwindSafe(|| all.for_each(&*step)));
        end(ended.and(other.map_or(Ok(()), JoinHandle::join)));
    })
}

/// Panics as the worker has, if it has.
fn end(ended: thread::Result<()>) {
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

fn attempt<T, E>(work: impl FnOnce() -> Result<T, E>) -> Outcome<T, E> {
    let caught = catch_unwind(AssertUnwindSafe(work));
    caught.map_err(panicked)?.map_err(Failure::Failed)
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
