//! Works on many inputs, at most so many concurrently: in a pool of rayon of its own, of so many
//! threads.
//!
//! Expect what `threads` do, as long as there is a pool for this work alone. It is the wrong place
//! for I/O all the same: a thread that waits is one that does not compute. On rayon's global pool,
//! which has one for each core, it keeps whatever else the program computes there waiting. Reach
//! for rayon when the work computes, and then for its own iterators.

// Few need both functions, and nothing is public outside of a program.
#![allow(dead_code, unreachable_pub)]

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::iter::from_fn;
use std::mem::forget;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread::spawn;

use rayon::{ThreadPool, ThreadPoolBuilder};

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
/// Each input is read when a thread is free for it, by that thread, and is worked on exactly once.
/// Inputs and work may borrow.
///
/// All threads are started at once: `limit`, or as many as there are inputs by their `size_hint`,
/// but not fewer than 8 for that, since it may be wrong. A `limit` above 256 counts as 256: a
/// thread of rayon that has nothing to do asks all others, so the cost grows with the square.
///
/// # Errors
/// An input whose work fails or panics has a [`Failure`] in its place. The other inputs continue. A
/// `Failure` is an error if the work's own is one: `anyhow::Error` and `Box<dyn Error>` are none,
/// match on it then.
///
/// A stack overflow is no panic: it ends the program. A thread has 2 MiB of stack. For deep
/// recursion set `RUST_MIN_STACK` to more bytes, or edit one line: in `pool`, `.build()` becomes
/// `.stack_size(bytes).build()`.
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
    I: IntoIterator<Item: Send, IntoIter: Send>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync,
    T: Send,
    E: Send,
{
    let inputs = inputs.into_iter();
    let pool = pool(&inputs, limit);
    let inputs = Mutex::new(inputs.enumerate().fuse());
    // Right: each thread works on one input at a time. With `par_bridge`, a thread that waits for
    // another pool, since its work has one, would take the places of the others and work alone.
    let results = pool.broadcast(|_| {
        let all = from_fn(|| inputs.lock().ok()?.next());
        let results = all.map(|(index, input)| (index, attempt(|| work(input))));
        results.collect::<Vec<_>>()
    });
    let mut results: Vec<_> = results.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Begins the same at once, and hands out each result as it comes.
///
/// While `limit` results wait to be taken, the threads wait too, each with one more: a slow
/// consumer slows the work down. Dropped, each thread may still begin the one input that it is
/// reading; the work in flight continues to its end, and nobody waits for it.
///
/// # Panics
/// If the system refuses a thread. If `inputs` panics, a message says so and the stream ends.
pub fn stream<I, T, E, W>(
    inputs: I,
    limit: NonZeroUsize,
    work: W,
) -> impl Iterator<Item = Indexed<T, E>>
where
    I: IntoIterator<Item: Send, IntoIter: Send + 'static>,
    W: Fn(I::Item) -> Result<T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let inputs = inputs.into_iter();
    let pool = pool(&inputs, limit);
    let inputs = Mutex::new(inputs.enumerate().fuse());
    let (sender, results) = sync_channel(pool.current_num_threads());
    spawn(move || {
        pool.broadcast(|_| {
            let mut all = from_fn(|| inputs.lock().ok()?.next());
            // It fails when nobody takes results any more: then there is nothing to be done.
            let step = |(index, input)| sender.send((index, attempt(|| work(input))));
            all.try_for_each(step).ok();
        });
    });
    results.into_iter()
}

fn pool(inputs: &impl Iterator, limit: NonZeroUsize) -> ThreadPool {
    let hint = inputs.size_hint().1.unwrap_or(usize::MAX);
    let threads = limit.get().min(hint.clamp(8, 256));
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("the system gives a thread")
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
